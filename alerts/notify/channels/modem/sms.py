"""Text messages by a modem of our own: for towns whose server has no internet. Answers and delivery reports come back by it.

What comes in stays on the SIM until it is recorded, so that a crash loses no answer.
"""

import itertools
import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field
from typing import Final

from alerts.notify.channel import Capabilities, Outgoing, Report, SendFailed, Sent
from alerts.notify.channels.modem.dialog import Away, Dialog, Said, Silent
from alerts.notify.channels.modem.pdu import Incoming, NotAPdu, Reported, joined, read, submit

log = logging.getLogger("shouwang.modem")

CALL_S: Final = 8.0
_LOOK_S: Final = 20.0
"""So often the SIM is looked through for what was not announced; a modem that does not answer is opened anew."""
_REMEMBERED: Final = 500
_PAUSE_S: Final = (0.5, 5.0)
_LISTEN_S: Final = 0.2
_LEAST_S: Final = 0.2
_PERMANENT: Final = frozenset({"1", "8", "10", "21", "28", "29", "30", "50", "69"})
"""Unassigned number, barred, rejected, unknown subscriber, not subscribed (3GPP TS 24.011, annex E, causes of +CMS ERROR)."""
_PREPARE: Final = ("ATE0", "AT+CMEE=1", "AT+CMGF=0", 'AT+CPMS="SM","SM","SM"', "AT+CNMI=2,1,0,1,0")
"""No echo, errors by number, PDUs, the SIM's store; announce what was stored, hand on delivery reports at once."""

TakeText = Callable[[str, str, str], object]
"""Provider's id, number, text: returns when it is recorded."""
TakeReport = Callable[[str, str, str], object]
"""Our message, the provider's id, the state: returns when it is recorded."""


@dataclass
class _Going:
    """A message that was sent: its parts' references that have no report yet."""

    message: str
    number: str
    open: set[int] = field(default_factory=set)
    state: str = "sent"


@dataclass
class _Job:
    """A message that waits for the modem. `begun`: its first byte may have left."""

    outgoing: Outgoing
    until: float
    result: "Future[Sent]" = field(default_factory=Future)
    begun: bool = False


class ModemSms:
    """`start` once, `stop` once; sending may be called from several threads, the modem takes one after the other."""

    name = "modem_sms"
    really_sends = True
    # About four seconds a message over the air; the operator's own limits on a private SIM are not known.
    capabilities = Capabilities(two_way=True, links=False, receipts=True, keypad=False, rate_per_s=0.25)

    def __init__(self, device: str, *, baud: int = 115_200, pin: str = "", timeout_s: float = CALL_S) -> None:
        self._device, self._baud, self._pin, self._timeout_s = device, baud, pin, timeout_s
        self._jobs: queue.Queue[_Job] = queue.Queue()
        self._references = itertools.count(int(time.time()) % 256)
        self._sent: OrderedDict[str, _Going] = OrderedDict()
        self._parts: dict[tuple[str, int, int], dict[int, tuple[str, Incoming]]] = {}
        self._take_text: TakeText = lambda *_: None
        self._take_report: TakeReport = lambda *_: None
        self._stopping, self._there = threading.Event(), threading.Event()
        self._pin_refused = False
        self._thread = threading.Thread(target=self._run, name="modem", daemon=True)

    @property
    def there(self) -> bool:
        """Is a modem at the line that answers?"""
        return self._there.is_set()

    def start(self, *, take_text: TakeText, take_report: TakeReport) -> None:
        """Begin to listen. What the two take must be on disk when they return; what they raise is tried again."""
        self._take_text, self._take_report = take_text, take_report
        self._thread.start()

    def stop(self) -> None:
        """Let the line go."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def send(self, outgoing: Outgoing) -> Sent:
        """Wait for its turn and for the network to take it."""
        if not self.there:
            raise SendFailed("no modem at the line", permanent=False, ambiguous=False, code="unreachable")
        job = _Job(outgoing, time.monotonic() + self._timeout_s)
        self._jobs.put(job)
        try:
            return job.result.result(self._timeout_s)
        except NotInTime:
            job.until = 0.0  # if it has not begun it never will
            raise SendFailed("the modem is busy", permanent=False, ambiguous=job.begun, code="no_answer") from None

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:  # noqa: ARG002  (the promise's own shape)
        """A modem keeps nothing of what it sent."""
        return None

    def fetch(self, provider_id: str) -> Report:
        """What its delivery report said so far; after a restart nobody remembers it."""
        going = self._sent.get(provider_id)
        return Report(going.state if going else "sent", "")

    def _run(self) -> None:
        pause = _PAUSE_S[0]
        while not self._stopping.is_set():
            dialog = None
            try:
                dialog = Dialog(self._device, self._baud)
                self._prepare(dialog)
                self._there.set()
                log.info("the modem is there")
                pause = _PAUSE_S[0]
                self._serve(dialog)
            except (Away, Silent, Said) as failure:
                if self._there.is_set() or pause == _PAUSE_S[0]:
                    log.warning("no modem: %s", type(failure).__name__)
            finally:
                self._there.clear()
                if dialog is not None:
                    dialog.close()
                self._refuse_all()
            self._stopping.wait(pause)
            pause = min(pause * 2, _PAUSE_S[1])

    def _prepare(self, dialog: Dialog) -> None:
        try:
            dialog.ask("AT", within_s=1.0)
        except (Silent, Said):  # it may be in the middle of something that nobody remembers
            dialog.give_up_prompt()
            dialog.ask("AT", within_s=2.0)
        dialog.ask("ATE0")
        if any("SIM PIN" in line for line in dialog.ask("AT+CPIN?", within_s=5.0)):
            self._unlock(dialog)
        for command in _PREPARE:
            dialog.ask(command, within_s=5.0)

    def _unlock(self, dialog: Dialog) -> None:
        if not self._pin or self._pin_refused:
            raise Said("SIM PIN")
        try:
            dialog.ask(f'AT+CPIN="{self._pin}"', within_s=10.0)
        except Said:
            self._pin_refused = True  # three wrong ones lock the SIM
            log.error("the SIM refuses its PIN; it is not tried again")  # noqa: TRY400  (its words hold the PIN)
            raise

    def _serve(self, dialog: Dialog) -> None:
        look_at = 0.0
        while not self._stopping.is_set():
            if time.monotonic() >= look_at:
                self._look_through(dialog)
                look_at = time.monotonic() + _LOOK_S
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                dialog.listen(_LISTEN_S)
            else:
                self._do(dialog, job)
            while dialog.unasked:
                kind, said = dialog.unasked.popleft()
                if kind == "CMTI":
                    look_at = 0.0
                elif said:
                    self._heard(said)

    def _do(self, dialog: Dialog, job: _Job) -> None:
        """One message, part after part."""
        if time.monotonic() >= job.until or job.result.cancelled():
            return
        out = job.outgoing
        going = _Going(out.message, out.to)
        try:
            for pdu, length in submit(out.to, out.text, ref=next(self._references) % 256, valid_s=out.valid_s):
                job.begun = True
                left_s = max(_LEAST_S, job.until - time.monotonic() - _LEAST_S)  # over before the sender stops waiting
                answer = dialog.ask(f"AT+CMGS={length}", within_s=left_s, after_prompt=pdu)
                reference = next((line for line in answer if line.startswith("+CMGS:")), "")
                going.open.add(int(reference.partition(":")[2].split(",")[0]))
        except Said as no:
            permanent = no.code in _PERMANENT
            reason = f"+CMS ERROR {no.code}"
            job.result.set_exception(SendFailed(reason, permanent=permanent, ambiguous=False, code=f"cms_{no.code}"))
        except (Away, Silent) as failure:
            self._there.clear()  # before anybody who waited hears of it and asks again
            job.result.set_exception(
                SendFailed(f"the modem: {type(failure).__name__}", permanent=False, ambiguous=True, code="no_answer")
            )
            raise
        except ValueError:
            job.result.set_exception(
                SendFailed("an answer without a reference", permanent=False, ambiguous=True, code="no_answer")
            )
        else:
            provider_id = f"modem-{out.message}-{'.'.join(map(str, sorted(going.open)))}"
            self._sent[provider_id] = going
            while len(self._sent) > _REMEMBERED:
                self._sent.popitem(last=False)
            job.result.set_result(Sent(provider_id, "sent"))

    def _refuse_all(self) -> None:
        """Those that wait are told at once that there is no modem."""
        while not self._jobs.empty():
            job = self._jobs.get_nowait()
            job.result.set_exception(
                SendFailed("no modem at the line", permanent=False, ambiguous=False, code="unreachable")
            )

    def _look_through(self, dialog: Dialog) -> None:
        """Everything on the SIM: taken, then deleted there."""
        lines = dialog.ask("AT+CMGL=4", within_s=10.0)
        for head, pdu in itertools.pairwise(lines):
            if head.startswith("+CMGL:"):
                place = head.partition(":")[2].split(",")[0].strip()
                for done in self._stored(place, pdu):
                    dialog.ask(f"AT+CMGD={done}", within_s=5.0)

    def _stored(self, place: str, line: str) -> list[str]:
        """The places on the SIM that may be cleared: this one, or all parts of the text that it completes."""
        try:
            said = read(line)
        except NotAPdu as wrong:
            log.warning("the SIM holds what is no message: %s", wrong)
            return [place]
        if isinstance(said, Reported):
            return [place] if self._reported(said) else []
        if said.part is None:
            return [place] if self._text(said) else []
        key = (said.sender, said.part.ref, said.part.total)
        parts = self._parts.setdefault(key, {})
        parts[said.part.number] = (place, said)
        if len(parts) < said.part.total or not self._text(joined([one for _, one in parts.values()])):
            return []
        return [place for place, _ in self._parts.pop(key).values()]

    def _heard(self, line: str) -> None:
        """What the modem hands on without storing it: a delivery report, or a text where it does not obey us."""
        try:
            said = read(line)
        except NotAPdu as wrong:
            log.warning("the modem handed on what is no message: %s", wrong)
            return
        if isinstance(said, Reported):
            self._reported(said)
        elif said.part is None:
            self._text(said)
        else:
            key = (said.sender, said.part.ref, said.part.total)
            parts = self._parts.setdefault(key, {})
            parts[said.part.number] = ("", said)
            if len(parts) == said.part.total and self._text(joined([one for _, one in parts.values()])):
                del self._parts[key]

    def _text(self, said: Incoming) -> bool:
        return _recorded(self._take_text, said.digest, _international(said.sender), said.text)

    def _reported(self, said: Reported) -> bool:
        """By its reference and number, the newest first: references are used again after 256 messages."""
        number = _international(said.recipient)
        for provider_id, going in reversed(self._sent.items()):
            if said.reference not in going.open or going.number != number:
                continue
            if said.word == "sent":
                return True
            going.open.discard(said.reference)
            if said.word == "delivered" and (going.open or going.state == "undelivered"):
                return True
            going.state = said.word
            return _recorded(self._take_report, going.message, provider_id, said.word)
        return True


def _recorded(take: Callable[[str, str, str], object], *words: str) -> bool:
    """False: the database is away, and it is tried again from the SIM."""
    try:
        take(words[0], words[1], words[2])
    except Exception as failure:
        log.warning("what the modem brought waits for the database: %s", type(failure).__name__)
        return False
    return True


def _international(number: str) -> str:
    """As we keep numbers; a carrier's short number stays as it is."""
    if number.startswith("+") or len(number) != 11 or not number.startswith("1"):
        return number
    return f"+86{number}"
