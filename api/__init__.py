"""The door people use: REST, the live stream, provider webhooks and the console."""
