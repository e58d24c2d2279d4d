"""A stranger that speaks AT commands over a pseudo-terminal: a modem with a SIM, and the phones it reaches."""

from simulators.modem.modem import SimulatedModem

__all__ = ["SimulatedModem"]
