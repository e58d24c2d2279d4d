"""Two providers of texts, the first in trouble: the second is asked for whoever is in danger when 15 s have passed."""

import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from alerts.auditing.auditor import Auditor
from alerts.core.wording import TEMPLATES
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.types import message
from simulators.aliyun import SimulatedAliyun
from tests.faults.crowd import Crowd
from tests.faults.draining import drain
from tests.faults.front import Front
from tests.faults.rebuilding import pages
from tests.faults.round import Figure, Ground, Outcome, Round
from tests.faults.service import Service
from tests.faults.town import HOMES_A_SITE, Town
from tests.faults.troubles import Trouble, setting

_WITHIN_S = 15.0
_WAY_S = 3.0
"""From the device to the plan, and from the moment at which the second is asked until it says yes, on a busy machine."""
_PATIENCE_S = 40.0
_TOKEN = "a-token-of-the-rounds-0123456789"
TROUBLES = (
    Trouble("401", 0, "401"),
    Trouble("429", 0, "429"),
    Trouble("429 for an hour", 0, "429", {"retry_after": "3600"}),
    Trouble("500 before accepting", 0, "500_before"),
    Trouble("cut before accepting", 0, "cut_before"),
    Trouble("hangs", 0, "hang_before", {"seconds": 12}),
    Trouble("refused connection", 0),
)
"""Each lasts until the second has told everybody."""


class Night:
    """The round in hand."""

    def __init__(self, service: Service, second: SimulatedAliyun, crowd: Crowd) -> None:
        self.service, self.second, self.crowd = service, second, crowd
        self.outcome, self.waits = Outcome(), dict[str, float]()

    def texts(self) -> list[tuple[str, str, float]]:
        """At both providers: number, text, and when it was taken (seconds UTC)."""
        by_first = [
            (one.recipient, one.body, one.created_at.timestamp())
            for one in self.service.provider.messages if one.direction != "inbound"
        ]  # fmt: skip
        return by_first + [(f"+86{one.number}", one.text, one.at.timestamp()) for one in list(self.second.sms)]

    def told(self, home: int) -> dict[str, float]:
        """Who of the first step has a text that names this house, and since when."""
        town, first = self.service.town, dict[str, float]()
        for number, text, at in sorted(self.texts(), key=lambda one: one[2]):
            if number in town.at_once(home).values() and town.named(home, text):
                first.setdefault(number, at)
        return first

    def trouble(self, trouble: Trouble, homes: range, front: Front, ground: Ground) -> None:
        """It begins, alarms come, all are told by the second; only then it ends."""
        begin, _, end = setting(trouble, self.service.provider, front, ground.folder)
        begin()
        alarms = len(self.crowd.alarms)
        for home in homes:
            self.crowd.alarm(home)
        try:
            self.service.until(lambda: all(len(self.told(h)) == 2 for h in homes), trouble.name, _PATIENCE_S)
        finally:
            end()
        mine = self.crowd.alarms[alarms:]
        wait = max(at - alarm.at / 1e6 for alarm in mine for at in self.told(alarm.home).values())
        self.waits[trouble.name] = round(wait, 2)
        if wait > _WITHIN_S + _WAY_S:
            self.outcome.failures.append(f"{trouble.name}: the last of them was told after {wait:.1f} s")

    def judged(self) -> Outcome:
        """Nobody was lost, nobody has one text twice, and the log says the same again."""
        took, left = drain(self.service, self.crowd)
        failures = self.outcome.failures
        failures += left
        texts = Counter((number, text) for number, text, _ in self.texts())
        failures += [f"a phone has one text {times} times" for times in texts.values() if times > 1]
        lost, because = list[Any](), Counter[str]()
        with self.service.memory() as database:
            found = Auditor(database, lambda: time.time_ns() // 1000).look().findings
            failures += [f"shouwang check: {each.en} {list(each.positions)}" for each in found if each.grave]

            def take(recorded: Any) -> None:
                if isinstance(recorded.event, message.PersonLost):
                    lost.append(recorded.event)
                if isinstance(recorded.event, message.MessagePlanned) and recorded.event.channel == "aliyun_sms":
                    because[recorded.event.because] += 1

            for _ in pages(database, take):
                pass
            again = verify(DatabaseLog(database))
        failures += [f"shouwang verify: decided again, it differs: {each}" for each in again.differences[:5]]
        if lost:
            failures.append(f"{len(lost)} people count as lost though the second works, the first: {lost[0]}")
        figures: dict[str, Figure] = {
            "alarms": len(self.crowd.alarms), "texts_by_the_first": len(self.service.provider.messages),
            "texts_by_the_second": len(self.second.sms), "taken_over_worst_s": max(self.waits.values()),
            "taken_over_each_s": ", ".join(f"{name} {wait:g}" for name, wait in self.waits.items()),
            "taken_over_because": ", ".join(f"{why} {times}" for why, times in sorted(because.items())),
            "same_text_twice": sum(times - 1 for times in texts.values()), "lost": len(lost),
            "decided_again_alike": again.decisions, "drained_s": round(took, 1),
        }  # fmt: skip
        return Outcome(figures, failures)


def run(ground: Ground) -> Outcome:
    """All troubles at any scale."""
    codes = {name: f"SMS_{place}" for place, name in enumerate(TEMPLATES)}
    texts = {codes[name]: one.zh.replace("{", "${") for name, one in TEMPLATES.items()}
    with ExitStack() as stack:
        second = stack.enter_context(SimulatedAliyun(texts))
        service = stack.enter_context(
            Service(ground, Town((len(TROUBLES) + 1) * HOMES_A_SITE), **_account(second, codes, ground.folder))
        )
        crowd = stack.enter_context(service.crowd())
        hooks = f"{service.url}/hooks/aliyun/{_TOKEN}"
        second.exchange.hooks.update({"sms-report": f"{hooks}/sms-report", "sms-up": f"{hooks}/sms-up"})
        front = stack.enter_context(Front(int(service.provider.base_url.rpartition(":")[2])))
        service.start(well=True, TWILIO_API_BASE=f"http://127.0.0.1:{front.port}")
        night = Night(service, second, crowd)
        for place, trouble in enumerate(TROUBLES):
            ground.say(trouble.name)
            first = place * HOMES_A_SITE + 1
            night.trouble(trouble, range(first, first + HOMES_A_SITE), front, ground)
            drain(service, crowd)
        return night.judged()


def _account(second: SimulatedAliyun, codes: dict[str, str], folder: Path) -> dict[str, str]:
    file = folder / "codes.yaml"
    file.write_text("sms:\n" + "".join(f"  {name}: {code}\n" for name, code in codes.items()), "utf-8")
    return {
        "ALIYUN_ACCESS_KEY_ID": second.key_id, "ALIYUN_ACCESS_KEY_SECRET": second.key_secret, "ALIYUN_HOOK_TOKEN": _TOKEN,
        "ALIYUN_TEMPLATES": str(file), "ALIYUN_SIGN_NAME": second.sign_name, "ALIYUN_API_BASE": second.base_url,
        "SHOUWANG_CHANNELS": "twilio_sms,aliyun_sms",
    }  # fmt: skip


TWO_PROVIDERS = Round(
    "two-providers",
    f"{len(TROUBLES)} faults of the first provider of texts, each lasting until the second has told everybody, {HOMES_A_SITE} CO alarms in "
    f"each: watcher and grid member have a text that names the house after {_WITHIN_S:g} s and at most {_WAY_S:g} for the way, nobody counts as lost, no phone gets one text twice.",
    run,
    slow=True,
)
