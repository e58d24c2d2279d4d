"""What the first revision makes, a room a file."""
