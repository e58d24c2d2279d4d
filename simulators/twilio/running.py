"""SimulatedTwilio: the whole simulator in a thread of its own, for tests that hold the phones in their hand."""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

import uvicorn

from simulators.twilio import webhooks
from simulators.twilio.actions import Actions, action
from simulators.twilio.app import app_for
from simulators.twilio.calls import Call, CallHabit
from simulators.twilio.control import BehaviourOrder, CallsOrder, FaultOrder, set_fault
from simulators.twilio.delivery import Pace
from simulators.twilio.exchange import Account, Exchange
from simulators.twilio.expectations import NotAsExpected
from simulators.twilio.ledger import Ledger
from simulators.twilio.lines import Line
from simulators.twilio.messages import Message
from simulators.twilio.phones import PhoneBook, auto_answer, phones_of_town, with_answers

TEST_SID = "AC" + "0" * 32
TEST_TOKEN = "not-a-secret-of-anybody"  # noqa: S105  (a simulator's own, it opens nothing)


def exchange_for(
    account: Account,
    *,
    town: Path | None = None,
    state: Path | None = None,
    auto_replies: Sequence[str] = (),
    actions: Sequence[str] = (),
    pace: Pace | None = None,
) -> Exchange:
    """An exchange with the town's phones; ValueError names what is wrong in the arguments."""
    if account.inbound_url is not None:
        webhooks.checked(account.inbound_url)
    answering = dict(auto_answer(spec) for spec in auto_replies)
    phones = with_answers(phones_of_town(town) if town else [], answering)
    offered = Actions([action(spec) for spec in actions])
    return Exchange(account, PhoneBook(phones), Ledger(state), pace or Pace(), offered)


def server_for(exchange: Exchange) -> uvicorn.Server:
    """A server that logs neither addresses nor bodies: a path may hold a phone number."""
    settings = uvicorn.Config(
        app_for(exchange),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        http=Line,
    )
    return uvicorn.Server(settings)


def listening(port: int) -> socket.socket:
    """A listening socket on the loopback address, so that who comes early waits; OSError if the port is taken."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(("127.0.0.1", port))
        door.listen(128)
    except OSError:
        door.close()
        raise
    return door


class SimulatedTwilio:
    """Starts on entering, ends on leaving; `base_url` is where a client must be pointed at."""

    def __init__(
        self,
        *,
        account_sid: str = TEST_SID,
        auth_token: str = TEST_TOKEN,
        inbound_url: str | None = None,
        port: int = 0,
        **world: Any,
    ) -> None:
        """`world`: town, state, auto_replies, actions, pace as for `exchange_for`."""
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.exchange = exchange_for(Account(account_sid, auth_token, inbound_url=inbound_url), **world)
        self._door = listening(port)
        self.base_url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self._server = server_for(self.exchange)
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._door]}, name="simulated-twilio")

    def __enter__(self) -> Self:
        """Serves; connections made before the app is up wait in the socket."""
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Ends the server and its threads. Then what came must be what was expected, if anything was said of it."""
        self._server.should_exit = True
        self._thread.join(20)
        self._door.close()
        if error is None:  # whoever fails already is not told a second time
            self.check()

    @property
    def inbound_url(self) -> str | None:
        """Where replies go; may be set when the service's port is known."""
        return self.exchange.account.inbound_url

    @inbound_url.setter
    def inbound_url(self, url: str | None) -> None:
        self.exchange.account.inbound_url = url and webhooks.checked(url)

    @property
    def messages(self) -> list[Message]:
        """All messages, both ways, oldest first."""
        return self.exchange.ledger.all()

    @property
    def callbacks(self) -> list[dict[str, Any]]:
        """The webhooks called so far and the HTTP status each answered."""
        return list(self.exchange.posts)

    def inbox(self, number: str) -> list[Message]:
        """What has reached that phone, oldest first."""
        return self.exchange.inbox(number)

    def reply(self, number: str, text: str) -> Message:
        """The phone sends a text."""
        return self.exchange.reply(number, text)

    def behave(self, number: str, **behaviour: Any) -> None:
        """As the JSON of /sim/phones/{number}/behaviour: answers, delivery, error_code, delay_s, twice, backwards, opted_out."""
        self.exchange.change_phone(number, **BehaviourOrder(**behaviour).changes())

    @property
    def calls(self) -> list[Call]:
        """All calls, oldest first."""
        return self.exchange.calls.all()

    def takes_calls(self, number: str, **habit: Any) -> None:
        """As the JSON of /sim/phones/{number}/calls: pick_up, keys, after_s, twice, backwards."""
        self.exchange.change_phone(number, calls=CallHabit(**CallsOrder(**habit).model_dump()))

    def answer(self, call: Call) -> None:
        """The phone in the hand takes a ringing call."""
        assert self.exchange.switchboard.answer(call.sid), "it does not ring"

    def press(self, call: Call, key: str) -> None:
        """A key that is asked for."""
        assert self.exchange.switchboard.press(call.sid, key), "no key is asked for"

    def hang_up(self, call: Call) -> None:
        """Turns a ringing call away, or ends one under way."""
        self.exchange.switchboard.hang_up(call.sid)

    def wait_for_call(
        self, number: str, is_so: Callable[[Call], object] = lambda _: True, *, timeout_s: float = 10.0
    ) -> Call:
        """The newest call to that phone once `is_so` holds for it; AssertionError tells how it is instead."""

        def found() -> Call | None:
            mine = [one for one in self.exchange.calls.all() if one.recipient == number]
            return mine[-1] if mine and is_so(mine[-1]) else None

        call = self.exchange.calls.wait(found, timeout_s)
        assert call is not None, f"no such call in {timeout_s} s; there are {self.calls}"
        return call

    def fault(self, mode: str, number: str | None = None, **more: Any) -> None:
        """As the JSON of /sim/faults: code, seconds, times, on."""
        set_fault(self.exchange, FaultOrder.model_validate({"mode": mode, "number": number, **more}))

    def expect(self, to: str, contains: str = "", *, times: int | tuple[int, int] = 1) -> None:
        """So many messages (or between so many) with these words. From the first one on anything else is a failure."""
        self.exchange.expected.expect(to, contains, times=times)

    def expect_nothing_else(self) -> None:
        """Also where nothing is expected at all."""
        self.exchange.expected.nothing_else()

    def check(self) -> None:
        """Raises NotAsExpected with who got what nobody expected, and what did not come."""
        if wrong := self.exchange.verdict().sentences:
            raise NotAsExpected("; ".join(wrong))

    def reset(self) -> None:
        """No messages, no faults, nothing expected, every phone as at the start."""
        self.exchange.reset()

    def wait_for(self, number: str, *, containing: str = "", timeout_s: float = 10.0, nth: int = 1) -> Message:
        """The nth message on that phone with such words; AssertionError tells what came instead."""

        def found() -> Message | None:
            matching = [one for one in self.inbox(number) if containing in one.body]
            return matching[nth - 1] if len(matching) >= nth else None

        message = self.exchange.ledger.wait(found, timeout_s)
        if message is None:
            came = [one.body for one in self.inbox(number)]
            raise AssertionError(f"no message {nth} with {containing!r} in {timeout_s} s; the phone has {came}")
        return message
