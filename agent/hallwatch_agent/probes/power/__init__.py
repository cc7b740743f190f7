"""Uninterruptible power supplies, over SNMP and Network UPS Tools."""
