"""Runs the pending migrations on a scratch database, and judges their statements and locks."""
