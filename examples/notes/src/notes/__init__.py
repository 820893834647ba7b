"""Notes: a small web service with a PostgreSQL database, made to be deployed.

This file imports nothing: the health probe starts with it, and a starting process installs its signal handler first.
"""
