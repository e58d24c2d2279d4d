"""What one fact leads to is written, and looked up, in as few statements for a hundred people as for one, or nearly.

On PostgreSQL each statement is a way to the server and back: with one for each message the steps of a thousand open
alerts came up to 2.6 s late, with one for all of them 0.3 s (`benchmarks/telling.py`).
"""

from typing import Any

import pytest
from sqlalchemy import select

from alerts.commands.deciding import load_all
from alerts.notify.outbox import Plan, outbox, plan
from alerts.timers import Timer, set_timers, timers
from events.database import Database
from events.keepers.sqlite import SqliteDatabase
from events.store import New, append
from events.types.alert import AlertAcknowledged, AlertRaised, Terms
from events.types.message import MessagePlanned
from tests.statements import statements

AT = 1_800_000_000_000_000
MANY = 100


def planned(number: int) -> Plan:
    made = MessagePlanned(
        message=f"m{number}.1", tell=number, alert="a", site="s", alert_class=1, round=1, step=1, person="w1",
        phone="w1-1", channel="sms", template="first_co", words={"home": "h"}, slot=1,
    )  # fmt: skip
    return Plan(made, AT, AT + 60)


def test_a_hundred_messages_and_timers_are_few_statements(any_database: Database) -> None:
    # SQLite takes as many rows at once as a power of two says, its driver's way of many rows being slow beside other threads.
    few = MANY.bit_count() if isinstance(any_database, SqliteDatabase) else 1
    assert statements(any_database, lambda db: plan(db, [planned(n) for n in range(MANY)])) == few
    assert statements(any_database, lambda db: plan(db, [])) == 0
    due: dict[tuple[str, str], Timer] = {(f"h{n}", "alert:a"): Timer("s", AT + n, waits=False) for n in range(MANY)}
    assert statements(any_database, lambda db: set_timers(db, due)) == few
    gone = {name: timer._replace(due=None) for name, timer in due.items()}
    later = {("h0", "alarm"): Timer("s", AT, waits=True)}  # in the order of their names, for whoever rings them too
    assert statements(any_database, lambda db: set_timers(db, {**gone, **later})) == few + 1
    with any_database.read() as db:
        assert len(db.execute(select(outbox.c.message)).all()) == MANY
        assert [row.owner for row in db.execute(select(timers))] == ["h0"]


def test_a_message_that_has_its_row_keeps_it(any_database: Database) -> None:
    """Planned again after a crash, when it may have been sent already."""
    any_database.write(lambda db: plan(db, [planned(1)]))
    any_database.write(lambda db: db.execute(outbox.update().values(state="sent")))
    any_database.write(lambda db: plan(db, [planned(1), planned(2)]))
    with any_database.read() as db:
        states = {row.message: row.state for row in db.execute(select(outbox))}
    assert states == {"m1.1": "sent", "m2.1": "waiting"}


@pytest.mark.parametrize("number", [1, 20])
def test_alerts_are_looked_up_together(any_database: Database, number: int) -> None:
    names = [f"a{n}" for n in range(number)]
    raised = lambda name: AlertRaised(  # noqa: E731
        alert=name, home="h", site="s", danger="co", reason={}, terms=Terms(alert_class=1, steps=[], chain={})
    )
    news = [New(f"alert-{name}", "s", raised(name), AT) for name in names]
    news += [New(f"alert-{name}", "s", AlertAcknowledged(alert=name, by="user:1", via="console"), AT) for name in names]
    after = {f"alert-{name}": 0 for name in names}
    any_database.write(lambda db: append(db, news, recorded_at=AT, after=after))
    found: list[Any] = []
    assert statements(any_database, lambda db: found.append(load_all(db, [*names, "unknown"])), writes=False) == 1
    assert {name: alert.version for name, alert in found[0].items()} == dict.fromkeys(names, 2)
