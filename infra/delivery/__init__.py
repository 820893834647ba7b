"""Releases, promotion, and refused changes."""
