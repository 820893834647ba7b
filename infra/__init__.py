"""One stack's surroundings: its settings, providers, network, logs and access."""
