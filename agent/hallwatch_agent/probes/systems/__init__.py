"""Hosts, services and business systems across the network."""
