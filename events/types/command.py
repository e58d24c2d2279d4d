"""What devices are told to do, and what became of it. All lie in the stream `device-<site/device>`, in the site's lane."""

from typing import Literal

from events.types.fact import Event, fact

Do = Literal["siren", "light", "selftest"]


@fact
class DeviceCommandIssued(Event, frozen=True, kw_only=True):
    """This device is to do this for `for_s` seconds. Useful for `valid_s` seconds from when it was recorded, not later.

    `why`: carbon_monoxide, soft_check, operator, ...; `by`: who asked, empty for a rule.
    """

    device: str
    id: str
    do: Do
    for_s: float
    why: str = ""
    by: str = ""
    valid_s: float = 60.0


@fact
class DeviceCommandSent(Event, frozen=True, kw_only=True):
    """Handed to the broker. Whether the device heard it only the device can show."""

    device: str
    id: str


@fact
class DeviceCommandExpired(Event, frozen=True, kw_only=True):
    """There was no way to the broker while it was of use: it was not sent, and will not be."""

    device: str
    id: str
