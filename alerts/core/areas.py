"""Area incidents: many homes of one site dark within two minutes are one trouble, not many. Pure.

A home is dark when nobody in it can be seen, by last will or by misses, or when its devices say that the mains is gone
(DESIGN section 5). Those who answer for the site are told once, and again only when it doubles.
"""

import math
from collections.abc import Mapping

from alerts.core.alert import Alert
from alerts.core.escalation import Decided, start_round
from alerts.core.household import Dark
from alerts.core.policy import Policy
from events.types import alert as facts
from events.types.fact import Event

DANGER = "site_area"
_TELL_NOTHING = frozenset({"never_seen", "we_were_down"})


def is_dark(seen: Dark) -> bool:
    """Does this home count? Not one that was never seen, and not one that has had no time to find us again."""
    return (seen.dark and seen.state not in _TELL_NOTHING) or seen.state == "no_power"


def needed(of: int, policy: Policy) -> int:
    """How many of a site's homes make an incident."""
    share: int = math.ceil(policy.value("area.share") * of - 1e-9)
    least = int(policy.value("area.least_homes"))
    return max(least, share)


def together(dark: Mapping[str, tuple[int, str]], since: int, policy: Policy) -> list[str]:
    """The most homes that went dark within one window around `since`, one of theirs."""
    window = policy.span("area.window_s")
    near = sorted((at, home) for home, (at, _) in dark.items() if abs(at - since) <= window)
    best: list[str] = []
    for first, _ in near:
        found = [home for at, home in near if first <= at <= first + window] if first <= since else []
        best = max(best, found, key=len)
    return best


def belongs(alert: Alert, since: int, policy: Policy) -> bool:
    """Is a home that went dark at `since` a part of this incident? One that was dark long before is not."""
    if alert.area is None:
        return False
    first = alert.area.since or alert.raised_at or alert.suspected_at or since
    return since >= first - policy.span("area.window_s")


def join(alert: Alert, *, home: str, since: int, by: str, at: int) -> list[Event]:
    """One more. Twice as many as people were told of: they are told again."""
    area = alert.area
    if area is None or not alert.open or home in area.homes:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.AreaHomeJoined(alert=alert.id, home=home, since=since, by=by))
    if alert.status == "raised" and area.told and len(area.homes) >= 2 * area.told:
        start_round(deciding, "doubled")
    return deciding.events


def leave(alert: Alert, *, home: str, at: int) -> list[Event]:
    """It can be seen again, and has power. Too few for an incident that nobody was told of: it never was one."""
    area = alert.area
    if area is None or not alert.open or home not in area.homes:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.AreaHomeLeft(alert=alert.id, home=home))
    if alert.status == "suspected" and len(area.homes) < area.need:
        deciding.say(facts.AlertCancelled(alert=alert.id, by="system", why="seen_again"))
    elif alert.status == "raised" and not area.homes:
        over(deciding)
    return deciding.events


def over(deciding: Decided) -> None:
    """The trouble is over; classes that close when cleared close with it, and nobody is told."""
    alert = deciding.alert
    deciding.say(
        facts.ConditionCleared(alert=alert.id, reason={"still_dark": len(alert.area.homes if alert.area else ())})
    )
    deciding.say(facts.AlertClosed(alert=alert.id, outcome="resolved_itself", by="system", via="system"))


def settled(alert: Alert, at: int) -> list[Event]:
    """Too few are dark, and have been for a while: what is left is each home's own matter."""
    deciding = Decided(alert, at)
    if alert.status == "raised" and too_few(alert):
        over(deciding)
    return deciding.events


def too_few(alert: Alert) -> bool:
    """Would so many not be an incident?"""
    return alert.area is not None and len(alert.area.homes) < alert.area.need


def quiet(alert: Alert, *, home: str, last_seen: int, limit_s: int, at: int) -> list[Event]:
    """Nobody was seen in one of its homes for longer than the limit: a line of the incident."""
    area = alert.area
    if area is None or not alert.open or home not in area.homes or area.quiet.get(home) == last_seen:
        return []
    deciding = Decided(alert, at)
    deciding.say(facts.AreaHomeQuiet(alert=alert.id, home=home, last_seen=last_seen, limit_s=limit_s))
    return deciding.events
