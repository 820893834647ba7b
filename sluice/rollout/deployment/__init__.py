"""What ECS, the load balancer and the service say of a deployment, and how it is judged."""
