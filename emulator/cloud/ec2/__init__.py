"""Rules of Amazon EC2 and its VPCs that MiniStack does not keep."""
