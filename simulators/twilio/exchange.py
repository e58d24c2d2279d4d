"""The telephone exchange: takes messages, carries them to phones, reports, and lets phones answer."""

from collections import deque
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from simulators.twilio import notices, webhooks
from simulators.twilio.actions import Action, Actions
from simulators.twilio.calls import Calls
from simulators.twilio.codes import slot_of
from simulators.twilio.courier import Courier
from simulators.twilio.delivery import RANK, Delivery, Pace, Step, journey
from simulators.twilio.expectations import Expectations, Text, Verdict
from simulators.twilio.faults import Faults
from simulators.twilio.ledger import Ledger
from simulators.twilio.messages import Message, new_sid, now
from simulators.twilio.phones import Phone, PhoneBook
from simulators.twilio.sending import Sending
from simulators.twilio.switchboard import Switchboard

# Twilio's own words by which a person leaves and comes back ("Default keywords").
LEAVING = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
RETURNING = {"START", "YES", "UNSTOP"}
SLOT_KEPT = timedelta(
    hours=24
)  # a slot is given to another alert only a day after its own closed, so one answer is due
RETRY_S = 0.5  # Twilio repeats a webhook once when nobody took the connection


@dataclass(slots=True)
class Account:
    """Whose messages these are; `number` sends for the messaging service and takes replies of phones never written to."""

    sid: str
    token: str
    number: str = "+8612000009000"
    inbound_url: str | None = None


class Exchange:
    """All state of the simulated provider; every method may be called from any thread."""

    def __init__(self, account: Account, phones: PhoneBook, ledger: Ledger, pace: Pace, actions: Actions) -> None:
        self.account = account
        self.phones = phones
        self.ledger = ledger
        self.actions = actions
        self.faults = Faults()
        self.expected = Expectations()
        self.delivery = Delivery()
        self.posts: deque[dict[str, Any]] = deque(maxlen=20_000)
        self._pace = pace
        self._courier = Courier()
        self.calls = Calls(ledger.touch)
        self.switchboard = Switchboard(
            account.sid, self.calls, self._courier, pace,
            post=self._posted, habit_of=lambda number: self.phones.get(number).calls,
        )  # fmt: skip
        self._promised: set[tuple[str, str]] = set()
        self._left_over = ledger.all()  # not what a phone sends between here and `open`: that goes its own way

    def open(self) -> None:
        """Starts working, and goes on with what an earlier run left half done."""
        for message in self._left_over:
            if message.direction == "inbound":
                self._note_wish(message.sender or "", message.body)
                if message.taken is None and self.account.inbound_url:
                    self._courier.later(0, partial(self._post_inbound, message.sid))
            elif not message.settled:
                self._set_out(message)
            elif message.received_at:
                self._maybe_answer(message)
        self._courier.start()

    def close(self) -> None:
        """Ends the work; what was under way goes on at the next start if there is a state file."""
        self._courier.close()

    def accept(self, sending: Sending) -> Message:
        """Takes a checked message; from here on it is on its way whatever the client hears."""
        at = now()
        message = self.ledger.add(
            Message(
                sid=new_sid(),
                account_sid=self.account.sid,
                direction="outbound-api",
                sender=sending.sender,
                recipient=sending.recipient,
                body=sending.body,
                status="queued" if sending.sender else "accepted",
                created_at=at,
                updated_at=at,
                service_sid=sending.service_sid,
                status_callback=sending.status_callback,
                validity_s=sending.validity_s,
            )
        )
        self._set_out(message)
        return message

    def verdict(self) -> Verdict:
        """What was accepted against what was expected: a text that never arrives was sent all the same."""
        return self.expected.verdict(Text(one.recipient, one.body) for one in self.ledger.all() if not _inbound(one))

    def inbox(self, number: str) -> list[Message]:
        """What has reached that phone, oldest first."""
        return [one for one in self.ledger.all() if one.recipient == number and one.received_at and not _inbound(one)]

    def talk(self, number: str) -> list[Message]:
        """Everything written to or by that phone, oldest first."""
        return [one for one in self.ledger.all() if number == (one.sender if _inbound(one) else one.recipient)]

    def reply(self, number: str, text: str, *, answered_slot: str | None = None) -> Message:
        """The phone sends a text to whoever wrote to it last."""
        at = now()
        received = self.inbox(number)
        message = self.ledger.add(
            Message(
                sid=new_sid(),
                account_sid=self.account.sid,
                direction="inbound",
                sender=number,
                recipient=(received[-1].sender if received else None) or self.account.number,
                body=text,
                status="received",
                created_at=at,
                updated_at=at,
                sent_at=at,
                received_at=at,
                settled=True,
                answered_slot=answered_slot,
            )
        )
        self._note_wish(number, text)
        if self.account.inbound_url:
            self._courier.later(0, partial(self._post_inbound, message.sid))
        return message

    def change_phone(self, number: str, **changes: Any) -> Phone:
        """The phone with other values, seen at once by whoever looks."""
        phone = self.phones.change(number, **changes)
        self.ledger.touch()
        return phone

    def act(self, place: int) -> Action:
        """Presses a button of the scene and waits for its maker's answer; IndexError if there is none."""
        done = self.actions.do(place, self.account.token, now().isoformat())
        self.ledger.touch()
        return done

    def reset(self) -> None:
        """No messages, no faults, nothing expected, every phone as at the start; what is under way finds nothing and ends."""
        self.faults.clear()
        self.expected.clear()
        self.delivery = Delivery()
        self.phones.reset()
        self._promised.clear()
        self.posts.clear()
        self.ledger.clear()
        self.calls.clear()

    def _note_wish(self, number: str, text: str) -> None:
        word = text.strip().upper()
        if word in LEAVING | RETURNING:
            self.phones.change(number, opted_out=word in LEAVING)

    def _set_out(self, message: Message) -> None:
        delivery = self.phones.get(message.recipient).delivery or self.delivery
        steps = journey(delivery, self._pace, validity_s=message.validity_s)
        # After a restart the statuses it already had are not run through again; `queued` is reported once more at most.
        self._walk(message.sid, [step for step in steps if RANK[step.status] >= RANK[message.status]])

    def _walk(self, sid: str, steps: list[Step]) -> None:
        if steps:
            self._courier.later(steps[0].after_s, partial(self._take_step, sid, steps))
        else:
            self.ledger.change(sid, settled=True)

    def _take_step(self, sid: str, steps: list[Step]) -> None:
        step, at = steps[0], now()
        changes: dict[str, Any] = {"status": step.status, "error_code": step.error_code, "updated_at": at}
        before = self.ledger.get(sid)
        if before is None:
            return
        if before.sender is None:
            changes["sender"] = self.account.number  # the messaging service has chosen its sender
        if before.sent_at is None and RANK[step.status] >= RANK["sent"]:
            changes["sent_at"] = at
        if step.reaches_phone:
            changes["received_at"] = at
        message = self.ledger.change(sid, **changes)
        if message is None:
            return
        if step.reaches_phone:
            self._maybe_answer(message)
        if message.status_callback:
            for report in step.reports:
                self._post(message.status_callback, notices.of_status(message, report, self.account.number))
        self._walk(sid, steps[1:])

    def _maybe_answer(self, message: Message) -> None:
        answers, slot = self.phones.get(message.recipient).answers, slot_of(message.body)
        if answers is None or slot is None or (message.recipient, slot) in self._promised:
            return
        if any(self._speaks_of(one, slot, message) for one in self.talk(message.recipient)):
            return
        self._promised.add((message.recipient, slot))
        self._courier.later(answers.after_s, partial(self._answer, message, slot))

    def _answer(self, message: Message, slot: str) -> None:
        answers = self.phones.get(message.recipient).answers
        self._promised.discard((message.recipient, slot))
        spoken = any(self._speaks_of(one, slot, message) for one in self.talk(message.recipient))
        if answers is not None and not spoken and self.ledger.get(message.sid) is not None:
            self.reply(message.recipient, answers.text.replace("{slot}", slot), answered_slot=slot)

    def _speaks_of(self, one: Message, slot: str, message: Message) -> bool:
        """The phone has answered that slot by itself within a day, or a hand has, after this very message."""
        if not _inbound(one):
            return False
        if one.answered_slot == slot:
            return one.created_at > message.created_at - SLOT_KEPT
        return one.body.strip().startswith(slot) and one.created_at > message.created_at

    def _post_inbound(self, sid: str) -> None:
        message, url = self.ledger.get(sid), self.account.inbound_url
        if message is None or url is None:
            return
        self.ledger.change(sid, taken=self._post(url, notices.of_reply(message)))

    def _post(self, url: str, params: dict[str, str]) -> int:
        return self._posted(url, params)[0]

    def _posted(self, url: str, params: dict[str, str], *, again: bool = True) -> tuple[int, bytes]:
        status, body = webhooks.post(url, params, self.account.token)
        self.posts.append({"url": url, "params": params, "status": status, "at": now().isoformat()})
        if status == webhooks.UNREACHABLE and again:
            self._courier.pause(RETRY_S)
            return self._posted(url, params, again=False)
        return status, body

    def phone_view(self, phone: Phone) -> dict[str, Any]:
        """A phone as the control door tells it."""
        talk = self.talk(phone.number)
        return {**asdict(phone), "messages": len(talk), "last_at": talk[-1].created_at.isoformat() if talk else None}


def _inbound(message: Message) -> bool:
    return message.direction == "inbound"
