"""How this person's days normally run: silences noted day by day, a line learned from them, limits read off it. Pure."""
