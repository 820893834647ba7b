"""Containers of a task: images, health checks, secrets, credentials, isolation, volumes, logs."""
