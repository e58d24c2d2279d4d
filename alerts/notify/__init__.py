"""What goes out: the outbox, the senders, the channels, and what providers report back. Imports events only."""
