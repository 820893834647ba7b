"""The embedded AWS: MiniStack in a process of its own, corrected where AWS documents another behaviour."""
