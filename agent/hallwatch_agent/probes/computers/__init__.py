"""PCs and self-service terminals: the machine itself and what is plugged into it."""
