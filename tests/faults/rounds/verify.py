"""A million facts of a town's weeks, decided again twice; then the boards rebuilt and everything audited."""

import logging
import time
from pathlib import Path

from alerts.auditing.auditor import Auditor
from alerts.projections.projector import Projector, rebuild
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.database import Database
from events.keepers import make_database
from events.store import head, read
from tests.faults.round import Ground, Outcome, Round
from tests.replay.weeks import Weeks

_FACTS = 1_000_000
_HOMES = 250


def _run(ground: Ground) -> Outcome:
    outcome = Outcome()
    logging.getLogger("shouwang.engine").setLevel(logging.CRITICAL)  # rules that fail are part of the story
    address = Path(ground.address) if ground.database == "sqlite" else ground.address
    facts = max(5_000, int(_FACTS * ground.scale))
    weeks = Weeks(address, seed=ground.seed, homes=max(20, int(_HOMES * min(1.0, ground.scale * 4))))
    began = time.monotonic()
    weeks.run(facts, lambda done, total: ground.say(f"{done} of {total} facts lived"))
    weeks.close()
    outcome.figures |= {
        "lived_s": round(time.monotonic() - began), "restarts": weeks.restarts, "acts_in_between": weeks.interruptions,
    }  # fmt: skip
    database = make_database(address)
    try:
        _decided_again(database, ground, outcome)
        _looked_at(database, outcome)
    finally:
        database.close()
        logging.getLogger("shouwang.engine").setLevel(logging.NOTSET)
    return outcome


def _decided_again(database: Database, ground: Ground, outcome: Outcome) -> None:
    source = DatabaseLog(database)
    for time_ in ("first", "second"):
        began = time.monotonic()
        verdict = verify(source, lambda done, total: ground.say(f"{done} of {total} decided again"))
        outcome.figures[f"{time_}_facts_per_s"] = round(verdict.facts / (time.monotonic() - began))
        if verdict.differences:
            outcome.failures.append(f"the {time_} time it differs: {verdict.differences[0]}")
        if verdict.waiting:
            outcome.failures.append(f"{verdict.waiting} decisions were never recorded")
    outcome.figures |= {
        "facts": verdict.facts, "decisions": verdict.decisions, "alerts": verdict.alerts, "messages": verdict.messages,
    }  # fmt: skip


def _looked_at(database: Database, outcome: Outcome) -> None:
    began = time.monotonic()
    projector = Projector(database)
    while projector.step():
        pass
    projector.stop()
    outcome.figures["folded_s"] = round(time.monotonic() - began)
    with database.read() as db:
        end = head(db)
        moment = read(db, end - 1)[-1].recorded_at
    began = time.monotonic()
    if rebuild(database) != end:
        outcome.failures.append("the rebuild did not reach the head")
    outcome.figures["rebuilt_s"] = round(time.monotonic() - began)
    report = Auditor(database, lambda: moment, full=True).look()
    outcome.figures["checked_s"] = round(report.took_s)
    outcome.failures += [each.en for each in report.findings if each.grave]


VERIFY = Round(
    "verify",
    "a generated town lives for weeks, with restarts and people who act between reading and writing; all of it is decided "
    "again twice, byte for byte, the boards are rebuilt, and the audit finds nothing",
    _run,
    slow=True,
)
