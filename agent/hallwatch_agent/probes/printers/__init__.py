"""Printers: laser, ink, dot matrix, receipt; over SNMP, IPP, print queues, ESC/POS."""
