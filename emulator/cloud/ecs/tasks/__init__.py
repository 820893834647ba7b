"""Tasks: what may be registered and started, and how a task moves from PROVISIONING to STOPPED."""
