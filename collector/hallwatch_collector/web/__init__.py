"""Pages for people and the API: what the core decided, shown, and what people decide, passed on."""
