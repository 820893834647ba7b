"""Reads the settings of a stack, reports every mistake in them, and documents them in docs/settings.md."""
