"""Homes, people, chains and texts: the only place for names, phone numbers, addresses and free text; the log holds ids."""
