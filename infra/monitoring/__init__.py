"""Logs, alarms, dashboard, notices."""
