"""Calls to AWS: sessions, retries, and one file per API."""
