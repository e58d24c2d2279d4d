"""The duty console: server-rendered pages that a tired operator can trust, live by the event stream."""
