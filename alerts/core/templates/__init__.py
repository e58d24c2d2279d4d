"""The words themselves, one language a file, as plain tables."""
