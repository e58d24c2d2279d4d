"""The other side of the simulated Twilio: the provider's own client, and a listener for its webhooks."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from urllib.parse import parse_qsl

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from simulators.twilio import SimulatedTwilio
from simulators.twilio.messages import Message

SERVICE_NUMBER = "+8612000009000"
ANNA = "+8612000000001"
BERT = "+8612000000002"


class Rebased(TwilioHttpClient):
    """Sends what is meant for api.twilio.com to another address."""

    def __init__(self, base_url: str, timeout: float = 8) -> None:
        super().__init__(timeout=timeout)
        self._to = base_url

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://api.twilio.com", self._to), *args, **kwargs)


def client_of(provider: SimulatedTwilio, *, token: str | None = None, timeout: float = 8) -> Client:
    return Client(provider.account_sid, token or provider.auth_token, http_client=Rebased(provider.base_url, timeout))


def send(provider: SimulatedTwilio, to: str = ANNA, body: str = "你好", **more):
    return client_of(provider).messages.create(to=to, from_=SERVICE_NUMBER, body=body, **more)


def becomes(provider: SimulatedTwilio, sid: str, **values: object) -> Message:
    """The message once it has these values."""

    def found() -> Message | None:
        message = provider.exchange.ledger.get(sid)
        fits = message is not None and all(getattr(message, name) == value for name, value in values.items())
        return message if fits else None

    message = provider.exchange.ledger.wait(found, 10)
    assert message is not None, f"the message is {provider.exchange.ledger.get(sid)}"
    return message


class Customer:
    """Hears webhooks; `heard` are (path, form, was the signature right)."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, str], bool]] = []
        self.answers_with = 204
        self.token = ""
        self._news = Condition()
        customer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                url = f"http://{self.headers['Host']}{self.path}"
                signed = RequestValidator(customer.token).validate(url, form, self.headers["X-Twilio-Signature"])
                with customer._news:
                    customer.heard.append((self.path, form, signed))
                    customer._news.notify_all()
                self.send_response(customer.answers_with)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def waits_for(self, count: int, path: str = "/") -> list[dict[str, str]]:
        def matching() -> list[dict[str, str]]:
            return [form for heard, form, _ in self.heard if heard.startswith(path)]

        with self._news:
            assert self._news.wait_for(lambda: len(matching()) >= count, 10), f"only {matching()} came"
            return matching()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def customer():
    listener = Customer()
    yield listener
    listener.close()


@pytest.fixture
def provider(customer):
    with SimulatedTwilio(inbound_url=f"{customer.url}/inbound") as running:
        customer.token = running.auth_token
        yield running
