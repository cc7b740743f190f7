"""Grafana dashboards for Hallwatch, generated: ``python -m dashboards`` writes them to ``dashboards/generated``."""
