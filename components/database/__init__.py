"""The PostgreSQL database and its users."""
