"""What stands before MiniStack: only the holder of this checkout's credentials is let through, and no web page."""
