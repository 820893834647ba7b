"""Calls to AWS: sessions, retries, and one file for each API."""
