"""What a machine needs for the local stack: found, installed or built. Standard library only."""
