"""The timeline as people read it: each fact a sentence, each message one line with its ticks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from alerts.projections.words import outcome_name
from api.console.sentences import Sentences
from api.console.words import knows

HIDDEN: Final = frozenset({
    "PersonTold", "TellRequested", "MessageSent", "MessageDelivered", "MessageFailed", "MessageOvertaken",
})  # fmt: skip
"""Shown within the line of the message they belong to."""

_WEIGHTY: Final = frozenset({
    "AlertRaised", "AlertSeverityRaised", "AlertRefired", "AlertReopened", "HelpNeeded", "ArrivalOverdue", "AlertClosed", "PersonLost",
})  # fmt: skip


@dataclass(frozen=True)
class Tick:
    """A state a message has reached, and when."""

    state: str
    words: str
    at: int | None


@dataclass(frozen=True)
class Line:
    """One line. `kind`: fact, message, reply. `quote`: what somebody wrote or reads."""

    at: int
    kind: str
    words: str
    quote: str = ""
    weighty: bool = False
    bad: bool = False
    ticks: tuple[Tick, ...] = field(default_factory=tuple)


def story(
    rows: Sequence[Mapping[str, Any]], messages: Sequence[Mapping[str, Any]], texts: Mapping[str, str], say: Sentences
) -> list[Line]:
    """Lines in the order of the log; `texts` are the messages as they are read on the phone."""
    by_id = {message["message"]: message for message in messages}
    lines = []
    for row in rows:
        if row["type"] in HIDDEN:
            continue
        if row["type"] == "MessagePlanned":
            if row["message"] in by_id:
                lines.append(_message(by_id[row["message"]], texts.get(row["message"], ""), say))
        elif row["type"] == "ReplyReceived":
            lines.append(_reply(row, say))
        else:
            lines.append(_fact(row, say))
    return lines


def _fact(row: Mapping[str, Any], say: Sentences) -> Line:
    said = row["data"]
    words: dict[str, object] = {
        "round": said.get("round", 1), "step": said.get("step", ""), "why": say.reason_for(str(said.get("why", ""))),
        "device": say.names.device(said["device"]) if said.get("device") else "",
        "outcome": outcome_name(str(said.get("outcome", "")), "en" if say.language == "en" else "zh"),
        "persons": _persons(said.get("persons"), say),
        "home": say.names.home(said["home"]) if said.get("home") else "",
        "severity": say.t(f"severity.{said['severity']}") if said.get("severity") else "",
    }  # fmt: skip
    words.update({name: say.names.person(str(said.get(name, ""))) for name in ("by", "who", "person")})
    key = f"fact.{row['type']}"
    quote = ""
    if said.get("note") or row["type"] in {"OutcomeCorrected", "AlertShelved"}:
        quote = say.names.text(str(said.get("note") or said.get("reason") or ""))
    text = say.t(key, **words) if knows(key) else row["type"]
    return Line(row["at"], "fact", text.strip(), quote, row["type"] in _WEIGHTY, row["type"] == "PersonLost")


def _persons(ids: object, say: Sentences) -> str:
    if not isinstance(ids, list) or not ids:
        return say.t("none")
    return ("、" if say.language == "zh" else ", ").join(say.names.person(str(id)) for id in ids)


def _message(message: Mapping[str, Any], text: str, say: Sentences) -> Line:
    channel = say.t(f"channel.{message['channel']}") if knows(f"channel.{message['channel']}") else message["channel"]
    head = say.t("message.by", channel=channel, who=say.names.person(message["person"]))
    ticks = [Tick("planned", say.t("message.planned"), message["planned_at"])]
    if message["state"] in {"failed", "overtaken"}:
        ticks = []
    if message["sent_at"]:
        ticks = [Tick("sent", say.t("message.sent"), message["sent_at"])]
    if message["delivered_at"]:
        ticks.append(Tick("delivered", say.t("message.delivered"), message["delivered_at"]))
    if message["state"] in {"failed", "overtaken"}:
        words = say.t(f"message.{message['state']}", code=say.reason_for(message["code"]))
        ticks.append(Tick(message["state"], words, message["ended_at"]))
    if message["possible_duplicate"]:
        ticks.append(Tick("duplicate", say.t("message.duplicate"), None))
    bad = message["state"] == "failed"
    return Line(message["planned_at"], "message", head, text, bad=bad, ticks=tuple(ticks))


def _reply(row: Mapping[str, Any], say: Sentences) -> Line:
    said = row["data"]
    outcome = str(said.get("outcome", ""))
    named = say.t(f"replied.{outcome}") if knows(f"replied.{outcome}") else outcome
    words = say.t("fact.ReplyReceived", person=say.names.person(row["person"]), outcome=named)
    return Line(row["at"], "reply", words, say.names.text(str(said.get("text", ""))), weighty=True)
