"""What the one person who runs the server does with it: start it, show it, look at its memory."""
