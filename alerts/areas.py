"""Keeps, site by site, which homes are dark, and makes one incident of many: begun, grown, shrunk, and over."""

from collections.abc import Callable

from alerts.books import Books
from alerts.cases import SITE, Cases
from alerts.core import areas
from alerts.core.alert import Alert
from alerts.core.household import Dark, Household
from alerts.core.policy import AREA
from alerts.core.rule import Danger
from events.serial import Recorded

SETTLE = "area:settle"
_LEVELS = ("grid_member", "village")

Look = Callable[[Household, Recorded], None]


class Areas:
    """Works on the engine's books. `look`: what is seen of a home is looked at anew, and its rules look again soon."""

    def __init__(self, books: Books, cases: Cases, look: Look) -> None:
        self._books, self._cases, self._look = books, cases, look

    def changed(self, home: Household, seen: Dark, recorded: Recorded) -> None:
        """What is seen of this home is other than before."""
        dark = self._dark(home.site)
        now, before = areas.is_dark(seen), home.home in dark
        if now == before:
            return
        site = self._site(home.site, recorded.at)
        if now:
            dark[home.home] = (seen.since, seen.by)
            site.memory["area"] = {"dark": dark}
            self._darkened(site, home, seen, recorded)
        else:
            del dark[home.home]
            site.memory["area"] = {"dark": dark}
            self._lit(site, home, recorded)

    def _darkened(self, site: Household, home: Household, seen: Dark, recorded: Recorded) -> None:
        policy, at, alert = self._books.policy, recorded.recorded_at, site.alerts.get(areas.DANGER)
        if alert is None:
            self._begin(site, seen.since, recorded)
        elif areas.belongs(alert, seen.since, policy):
            since, by = seen.since, seen.by
            self._cases.decide(
                site, alert, recorded, lambda a: areas.join(a, home=home.home, since=since, by=by, at=at)
            )
            self._take_in(alert, [home.home], recorded)
            self._settles(site, alert, at)

    def _begin(self, site: Household, since: int, recorded: Recorded) -> None:
        dark, policy = self._dark(site.site), self._books.policy
        if len(dark) < policy.value("area.least_homes"):
            return
        of = self._books.registrations.watched.get(site.site, 0)
        found, need = areas.together(dark, since, policy), areas.needed(of, policy)
        if len(found) < need:
            return
        site.chain = self._chain(site.site)
        homes = {name: dark[name] for name in sorted(found)}
        first = min(at for at, _ in homes.values())
        reason = {"homes": {name: list(how) for name, how in homes.items()}, "of": of, "need": need, "at": first}
        self._cases.danger(site, areas.DANGER, Danger(reason), recorded)
        alert = site.alerts.get(areas.DANGER)
        if alert is not None:
            self._take_in(alert, list(homes), recorded)

    def _chain(self, site: str) -> dict[str, list[str]]:
        """Who answers for the site: whoever does for any of its homes."""
        found: dict[str, list[str]] = {level: [] for level in _LEVELS}
        for name in sorted(self._books.registrations.by_site.get(site, ())):
            home = self._books.homes[name]
            for level in _LEVELS:
                found[level] += [
                    p for p in home.chain_for(AREA).get(level, []) if home.watched and p not in found[level]
                ]
        return found

    def _take_in(self, alert: Alert, names: list[str], recorded: Recorded) -> None:
        """These homes are a part of it: why they are dark is known now, and they send nobody of their own."""
        for name in names:
            home = self._books.homes[name]
            if alert.open and home.area != alert.id:
                home.area = alert.id
                self._books.touch(home)
                self._look(home, recorded)

    def _lit(self, site: Household, home: Household, recorded: Recorded) -> None:
        at, alert = recorded.recorded_at, site.alerts.get(areas.DANGER)
        if alert is None or alert.area is None or home.home not in alert.area.homes:
            return
        home.area, home.area_until = "", at
        self._cases.decide(site, alert, recorded, lambda a: areas.leave(a, home=home.home, at=at))
        self._settles(site, alert, at)

    def _settles(self, site: Household, alert: Alert, at: int) -> None:
        """So few are left that it would be none: when that lasts, it is over."""
        few = alert.status == "raised" and areas.too_few(alert)
        if few and SETTLE not in site.timers:
            self._books.set_timer(site, SETTLE, at + self._books.policy.span("area.settle_s"), waits=False)
        elif not few and SETTLE in site.timers:
            self._books.set_timer(site, SETTLE, None, waits=False)

    def rang(self, site: Household, recorded: Recorded) -> None:
        """Few were left, and that has lasted."""
        alert = site.alerts.get(areas.DANGER)
        if alert is not None:
            self._cases.decide(site, alert, recorded, lambda a: areas.settled(a, recorded.recorded_at))

    def over(self, site: Household, recorded: Recorded) -> None:
        """An alert of the site has ended. If it was the incident: the homes still dark are each their own matter again."""
        alert = site.recent.get(areas.DANGER)
        if alert is None or alert.area is None:
            return
        if SETTLE in site.timers and areas.DANGER not in site.alerts:
            self._books.set_timer(site, SETTLE, None, waits=False)
        for name in sorted(alert.area.homes):
            home = self._books.homes[name]
            if home.area == alert.id:
                home.area, home.area_until = "", recorded.recorded_at
                self._books.touch(home)
                self._look(home, recorded)

    def quiet(self, home: Household, danger: Danger, recorded: Recorded) -> bool:
        """Dark and quiet, and a part of an incident: a line of it. False: it is a part of none."""
        site = self._books.homes.get(f"{SITE}{home.site}")
        alert = site.alerts.get(areas.DANGER) if site is not None and home.area else None
        if site is None or alert is None:
            return False
        self._books.touch(site)
        last, limit, at = danger.reason["last_seen"], danger.reason["limit_s"], recorded.recorded_at
        line = lambda a: areas.quiet(a, home=home.home, last_seen=last, limit_s=limit, at=at)  # noqa: E731
        self._cases.decide(site, alert, recorded, line)
        return True

    def _dark(self, site: str) -> dict[str, tuple[int, str]]:
        """Home -> since when it is dark, and by what that is known."""
        known = self._books.homes.get(f"{SITE}{site}")
        if known is None:
            return {}
        return {name: (since, by) for name, (since, by) in known.memory.get("area", {}).get("dark", {}).items()}

    def _site(self, site: str, at: int) -> Household:
        owner = f"{SITE}{site}"
        if owner not in self._books.homes:
            self._books.homes[owner] = Household(owner, site, at, 0)
        found = self._books.homes[owner]
        self._books.touch(found)
        return found
