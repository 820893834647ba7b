"""Alarms, their topic, and the dashboard."""
