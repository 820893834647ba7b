"""The stack's tasks: definitions, roles, logs, cluster."""
