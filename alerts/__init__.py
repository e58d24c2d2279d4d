"""Decides and tells: facts become alerts, alerts become messages to people."""
