"""What was decided is decided again from the log, and compared. Nothing here can write or send."""
