"""The agent: reads the devices of a hall and reports over MQTT."""

__version__ = "0.1.0"
