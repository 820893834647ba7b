"""Makes text of other programs safe to show: masks credentials, removes control characters, bounds the length. Pure."""
