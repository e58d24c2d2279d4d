"""What people may ask for, a subject a file: load, decide, append."""
