"""KMS: what MiniStack lacks of it."""
