"""Reads an application's files: in the working tree, in git, and what they say of tools, engine and base image."""
