"""The lifecycle of a service deployment: its stages, pauses and listener rules, and the calls about them."""
