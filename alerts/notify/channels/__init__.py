"""The ways to a person, one a file; each keeps the promises of `alerts.notify.channel`."""
