"""Text of other programs made safe to show: credentials masked, control characters removed, length bounded. Pure."""
