"""The ECS service and its scaling."""
