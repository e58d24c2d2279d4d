"""A modem at a serial line: how short messages are written and read (pdu), how one talks to it (dialog), and the channel."""
