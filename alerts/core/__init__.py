"""Decides what is danger, who is told and in which words, from facts alone: no clock, database, network or log."""
