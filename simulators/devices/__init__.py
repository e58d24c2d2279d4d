"""Devices as strangers play them: what they say, what they forget, and how they reach the broker."""

from simulators.devices.body import Battery, Clock
from simulators.devices.device import Command, Device, Publication
from simulators.devices.gateway import Gateway
from simulators.devices.line import Broker, BrokerRefused, Line, NotAcknowledged
from simulators.devices.messages import Message
from simulators.devices.ring import Ring

__all__ = [
    "Battery",
    "Broker",
    "BrokerRefused",
    "Clock",
    "Command",
    "Device",
    "Gateway",
    "Line",
    "Message",
    "NotAcknowledged",
    "Publication",
    "Ring",
]
