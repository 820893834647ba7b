"""Task definitions and their containers."""
