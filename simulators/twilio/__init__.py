"""A stranger that speaks Twilio's API over HTTP, with phones that people and tests can read and answer."""

from simulators.twilio.expectations import NotAsExpected
from simulators.twilio.running import SimulatedTwilio

__all__ = ["NotAsExpected", "SimulatedTwilio"]
