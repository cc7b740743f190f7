"""Switches, routers, firewalls, access points, over SNMP."""
