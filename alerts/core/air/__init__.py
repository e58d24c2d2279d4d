"""What the air in a room has done to somebody who breathes it: dose, blood, means, and the figure itself. Pure."""
