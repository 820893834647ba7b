"""One step of a run: its shards, each a Fargate task."""
