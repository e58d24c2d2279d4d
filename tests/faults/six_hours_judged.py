"""What the log says of six hours without us, held against what the generator of them knows."""

from events.database import Database
from events.store import read
from events.types import alert as facts
from events.types.device import DeviceFact
from events.types.fact import HOUR, MINUTE, SECOND
from events.types.system import HomeUnseen, IngestCaughtUp
from tests.faults.crowd import Alarm
from tests.faults.round import Outcome
from tests.faults.six_hours import HOLE, WAYS, Home

WITHIN_S = 60.0
_FEW = 5


def judge(database: Database, homes: list[Home], since: int, alarms: list[Alarm], outcome: Outcome) -> None:
    """Against what the generator knows."""
    owner = {sensor.device: home for home in homes for sensor in home.sensors.values()}
    last_came: dict[int, int] = {}
    suspected: dict[int, tuple[int, int]] = {}
    unseen: dict[tuple[str, int], HomeUnseen] = {}
    co: dict[str, tuple[int, int]] = {}
    buffered, hole = 0, (0, 0)
    end = homes[0].sensors["hall"].words[-1][0]
    position = 0
    while True:
        with database.read() as db:
            page = read(db, position, limit=20_000)
        if not page:
            break
        position = page[-1].position
        for recorded in page:
            match recorded.event:
                case DeviceFact(device=device) if since < recorded.at < end - 30 * SECOND and device in owner:
                    if recorded.recorded_at > since + HOLE - MINUTE:
                        buffered += 1
                        last_came[owner[device].number] = recorded.recorded_at
                case facts.AlertSuspected(danger="no_activity", home=home):
                    suspected[int(home[1:])] = recorded.recorded_at, recorded.position
                case facts.AlertRaised(danger="carbon_monoxide", home=home, reason=reason):
                    co[home] = recorded.recorded_at, int(reason["at"])
                case HomeUnseen(home=home) as told:
                    unseen[home, told.since] = told
                case IngestCaughtUp(since=deaf) if recorded.at - deaf > HOUR:
                    hole = deaf, recorded.at
    _quiet(homes, suspected, last_came, end, outcome)
    outcome.figures |= {"homes": len(homes), "buffered_facts": buffered} | {
        f"homes_{way}": sum(home.way == way for home in homes) for way in WAYS
    }
    _blind(homes, unseen, hole, outcome)
    missing = [a.home for a in alarms if f"h{a.home}" not in co]
    if missing:
        outcome.failures.append(f"CO alarms raised nothing: {missing}")
    wrong = [a.home for a in alarms if f"h{a.home}" in co and abs(co[f"h{a.home}"][1] - a.at) > SECOND]
    if wrong:
        outcome.failures.append(f"CO alarms without their true time: {wrong}")


def _quiet(
    homes: list[Home], suspected: dict[int, tuple[int, int]], last_came: dict[int, int], end: int, outcome: Outcome
) -> None:
    limit = 12 * HOUR
    due = {home.number for home in homes if home.silent(end - 2 * MINUTE) >= limit}
    false = sorted(number for number in suspected if number not in due)
    missed = sorted(due - suspected.keys())
    late = {n: (suspected[n][0] - last_came[n]) / SECOND for n in due & suspected.keys()}
    outcome.figures |= {
        "truly_quiet": len(due), "false": len(false), "missed": len(missed),
        "suspected_after_last_s": round(max(late.values(), default=0.0), 1),
    }  # fmt: skip
    ways = {home.number: home.way for home in homes}
    if false:
        outcome.failures.append(f"{len(false)} suspected who were not quiet: {[(n, ways[n]) for n in false[:_FEW]]}")
    if missed:
        outcome.failures.append(f"{len(missed)} quiet and not suspected: {[(n, ways[n]) for n in missed[:_FEW]]}")
    slow = [(n, ways[n], round(s, 1)) for n, s in sorted(late.items()) if s > WITHIN_S]
    if slow:
        outcome.failures.append(f"{len(slow)} suspected too late: {slow[:_FEW]}")


def _blind(
    homes: list[Home], unseen: dict[tuple[str, int], HomeUnseen], hole: tuple[int, int], outcome: Outcome
) -> None:
    """The blind minutes on record, and those that the generator knows; up to a minute apart."""
    begins, ends = hole
    most, wrong, minutes = 0, [], 0
    for home in homes:
        truly = (ends - begins) - home.covered().within(begins, ends)
        told = unseen.get((f"h{home.number}", begins))
        said = sum(b - a for a, b in told.blind) if told else 0
        minutes += truly // MINUTE
        most = max(most, abs(truly - said))
        if abs(truly - said) > MINUTE:
            wrong.append((home.number, home.way, truly // MINUTE, said // MINUTE))
    outcome.figures |= {"blind_minutes": minutes, "blind_off_by_s": round(most / SECOND, 1)}
    if wrong:
        outcome.failures.append(f"blind minutes of {len(wrong)} homes, truly and on record: {wrong[:_FEW]}")
