"""What the service says of itself: hearing, deafness, deadlines, failures, quarantine."""

from events.types.fact import Event, fact


@fact
class IngestDisconnected(Event, frozen=True, kw_only=True):
    """From here on we may not hear."""

    why: str = ""


@fact
class IngestCaughtUp(Event, frozen=True, kw_only=True):
    """We were deaf from `since`; by this record's `at` all that the broker kept for us has arrived.

    `complete` is False when the broker had no session for us: what came before we subscribed may be gone.
    """

    since: int
    complete: bool = True


@fact
class ClockStepped(Event, frozen=True, kw_only=True):
    """The machine's clock was set by somebody: it should have shown `before` and showed `after` (microseconds UTC).

    Our own time does not move by it; see ClockFollowed.
    """

    by_s: float
    before: int
    after: int


@fact
class ClockFollowed(Event, frozen=True, kw_only=True):
    """Our own time was `before` and is `after` from here on, because the machine's clock had been set."""

    by_s: float
    before: int
    after: int


@fact
class HomeUnseen(Event, frozen=True, kw_only=True):
    """From `since` to `until` we could not always hear this home: in `blind` (spans, microseconds) nobody saw it.

    Counted when all that was kept has arrived. A later count of the same `since` and `cause` takes the place of an earlier
    one. `cause`: we_were_down, or why the home was dark as in HomeSightChanged.
    """

    home: str
    site: str
    since: int
    until: int
    blind: list[list[int]]
    cause: str = "we_were_down"


@fact
class DeadlinePassed(Event, frozen=True, kw_only=True):
    """A timer rang: `owner` is a home or `site:<site>`; rules judge by `due`, not by when it was noticed."""

    owner: str
    site: str
    timer: str
    due: int


@fact
class DecisionReadAhead(Event, frozen=True, kw_only=True):
    """Somebody had decided on `alert` before the engine could write: deciding on `cause` it then knew it up to `read_to`.

    Without this a replay could not tell a decision that was not needed any more from one that is missing.
    """

    alert: str
    cause: int
    read_to: int


@fact
class RuleFailed(Event, frozen=True, kw_only=True):
    """A rule or fold raised for this home at this position; the home is not protected by it until mended."""

    home: str
    site: str
    rule: str
    position: int
    error: str


@fact
class RuleMended(Event, frozen=True, kw_only=True):
    """Somebody has looked at the failure and closed its alert: these rules are believed again for this home."""

    home: str
    site: str
    rules: list[str]


@fact
class PlannerFailed(Event, frozen=True, kw_only=True):
    """Planning for this person raised at this position; the alert is told that the person is lost."""

    person: str
    position: int
    error: str


@fact
class ReadingQuarantined(Event, frozen=True, kw_only=True):
    """Something arrived that could not be taken; its bytes lie in quarantine under this number.

    `danger` is set when what an unknown, paused or retired device sent decodes as far as an alarm or SOS.
    """

    quarantine: int
    reason: str
    site: str = ""
    device: str = ""
    danger: str = ""


@fact
class RedecodeRequested(Event, frozen=True, kw_only=True):
    """An operator asked to try quarantined bytes again."""

    quarantine: int
    by: str


@fact
class ReadingRedecoded(Event, frozen=True, kw_only=True):
    """The bytes decoded now into `facts` facts, or still not (`reason`)."""

    quarantine: int
    facts: int
    reason: str = ""


@fact
class SecurityNoted(Event, frozen=True, kw_only=True):
    """Something to look at: an unknown phone, a wrong signature, a failed login."""

    what: str
    ref: str = ""


@fact
class PromiseBroken(Event, frozen=True, kw_only=True):
    """An audit found `count` open alerts with no next step, or one that did not happen; said once an hour.

    `what`: alert_forgotten, alert_late, alert_unarmed, operator_silent, nobody_reached, nobody_left,
    word_awaited; `positions`: where some of them began.
    """

    what: str
    count: int
    positions: list[int]


@fact
class BackupMade(Event, frozen=True, kw_only=True):
    """All that is in the log up to `to_position` (None: not told by the database's own tools) lies in a backup, `size` bytes."""

    name: str
    to_position: int | None
    size: int


@fact
class BackupFailed(Event, frozen=True, kw_only=True):
    """A backup was to be made and could not be."""

    why: str
