"""What one person is told of troubles at several sites, and of tasks that can wait: gathered, and said once. Pure.

A power cut darkens five sites within a minute or two. Whoever answers for all of them hears once, with the homes of all;
again only when that number has doubled, and not again because power went and came within half an hour.
"""

import msgspec

from alerts.core.calendar import LOCAL_OFFSET
from alerts.core.policy import Policy
from events.types import message
from events.types.fact import DAY, HOUR, Event


class Place(msgspec.Struct):
    """An area incident this person answers for: where, and how many homes, as last noticed."""

    site: str
    homes: int


class Task(msgspec.Struct):
    """Something of class 3 or 4 that waits; `listed` when it was first in a digest."""

    alert_class: int
    since: int
    listed: bool = False


class Gathered(msgspec.Struct):
    """`told`: of how many homes this person was last told, at `told_at`; `digest_at`: when the next digest is due."""

    areas: dict[str, Place] = {}
    told: int = 0
    told_at: int = 0
    tasks: dict[str, Task] = {}
    digest_at: int = 0


AREA = "site_area"
DIGEST = "digest:daily"
"""The timer of a person's digest."""

HEARS = (message.AreaNoticed, message.TaskListed, message.TaskDone)


def fold(gathered: Gathered, event: Event) -> None:
    """Take one fact of the person's stream in."""
    match event:
        case message.AreaNoticed(alert=alert, homes=0):
            gathered.areas.pop(alert, None)
        case message.AreaNoticed(alert=alert, site=site, homes=homes):
            gathered.areas[alert] = Place(site, homes)
        case message.TaskListed(alert=alert):
            gathered.tasks[alert] = Task(event.alert_class, event.since)
        case message.TaskDone(alert=alert):
            gathered.tasks.pop(alert, None)


def of_area(gathered: Gathered, tell: message.TellRequested, at: int, policy: Policy) -> message.TellRequested | None:
    """The message for this incident and all others of this person; None: they know of it already."""
    homes = int(tell.words["homes"])
    gathered.areas[tell.alert] = Place(tell.site, homes)
    total = sum(place.homes for place in gathered.areas.values())
    known = gathered.told_at and at < gathered.told_at + policy.span("area.told_again_s")
    if known and total < 2 * gathered.told and tell.why != "escalated":
        return None
    gathered.told, gathered.told_at = total, at
    if len(gathered.areas) == 1:
        return tell
    words = {**tell.words, "homes": str(min(9999, total)), "places": str(min(999, len(gathered.areas)))}
    return msgspec.structs.replace(tell, template="area_dark_many", words=words)


def next_digest(gathered: Gathered, now: int, policy: Policy) -> int | None:
    """When the next digest is due, microseconds; None: there is nothing to say, or it is set already."""
    if not gathered.tasks or gathered.digest_at > now:
        return None
    opens, closes = policy.value("class3.hours")
    hour = min(max(int(policy.value("digest.hour")), opens), closes)
    midnight = now + LOCAL_OFFSET - (now + LOCAL_OFFSET) % DAY - LOCAL_OFFSET
    due: int = midnight + hour * HOUR
    return due if due > now else due + DAY


def digest(gathered: Gathered) -> dict[str, str]:
    """The words of today's digest: how many of which kind, and how many were in none before."""
    tasks = gathered.tasks.values()
    found = {
        "requests": sum(task.alert_class <= 3 for task in tasks), "repairs": sum(task.alert_class > 3 for task in tasks),
        "fresh": sum(not task.listed for task in tasks),
    }  # fmt: skip
    for task in tasks:
        task.listed = True
    return {name: str(min(999, count)) for name, count in found.items()}
