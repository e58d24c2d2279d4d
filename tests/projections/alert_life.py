"""A life of an alert in facts, to be told in tests of projections."""

from events.types import alert as facts
from events.types import message
from events.types.alert import Step, Terms
from events.types.fact import SECOND

CHAIN = {"watcher": ["p-w"], "grid_member": ["p-g"], "village": ["p-v"], "town": ["p-t"]}


def terms(alert_class=1, **more):
    steps = [Step(0, ["watcher", "grid_member"]), Step(120, ["village"]), Step(240, ["town"])]
    return Terms(alert_class=alert_class, chain=CHAIN, steps=steps, **more)


def raised(log, id, alert_class=1, danger="smoke", home="h1", **more):
    log.happens(
        f"alert-{id}",
        facts.AlertRaised(alert=id, home=home, site="dp03", danger=danger, reason={}, terms=terms(alert_class, **more)),
        facts.StepTaken(alert=id, round=1, step=1, persons=["p-w", "p-g"], why="due"),
    )


def planned(log, id="m1", alert="a1", person="p-w"):
    log.told(
        f"person-{person}",
        message.MessagePlanned(
            message=id, tell=1, alert=alert, site="dp03", alert_class=1, round=1, step=1, person=person, phone="ph1",
            channel="twilio_sms", template="first_smoke", words={"home": "h1"}, slot=3,
        ),
        site=person,
    )  # fmt: skip


def receipt(log, fact, person="p-w"):
    log.now += SECOND
    log.told(f"person-{person}", fact, site=person)
