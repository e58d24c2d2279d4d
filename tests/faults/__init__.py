"""The service under fire: seeded rounds of faults, each with its audit. `python -m tests.faults` runs them all."""
