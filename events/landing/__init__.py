"""How facts get their place in the log: a database a file."""
