"""The front door: the command line, the settings, and the house that joins all rooms."""
