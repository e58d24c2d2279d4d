"""Is what must be true of a live service true? Reads only; what is found is data."""
