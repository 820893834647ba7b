"""Elastic Container Service: a scheduler that waits for health, tasks that end as AWS ends them."""
