"""The switchboard: lets phones ring, carries out what a call is to say, sends the keys, and reports."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from functools import partial

from simulators.twilio import twiml
from simulators.twilio.calling import Calling
from simulators.twilio.calls import Call, CallHabit, Calls, new_call_sid
from simulators.twilio.courier import Courier
from simulators.twilio.delivery import Pace
from simulators.twilio.messages import now

MOST_DOCUMENTS = 40  # a call that is sent round in circles ends
REPORTED = {
    "queued": "initiated", "ringing": "ringing", "in-progress": "answered", "completed": "completed",
    "busy": "completed", "no-answer": "completed", "failed": "completed", "canceled": "completed",
}  # fmt: skip
ENDS = {"busy": "busy", "no_answer": "no-answer", "failed": "failed"}


class Switchboard:
    """`post` sends a signed form and returns the HTTP status and the body; `habit_of` says how a phone takes calls."""

    def __init__(
        self,
        account_sid: str,
        calls: Calls,
        courier: Courier,
        pace: Pace,
        *,
        post: Callable[[str, dict[str, str]], tuple[int, bytes]],
        habit_of: Callable[[str], CallHabit],
    ) -> None:
        self._sid, self._calls, self._courier, self._pace = account_sid, calls, courier, pace
        self._post, self._habit_of = post, habit_of

    def place(self, wanted: Calling) -> Call:
        """Takes a checked call; from here on it goes its way whatever the client hears."""
        at = now()
        call = self._calls.add(
            Call(
                sid=new_call_sid(), account_sid=self._sid, sender=wanted.sender, recipient=wanted.recipient,
                status="queued", created_at=at, updated_at=at, twiml=wanted.twiml, url=wanted.url,
                status_callback=wanted.status_callback, events=wanted.events, rings_s=wanted.rings_s,
                detects=wanted.detects, machine_callback=wanted.machine_callback,
            )
        )  # fmt: skip
        self._courier.later(self._pace.first_s, partial(self._ring, call.sid))
        return call

    def answer(self, sid: str, *, by: str = "human") -> Call | None:
        """Somebody, or something, takes the ringing call."""
        at = now()
        ringing = self._calls.get(sid)
        if ringing is None or ringing.status != "ringing":
            return None
        call = self._calls.change(
            sid, only_step=ringing.step, status="in-progress", started_at=at, updated_at=at, step=ringing.step + 1,
            answered_by=by if ringing.detects else None,
        )  # fmt: skip
        if call is not None:
            self._courier.later(0, partial(self._begin, call))
        return call

    def press(self, sid: str, key: str) -> Call | None:
        """A key; it is heard only while one is asked for."""
        call = self._calls.get(sid)
        if call is None or call.asks is None:
            return None
        taken = self._calls.change(
            sid, only_step=call.step, step=call.step + 1, asks=None, pressed=call.pressed + key, updated_at=now()
        )
        if taken is not None:
            self._courier.later(0, partial(self._fetch, taken, call.asks, {"Digits": key, "msg": "Gather End"}))
        return taken

    def hang_up(self, sid: str) -> Call | None:
        """The phone ends it: a ringing one is turned away, one under way is over."""
        call = self._calls.get(sid)
        if call is None:
            return None
        return self._end(sid, "completed" if call.status == "in-progress" else "busy")

    def _ring(self, sid: str) -> None:
        call = self._calls.get(sid)
        if call is None:
            return
        habit = self._habit_of(call.recipient)
        if not habit.backwards:
            self._report(call)
        if habit.pick_up == "failed":
            self._end(sid, "failed")
            return
        ringing = self._calls.change(sid, status="ringing", updated_at=now(), step=1)
        if ringing is None:
            return
        if not habit.backwards:
            self._report(ringing)
        match habit.pick_up:
            case "by_hand":
                self._courier.later(call.rings_s, partial(self._end_ringing, sid))
            case "busy" | "no_answer":
                self._courier.later(self._pace.next_s, partial(self._end, sid, ENDS[habit.pick_up]))
            case "answers":
                self._courier.later(self._pace.next_s, partial(self.answer, sid))
            case "mailbox":
                self._courier.later(self._pace.next_s, partial(self.answer, sid, by="machine_start"))

    def _end_ringing(self, sid: str) -> None:
        call = self._calls.get(sid)
        if call is not None and call.status == "ringing":
            self._end(sid, "no-answer")

    def _begin(self, call: Call) -> None:
        if not self._habit_of(call.recipient).backwards:
            self._report(call)
        if call.detects and call.machine_callback:
            who = {"AnsweredBy": call.answered_by or "unknown", "MachineDetectionDuration": "2100"}
            self._courier.later(self._pace.next_s, partial(self._post, call.machine_callback, self._form(call) | who))
        if call.url is not None:
            self._fetch(call, call.url, {})
        else:
            self._carry_out(call, call.twiml or "")

    def _fetch(self, call: Call, url: str, more: dict[str, str]) -> None:
        status, body = self._post(url, self._form(call) | more)
        if 200 <= status < 300:
            self._carry_out(call, body.decode("utf-8", "replace"))
        else:
            self._say(call, ["An application error has occurred. Goodbye."], [])
            self._end(call.sid, "completed")

    def _carry_out(self, call: Call, document: str) -> None:
        try:
            verbs = twiml.read(document)
        except twiml.NotTwiml as wrong:
            self._say(call, [f"An application error has occurred: {wrong}. Goodbye."], [])
            self._end(call.sid, "completed")
            return
        if call.step < MOST_DOCUMENTS:
            self._go_on(call, verbs)
        else:
            self._end(call.sid, "completed")

    def _go_on(self, call: Call, verbs: Sequence[twiml.Verb]) -> None:
        """Until a key is asked for, another document is named, or all is said."""
        for place, verb in enumerate(verbs):
            match verb.name:
                case "Say":
                    self._say(call, [verb.text], [verb.options["language"]])
                case "Redirect":
                    self._fetch(call, verb.text, {})
                    return
                case "Hangup":
                    break
                case "Gather":
                    self._gather(call, verb, verbs[place + 1 :])
                    return
        self._end(call.sid, "completed", only_step=call.step)

    def _gather(self, call: Call, verb: twiml.Verb, rest: Sequence[twiml.Verb]) -> None:
        spoken = [one for one in verb.inner if one.name == "Say"]
        self._say(call, [one.text for one in spoken], [one.options["language"] for one in spoken])
        asked = self._calls.change(call.sid, only_step=call.step, asks=verb.options.get("action") or call.url)
        if asked is None:
            return
        habit = self._habit_of(call.recipient)
        if habit.pick_up == "answers" and len(call.pressed) < len(habit.keys):
            self._courier.later(habit.after_s, partial(self.press, call.sid, habit.keys[len(call.pressed)]))
        letters = sum(len(one.text) for one in spoken)
        waits_s = self._pace.key_wait(float(verb.options.get("timeout", "5")), letters)
        self._courier.later(waits_s, partial(self._no_key, asked, rest))

    def _no_key(self, asked: Call, rest: Sequence[twiml.Verb]) -> None:
        call = self._calls.change(asked.sid, only_step=asked.step, asks=None, step=asked.step + 1)
        if call is not None:
            self._go_on(call, rest)

    def _say(self, call: Call, texts: list[str], languages: list[str]) -> None:
        current = self._calls.get(call.sid)
        if current is not None:
            said, spoken_in = (*current.said, *texts), (*current.languages, *languages)
            self._calls.change(call.sid, said=said, languages=spoken_in, updated_at=now())

    def _end(self, sid: str, status: str, *, only_step: int | None = None) -> Call | None:
        at = now()
        call = self._calls.change(sid, only_step=only_step, status=status, ended_at=at, updated_at=at, asks=None)
        if call is not None:
            habit = self._habit_of(call.recipient)
            self._report(call)
            if habit.backwards:  # the last first, as when several servers of the provider race each other
                for earlier in ("in-progress", "ringing", "queued"):
                    self._report(replace(call, status=earlier))
        return call

    def _report(self, call: Call) -> None:
        if call.status_callback is None or REPORTED[call.status] not in call.events:
            return
        shown = "initiated" if call.status == "queued" else call.status
        lasted = {"CallDuration": _seconds(call.started_at, call.ended_at)} if call.over else {}
        form = self._form(call) | {"CallStatus": shown, "CallbackSource": "call-progress-events", **lasted}
        form |= {"SequenceNumber": str(self._calls.count_report(call.sid)), "Timestamp": format_datetime(now())}
        for _ in range(2 if self._habit_of(call.recipient).twice else 1):
            self._courier.later(0, partial(self._post, call.status_callback, form))

    def _form(self, call: Call) -> dict[str, str]:
        return {
            "CallSid": call.sid, "AccountSid": call.account_sid, "ApiVersion": "2010-04-01",
            "CallStatus": call.status, "Direction": "outbound-api", "From": call.sender, "To": call.recipient,
            "Caller": call.sender, "Called": call.recipient, "CallerCountry": "CN", "CalledCountry": "CN",
        }  # fmt: skip


def _seconds(begun: datetime | None, ended: datetime | None) -> str:
    return str(int((ended - begun).total_seconds())) if begun and ended else "0"
