"""Builds the image, and reads it: its files, its programs, and how it would start."""
