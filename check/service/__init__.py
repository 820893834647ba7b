"""Runs the service of the built image: how fast it starts, and what it answers."""
