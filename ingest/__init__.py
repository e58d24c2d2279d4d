"""The door devices use: from the broker to the log, acknowledged only when it is on disk."""
