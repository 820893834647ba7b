"""Relational Database Service: a PostgreSQL of our own image, reachable, with TLS and a managed master secret."""
