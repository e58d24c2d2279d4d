"""A provider that hangs, refuses, breaks, answers nonsense and is not there, and whose words come twice, reversed and forged."""

import random
import time
from collections.abc import Callable
from typing import Any

import httpx
from sqlalchemy import func, select

from alerts.notify.outbox import outbox
from events.types import message, system
from simulators.twilio import notices, webhooks
from tests.faults.audit import audit
from tests.faults.crowd import Crowd
from tests.faults.front import Front
from tests.faults.rebuilding import pages
from tests.faults.round import Ground, Outcome, Round
from tests.faults.service import ROOT, Service
from tests.faults.telling import REFUSED, Spell, forged, waits
from tests.faults.town import HOMES_A_SITE, Town
from tests.faults.troubles import AMBIGUOUS, NAMELESS, REPORTS, TROUBLES, setting

_CALM_SITES, _BESIDE_SITES = 10, 4
_CALM_S, _BESIDE_S, _AFTER_S = 4.0, 4.0, 25.0
"""A call ends after 8 s: who waits behind one waits about as long; a pause between tries is at most 9.6 s."""
_TOLD_S = 60.0


class Night:
    """The round in hand: which homes are still quiet, what happened when, and what was wrong."""

    def __init__(self, ground: Ground, service: Service, crowd: Crowd, front: Front) -> None:
        self.ground, self.service, self.crowd, self.front = ground, service, crowd, front
        self.provider, self.outcome = service.provider, Outcome()
        self.sites = _sites(service.town)

    def spell(self, name: str, homes: list[int], set_: Callable[[], None], lasts_s: float, end: Callable[[], None],
              *, apart_s: float = 0.0) -> Spell:  # fmt: skip
        """A fault begins, alarms come, the fault ends, all are told."""
        self.ground.say(name)
        began = _now()
        set_()
        for home in homes:
            self.crowd.alarm(home)
            time.sleep(apart_s)
        time.sleep(max(0.0, lasts_s - (_now() - began) / 1e6))
        end()
        over = _now()
        self.service.until(lambda: all(self.told(home) for home in homes), f"all are told after: {name}", _TOLD_S)
        spell = Spell(name, began, over, _now())
        self._settles()  # else the next fault meets what is left of this one
        return spell

    def told(self, home: int) -> bool:
        """Watcher and grid member have a text at the provider that names the house."""
        sms = [(one.recipient, one.body) for one in self.provider.messages]
        numbers = self.service.town.at_once(home).values()
        return all(
            any(to == number and _house(self.service.town, home) in body for to, body in sms) for number in numbers
        )

    def fails(self, why: str) -> None:
        """What must not be."""
        self.outcome.failures.append(why)

    # -- the parts of the night

    def calm(self) -> None:
        """Nothing goes wrong: each gets what is expected, and nobody anything else."""
        homes = [home for _ in range(max(1, round(_CALM_SITES * self.ground.scale))) for home in self.sites.pop()]
        for home in homes:
            house = _house(self.service.town, home)
            watcher, grid = self.service.town.at_once(home).values()
            self.provider.behave(watcher, answers={"after_s": 0.5, "text": "{slot}1"})
            self.provider.expect(watcher, f"{house}一氧化碳超标")
            self.provider.expect(watcher, f"已记您去{house}")
            self.provider.expect(grid, f"{house}一氧化碳超标")
            self.provider.expect(grid, f"{house}:一氧化碳超标")
        spell = self.spell("nothing", homes, lambda: None, 1.0, lambda: None)
        expected = 4 * len(homes)
        self.service.until(lambda: len(self._outbound()) >= expected, "everybody going is answered")
        self._settles()
        for sentence in self.provider.exchange.verdict().sentences:
            self.fails(sentence)
        self.provider.exchange.expected.clear()
        self._at_most("class1_without_faults_s", spell, _CALM_S)

    def troubles(self) -> None:
        """Each of the provider's faults with alarms in it, one after the other."""
        chosen = list(TROUBLES)
        random.Random(self.ground.seed).shuffle(chosen)
        told = []
        for trouble in chosen:
            spell = self.spell(
                trouble.name, self.sites.pop(), *setting(trouble, self.provider, self.front, self.ground.folder)
            )
            whole, after = waits(self.service, spell)
            told.append(f"{trouble.name} {after:g}")
            if after > _AFTER_S:
                self.fails(f"{after} s after the end of '{trouble.name}' somebody in danger was not yet reported")
            for figure, wait in (("class1_worst_s", whole), ("class1_after_a_fault_s", after)):
                self.outcome.figures[figure] = max(float(self.outcome.figures.get(figure, 0)), wait)
        self.outcome.figures["class1_after_each_fault_s"] = ", ".join(sorted(told))

    def beside_lesser_ones(self) -> None:
        """Answers to people (class 2) hang for as long as CO is raised elsewhere: it must not wait for them."""
        going, other = (self.sites.pop() + self.sites.pop() for _ in range(2))
        self.spell("before lesser ones hang", going, lambda: None, 0.5, lambda: None)
        watchers = sorted({next(iter(self.service.town.at_once(home).values())) for home in going})

        def hang() -> None:
            for watcher in watchers:
                self.provider.fault("hang_before", watcher, seconds=12)
                for slot in range(1, HOMES_A_SITE + 1):
                    self.provider.reply(watcher, f"{slot}1")
            self.service.until(lambda: self._under_way() >= 3, "three lesser ones hang")

        def end() -> None:
            if not self._under_way():
                self.fails("nothing lesser was under way while CO was raised: the round shows nothing")
            for watcher in watchers:
                self.provider.fault("ok", watcher)

        spell = self.spell("CO while class 2 hangs", other, hang, 6.0, end, apart_s=0.5)
        self._at_most("class1_beside_hanging_class2_s", spell, _BESIDE_S)

    def words(self) -> None:
        """What comes to our own doors: everything once more, reversed already, forged, and of strangers."""
        self.ground.say("words at the doors")
        inbound = [one for one in self.provider.messages if one.direction == "inbound"]
        for one in inbound:
            for _ in range(3):
                self._posts("/hooks/twilio/inbound", notices.of_reply(one))
        sent = self._outbound()[:20]
        for one in sent:
            path = (one.status_callback or "").removeprefix(self.service.url)
            for status in ("sent", "undelivered", "queued"):
                self._posts(path, notices.of_status(one, (status, None), one.sender or ""))
        for number in range(20):
            self._posts(
                f"/hooks/twilio/status/m{number}.99", {"MessageSid": f"SM{number:032}", "MessageStatus": "failed"}
            )
            stranger = {"MessageSid": f"SM{number:032x}", "From": f"+86130000{number:05}", "Body": "11"}
            self._posts("/hooks/twilio/inbound", stranger)
        refused = said = 0
        for one in sent:
            name = (one.status_callback or "").rpartition("/")[2]
            for path, form, signature in forged(self.service, name, one.recipient):
                said += 1
                headers = {} if signature is None else {"X-Twilio-Signature": signature}
                answer = httpx.post(
                    f"{self.service.url}{path}", data=form, headers=headers, timeout=20, trust_env=False
                )
                refused += answer.status_code == REFUSED
        if refused != said:
            self.fails(f"{said - refused} forged words of {said} were not refused")
        self.outcome.figures |= {"replies_told_four_times": len(inbound), "forged_refused": refused}

    def judged(self) -> Outcome:
        """Also what only the end shows: receipts taken once, replies once."""
        self.service.until(self._all_delivered, "every receipt is taken", _TOLD_S)
        met = self.provider.exchange.faults.met
        ambiguous = sum(times for (mode, on), times in met.items() if on == "create" and mode in AMBIGUOUS)
        figures, failures = self.outcome.figures, self.outcome.failures
        whole = audit(self.service, self.crowd, ambiguous=ambiguous)
        kinds: dict[type, int] = {}
        with self.service.memory() as database:
            for _ in pages(database, lambda one: kinds.update({type(one.event): kinds.get(type(one.event), 0) + 1})):
                pass
        figures |= {
            "faults_met": sum(met.values()), "receipts_posted": len(self.provider.callbacks),
            "receipts_taken": kinds.get(message.MessageDelivered, 0),
        }  # fmt: skip
        if kinds.get(message.ReplyReceived, 0) != figures["replies_told_four_times"]:
            failures.append(
                f"{kinds.get(message.ReplyReceived, 0)} replies are on record, {figures['replies']} were sent"
            )
        if not kinds.get(system.SecurityNoted):
            failures.append("neither forged words nor strangers left a security event")
        return Outcome(whole.figures | figures, whole.failures + failures)

    # -- looking

    def _outbound(self) -> list[Any]:
        return [one for one in self.provider.messages if one.direction != "inbound"]

    def _posts(self, path: str, form: dict[str, str]) -> None:
        status, _ = webhooks.post(f"{self.service.url}{path}", form, self.provider.auth_token, timeout_s=30)
        if status != 200:
            self.fails(f"a true word to {path.rpartition('/')[0]} was answered with {status}")

    def _under_way(self) -> int:
        return self._count(outbox.c.alert_class > 1, outbox.c.state.in_(("claimed", "asking")))

    def _all_delivered(self) -> bool:
        return not self._count(outbox.c.state.not_in(("delivered", "overtaken")))

    def _settles(self) -> None:
        self.service.until(lambda: not self._count(outbox.c.state.in_(("waiting", "claimed", "asking"))), "it is quiet")

    def _count(self, *where: Any) -> int:
        with self.service.memory() as database, database.read() as db:
            return int(db.execute(select(func.count()).select_from(outbox).where(*where)).scalar() or 0)

    def _at_most(self, figure: str, spell: Spell, most_s: float) -> None:
        self.outcome.figures[figure] = wait = waits(self.service, spell)[0]
        if wait > most_s:
            self.fails(f"{figure}: {wait} s, {most_s:g} s at most")


def run(ground: Ground) -> Outcome:
    """All faults at any scale; what shrinks is the calm part."""
    calm = max(1, round(_CALM_SITES * ground.scale))
    town = Town((calm + len(TROUBLES) + _BESIDE_SITES) * HOMES_A_SITE)
    with Service(ground, town) as service, service.crowd() as crowd:
        port = int(service.provider.base_url.rpartition(":")[2])
        service.provider.exchange.delivery = REPORTS
        with Front(port) as front:
            service.start(
                well=True, TWILIO_API_BASE=f"http://127.0.0.1:{front.port}", NAMES_FAIL=str(ground.folder / NAMELESS),
                PYTHONPATH=f"{ROOT}:{ROOT / 'tests' / 'faults' / 'nameless'}",
            )  # fmt: skip
            night = Night(ground, service, crowd, front)
            for part in (night.calm, night.troubles, night.beside_lesser_ones, night.words):
                part()
            return night.judged()


def _sites(town: Town) -> list[list[int]]:
    homes = range(1, town.homes + 1)
    return [list(homes[start : start + HOMES_A_SITE]) for start in range(0, town.homes, HOMES_A_SITE)]


def _house(town: Town, home: int) -> str:
    return f"{town.site(home)}组{home}号家"


def _now() -> int:
    return time.time_ns() // 1000


PROVIDER = Round(
    "provider",
    f"{len(TROUBLES)} faults of the SMS provider with CO alarms in each, callbacks twice, reversed, late and forged, replies four "
    "times: everybody told, 0 extra SMS without faults, at most 1 per ambiguous answer, class 1 never behind hanging class 2.",
    run,
    slow=True,
)
