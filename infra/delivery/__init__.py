"""Releases, promotion, and changes that are refused."""
