"""Why an alert was raised, why a home is not protected, what a device said: data as one sentence."""

from collections.abc import Mapping
from typing import Any, Final

from alerts.projections.alerts import AlertSeen
from alerts.projections.words import danger_name, outcome_name
from api.console.measured import measured
from api.console.spans import moment, span
from api.console.words import knows, say
from api.names import Names
from events.types.fact import SECOND

_FLAGGED: Final = frozenset({"carbon_monoxide", "smoke", "gas", "water"})
_PRESSED: Final = frozenset({"sos", "help"})


class Sentences:
    """Speaks one language, with the names of one snapshot, at one moment."""

    def __init__(self, names: Names, language: str, now: int) -> None:
        self.names, self.language, self.now = names, language, now

    def t(self, key: str, **words: object) -> str:
        """The console's own words."""
        return say(self.language, key, **words)

    @staticmethod
    def knows(key: str) -> bool:
        """Is there a word for it?"""
        return knows(key)

    def clock(self, at: int | None) -> str:
        """The moment, with its date if not today."""
        return moment(at, self.now)

    def why(self, alert: AlertSeen) -> str:
        """Which reading, which limit, since when."""
        reason = alert.reason
        if alert.area_homes:
            since = self.clock(min(since for since, _ in alert.area_homes.values()))
            parts = [self.t("why.area", count=len(alert.area_homes), clock=since)]
            if alert.area_quiet:
                parts.append(self.t("why.area_quiet", count=len(alert.area_quiet)))
            return ("，" if self.language == "zh" else ", ").join(parts)
        parts = self._first(alert.danger, reason)
        if reason.get("late_s"):
            parts.append(self.t("why.late", span=self._span(reason["late_s"] * SECOND)))
        if reason.get("test_taken_as_real"):
            parts.append(self.t("why.test"))
        if "again_at" in reason:
            parts.append(self.t("why.again", clock=self.clock(reason["again_at"])))
        return ("，" if self.language == "zh" else ", ").join(parts)

    def _first(self, danger: str, reason: Mapping[str, Any]) -> list[str]:
        device = self.names.device(str(reason.get("device", "")))
        clock = self.clock(reason.get("at"))
        if found := measured(self, danger, reason, device):
            return found
        if danger in _FLAGGED and "at" in reason:
            parts = [self.t("why.flag", device=device, clock=clock)]
            if reason.get("ppm") is not None:
                parts.append(self.t("why.ppm", ppm=f"{reason['ppm']:g}"))
            return parts
        if danger in _PRESSED and "at" in reason:
            return [self.t("why.button", device=device, clock=clock)]
        if danger == "no_activity" and {"last_seen", "silent_s", "limit_s"} <= reason.keys():
            return self._quiet(reason)
        if danger == "site_area" and "homes" in reason:  # over: none of its homes is dark any more
            return [self.t("why.area_over", count=len(reason["homes"]), of=reason["of"], clock=clock)]
        if danger == "dark_and_quiet" and "last_seen" in reason:
            sight = self.t(f"sight.{reason.get('sight', 'gateway_cut')}")
            since, last = self.clock(reason.get("dark_since")), self.clock(reason["last_seen"])
            return [self.t("why.dark", sight=sight, clock=since, last=last)]
        if danger == "blind_time" and "over" in reason:
            over = [
                f"{self.t(f'sight.{c}')} {self._span(how['blind_s'] * SECOND)}" for c, how in reason["over"].items()
            ]
            return [self.t("why.blind_time", spans=", ".join(over))]
        if danger == "not_home_by_night" and "last_seen" in reason:
            return [self.t("why.not_home", clock=self.clock(reason["last_seen"]))]
        if danger == "nobody_left" and "lost" in reason:
            lost = [f"{self.names.person(who)} ({self.reason_for(why)})" for who, why in reason["lost"].items()]
            words = {"danger": self.danger(reason["danger"]), "persons": ", ".join(lost) or "—"}
            return [self.t("why.nobody_left", round=reason["round"], **words)]
        if danger == "outer_door_open" and "at" in reason:
            return [self.t("why.outer_door", device=device, clock=clock)]
        if danger == "still_away" and "away_since" in reason:
            return [self.t("why.still_away", clock=self.clock(reason["away_since"]), days=reason.get("days", 0))]
        plain = {
            name: value for name, value in reason.items()
            if name not in {"again", "again_at", "late_s", "test_taken_as_real"}
        }  # fmt: skip
        if "at" in plain:
            plain["at"] = clock
        return [self.t("why.other", pairs=", ".join(f"{name}: {value}" for name, value in plain.items()))]

    def _quiet(self, reason: Mapping[str, Any]) -> list[str]:
        parts = [
            self.t(
                "why.no_activity", clock=self.clock(reason["last_seen"]), span=self._span(reason["silent_s"] * SECOND),
                limit=self._span(reason["limit_s"] * SECOND),
            )
        ]  # fmt: skip
        if reason.get("where"):
            parts.append(self.t("why.last_where", device=self.names.device(reason["where"])))
        if reason.get("why") in {"learned", "longest"}:
            words = {"days": reason["days"], "usual": self._span(max(900, reason["usual_s"]) * SECOND)}
            parts.append(self.t(f"why.{reason['why']}", limit=self._span(reason["limit_s"] * SECOND), **words))
        elif reason.get("why") == "went_out":
            parts.append(self.t("why.went_out"))
        elif reason.get("why", "fixed") == "fixed":
            parts.append(self.t("why.fixed"))
        if reason.get("blind_s", 0) >= 60:
            parts.append(self.t("why.blind", span=self._span(reason["blind_s"] * SECOND)))
        return parts

    def protection(self, reason: Mapping[str, Any]) -> str:
        """Why a home is not wholly protected."""
        words = dict(reason)
        if "device" in words:
            words["device"] = self.names.device(str(words["device"]))
        key = f"reason.{reason['what']}"
        if reason["what"] == "silent":
            key = "reason.silent" if reason.get("since") else "reason.never_heard"
            words["clock"] = self.clock(reason.get("since"))
        if reason["what"] == "away":
            key = "reason.away" if reason.get("until") else "reason.away_open"
            words["until"] = self.clock(reason.get("until"))
        return self.t(key, **words)

    def reading(self, kind: str, said: Mapping[str, Any]) -> str:
        """A device's last reading."""
        if "occupied" in said:
            return self.t("reading.occupied" if said["occupied"] else "reading.unoccupied")
        if "open" in said:
            return self.t("reading.open" if said["open"] else "reading.closed")
        if "action" in said:
            return self.t(f"button.{said['action']}")
        if "alarm" in said:
            word = "reading.alarm" if said["alarm"] else "reading.test" if said.get("test") else "reading.normal"
            ppm = f" {said['ppm']:g} ppm" if said.get("ppm") is not None else ""
            return self.t(word) + ppm
        if "celsius" in said:
            shown = [f"{said['celsius']:g} °C"] if said["celsius"] is not None else []
            shown += [f"{said['humidity_pct']:g} %"] if said.get("humidity_pct") is not None else []
            return " ".join(shown)
        if "amount" in said:
            return f"{said['amount']:g} {'Wh' if said['kind'] == 'power' else 'L'}"
        return "—" if not kind else ""

    def title(self, alert: AlertSeen) -> str:
        """`一氧化碳 · 东坪三组12号家`."""
        named = danger_name(alert.danger, "en" if self.language == "en" else "zh")
        return self.t("alert.title", danger=named, home=self.place(alert))

    def danger(self, danger: str) -> str:
        """`一氧化碳`."""
        return danger_name(danger, "en" if self.language == "en" else "zh")

    def outcome(self, outcome: str) -> str:
        """`已救助`, nothing for none."""
        return outcome_name(outcome, "en" if self.language == "en" else "zh") if outcome else ""

    def place(self, alert: AlertSeen) -> str:
        """The home, or the site for an alert that belongs to no home."""
        return self.names.home(alert.home) if alert.home else self.names.site(alert.site)

    def reason_for(self, why: str) -> str:
        """A short reason code as words."""
        return self.t(f"reason_for.{why}") if knows(f"reason_for.{why}") else why

    def _span(self, micros: int) -> str:
        return span(micros, self.language)
