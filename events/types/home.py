"""Who is watched, by what, and who answers for them: ids only, no names, numbers or addresses."""

from typing import Literal

import msgspec

from events.types.fact import Event, fact

DeviceKind = Literal["motion", "contact", "button", "co", "smoke", "gas", "water", "climate", "power", "gateway"]


@fact
class SiteRegistered(Event, frozen=True, kw_only=True):
    """A natural village behind one supply and uplink."""

    site: str
    village: str
    grid: str


@fact
class HomeEnrolled(Event, frozen=True, kw_only=True):
    """A home is watched from this record's `at` on. `no_activity_s`: the fixed limit of silence, in seconds."""

    home: str
    site: str
    no_activity_s: int


@fact
class HomePaused(Event, frozen=True, kw_only=True):
    """Not watched for a while, and shown so."""

    home: str
    by: str
    reason: str = ""


@fact
class HomeResumed(Event, frozen=True, kw_only=True):
    """Watched again; every clock starts anew."""

    home: str
    by: str


@fact
class HomeRetired(Event, frozen=True, kw_only=True):
    """No longer watched."""

    home: str
    by: str
    reason: str = ""


@fact
class DeviceAssigned(Event, frozen=True, kw_only=True):
    """From `since` on, what this device reports belongs to this home. The model's values are copied in."""

    device: str
    home: str
    since: int
    model: str
    kind: DeviceKind
    room: str = ""
    role: str = ""
    interval_s: float = 3600.0
    battery: bool = True
    pulse: bool = False
    retrigger_s: float = 60.0
    use_floor: float | None = None


@fact
class DeviceRemoved(Event, frozen=True, kw_only=True):
    """The device belongs to no home any more."""

    device: str
    home: str


@fact
class SensorTakenOutOfService(Event, frozen=True, kw_only=True):
    """Closed as false alarm or fault while still in alarm: believed again only after clear -> alarm."""

    device: str
    home: str
    alert: str


@fact
class SensorBackInService(Event, frozen=True, kw_only=True):
    """It has shown clear, so its next alarm counts."""

    device: str
    home: str


@fact
class ChainSet(Event, frozen=True, kw_only=True):
    """Who is told, by level: person ids, or `@` and the id of a rota. `by_class`: levels that differ for a class of alert."""

    home: str
    watcher: list[str]
    second_watcher: list[str]
    grid_member: list[str]
    village: list[str]
    town: list[str]
    by_class: dict[str, dict[str, list[str]]] = msgspec.field(default_factory=dict)


@fact
class AwaySet(Event, frozen=True, kw_only=True):
    """The elder is away until `until` (None: until told otherwise); silence is not judged."""

    home: str
    by: str
    until: int | None = None


@fact
class AwayEnded(Event, frozen=True, kw_only=True):
    """The elder is back; the silence clock starts here."""

    home: str
    by: str


@fact
class PhoneVerified(Event, frozen=True, kw_only=True):
    """This person answers on this phone; the number itself lies in the registry under `phone`.

    `sms`, `voice`: what the phone is good for; a landline takes no texts.
    """

    person: str
    phone: str
    language: str = "zh"
    sms: bool = True
    voice: bool = True


@fact
class ElderPhonesSet(Event, frozen=True, kw_only=True):
    """So many telephones of their own have those who live here; the numbers lie in the registry. Only the soft check calls them."""

    home: str
    phones: int


@fact
class PhoneWithdrawn(Event, frozen=True, kw_only=True):
    """The phone is no longer this person's."""

    person: str
    phone: str


@fact
class PhoneOptedOut(Event, frozen=True, kw_only=True):
    """No SMS reaches this phone any more: `why` is reply (its owner wrote TD) or carrier (it says so itself)."""

    person: str
    phone: str
    why: str = "reply"


@fact
class PhoneOptedIn(Event, frozen=True, kw_only=True):
    """Its owner wants SMS again."""

    person: str
    phone: str


@fact
class ResponderUnreachable(Event, frozen=True, kw_only=True):
    """Somebody who answers for `homes` of this site gets no SMS any more: the operator must know. `why` as above."""

    site: str
    person: str
    phone: str
    homes: list[str]
    why: str = "reply"


@fact
class ChainExhausted(Event, frozen=True, kw_only=True):
    """Everybody whom this round of an alert asked is lost, and nobody goes: `lost` says of each person why."""

    alert: str
    home: str
    site: str
    danger: str
    round: int
    lost: dict[str, str]


Sight = Literal["seen", "no_power", "gateway_cut", "sensor_dead", "site_cut_off", "we_were_down", "never_seen"]


@fact
class HomeSightChanged(Event, frozen=True, kw_only=True):
    """What can be seen of a home is other than before. `dark`: nothing; `by`: will, mains, misses, hole or heard.

    Since `since` (microseconds), which is earlier than this record where it took a while to notice.
    """

    home: str
    site: str
    state: Sight
    since: int
    dark: bool
    by: str = ""
