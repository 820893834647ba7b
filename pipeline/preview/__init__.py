"""What a deployment would change: as text for people, and as a digest that an approval names."""
