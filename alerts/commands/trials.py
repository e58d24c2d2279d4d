"""Trying a device where it hangs: begun, signed by whoever saw it work, or given up. No alarm is held back meanwhile."""

from typing import Final

from sqlalchemy import Connection, select

from alerts.commands.deciding import settled
from alerts.commands.devices import DeviceUnknown
from alerts.projections.alert_fold import alerts as board
from alerts.projections.alert_fold import decoded
from alerts.projections.trials import WITNESSED, Tried, last_trial
from alerts.registry.devices import Device
from alerts.registry.devices import device as registered
from alerts.registry.texts import keep_text
from events.database import Database
from events.store import New, append, version_of
from events.types.fact import DAY, MINUTE, Event
from events.types.trial import DeviceTrialBegun, DeviceTrialFailed, DeviceTrialSigned, Trial

LASTS: Final[dict[Trial, int]] = {"installation": 15 * MINUTE, "witnessed": 10 * MINUTE}
"""After so long nobody is said to be trying it any more, and what it says then shows nothing."""
_SIGNED_WITHIN: Final = DAY
_NOTE_MOST: Final = 2000


class NotTried(Exception):
    """`why`: no_trial, over, ended, nothing_shown, no_witness, not_heard, makes_no_sound."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def begin_trial(database: Database, device: str, *, trial: Trial, by: str, at: int) -> None:
    """From now on what the device says counts as shown. Raises DeviceUnknown, NotTried."""

    def work(db: Connection) -> None:
        known = _hanging(db, device)
        if trial == "witnessed" and known.kind not in WITNESSED:
            raise NotTried("makes_no_sound")
        begun = DeviceTrialBegun(device=device, home=known.home or "", trial=trial, by=by, until=at + LASTS[trial])
        _record(db, device, begun, at)

    settled(database, work)


def sign_trial(database: Database, device: str, *, by: str, at: int, witness: str = "", sounded: bool = False) -> None:
    """`by` saw it work; of a witnessed trial `witness` was there and heard it. Raises DeviceUnknown, NotTried."""

    def work(db: Connection) -> None:
        known = _hanging(db, device)
        tried = _open(db, known, at)
        if tried.shown is None:
            raise NotTried("nothing_shown")
        trial = tried.begun.trial
        if trial == "witnessed" and not witness:
            raise NotTried("no_witness")
        if trial == "witnessed" and not sounded:
            raise NotTried("not_heard")
        signed = DeviceTrialSigned(
            device=device, home=known.home or "", trial=trial, by=by, begun=tried.began_at, shown_at=tried.shown.at,
            shown=tried.shown.fact, witness=witness if trial == "witnessed" else "",
            alert=raised_by(db, device, tried) or "",
        )  # fmt: skip
        _record(db, device, signed, at)

    settled(database, work)


def fail_trial(database: Database, device: str, *, note: str = "", by: str, at: int) -> None:
    """It did not do what it must. Raises DeviceUnknown, NotTried."""

    def work(db: Connection) -> None:
        known = _hanging(db, device)
        tried = _open(db, known, at)
        kept = keep_text(db, "trial", note[:_NOTE_MOST], by, at) if note else ""
        failed = DeviceTrialFailed(
            device=device, home=known.home or "", trial=tried.begun.trial, by=by, begun=tried.began_at, note=kept
        )
        _record(db, device, failed, at)

    settled(database, work)


def raised_by(db: Connection, device: str, tried: Tried) -> str | None:
    """The alert in which this device's alarm lies that came while it was tried."""
    until = min(tried.begun.until, tried.ended_at or tried.begun.until)
    mine = (
        select(board.c.alert, board.c.state)
        .where(board.c.home == tried.begun.home, board.c.began_at >= tried.began_at, board.c.began_at <= until)
        .order_by(board.c.position)
    )
    return next((row.alert for row in db.execute(mine) if device in decoded(row.state).devices), None)


def _open(db: Connection, known: Device, at: int) -> Tried:
    tried = last_trial(db, known.id, known.kind)
    if tried is None or tried.begun.home != known.home:
        raise NotTried("no_trial")
    if tried.ended_at is not None:
        raise NotTried("ended")
    if at > tried.begun.until + _SIGNED_WITHIN:
        raise NotTried("over")
    return tried


def _hanging(db: Connection, device: str) -> Device:
    known = registered(db, device)
    if known is None or known.home is None:
        raise DeviceUnknown(device)
    return known


def _record(db: Connection, device: str, event: Event, at: int) -> None:
    stream = f"device-{device}"
    site = device.partition("/")[0]
    append(db, [New(stream, site, event, at)], recorded_at=at, after={stream: version_of(db, stream)})
