"""The stack's network, load balancer, domain and firewall."""
