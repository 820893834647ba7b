"""Corrections of MiniStack's IAM."""
