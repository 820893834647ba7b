"""Elastic Load Balancing: listeners that listen, targets whose health is asked, requests that are never cut."""
