"""A device is tried where it hangs: by whoever hung it up, or before a witness who hears it. Decisions in `device-<site/device>`."""

from typing import Literal

from events.types.fact import Event, fact

Trial = Literal["installation", "witnessed"]


@fact
class DeviceTrialBegun(Event, frozen=True, kw_only=True):
    """Somebody is about to walk past it, press it or test it, up to `until` (microseconds). No alarm is less real for it."""

    device: str
    home: str
    trial: Trial
    by: str
    until: int


@fact
class DeviceTrialSigned(Event, frozen=True, kw_only=True):
    """It did what it must: `by` signs. `begun`, `shown_at`: microseconds; `shown` is the type of the report that showed it.

    Of a witnessed trial `witness` was there and heard it; `alert` is what the trial raised, if it raised one.
    """

    device: str
    home: str
    trial: Trial
    by: str
    begun: int
    shown_at: int
    shown: str
    witness: str = ""
    alert: str = ""


@fact
class DeviceTrialFailed(Event, frozen=True, kw_only=True):
    """It did not do what it must; `note` is the registry's id of what was seen."""

    device: str
    home: str
    trial: Trial
    by: str
    begun: int
    note: str = ""
