"""Logs of released versions, kept for ever: what was decided then is decided today, or the change was meant."""
