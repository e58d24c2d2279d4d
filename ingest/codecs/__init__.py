"""Families of devices, a file each: a topic and bytes in, facts out. Pure: no clock, no database, no network, no log."""
