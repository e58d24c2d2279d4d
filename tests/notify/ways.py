"""Every channel with the provider that plays its part, made alike, so that one suite can be told over all of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sending_room import SENDER, until

from alerts.notify.channel import Channel, Outgoing
from alerts.notify.channels.aliyun_sms import AliyunSms
from alerts.notify.channels.aliyun_voice import AliyunVoice
from alerts.notify.channels.logbook import Logbook
from alerts.notify.channels.modem.sms import ModemSms
from alerts.notify.channels.twilio_sms import TwilioSms
from alerts.notify.channels.twilio_voice import TwilioVoice
from alerts.notify.channels.wecom_group import WeComGroup
from simulators.aliyun import SimulatedAliyun
from simulators.modem import SimulatedModem
from simulators.twilio import SimulatedTwilio
from simulators.wecom import KEY, SimulatedWeCom

TO = "+8613800000001"
LIMIT_S = 1.0
TEXT = "【示例守望】12号家一氧化碳超标,14:32。先喊人开窗。去看回31,去不了回39"
SPOKEN = "示例守望。12号家一氧化碳超标。去看请按1。"
VARIABLES = {"house": "12号家", "danger": "一氧化碳超标", "clock": "14:32", "slot": "3", "do_first": "先喊人开窗"}


@dataclass
class Way:
    """A channel and its provider. `trouble(kind)`: from now on it refuses, is busy, hangs, answers 500 after accepting..."""

    channel: Channel
    accepted: Callable[[], int]
    trouble: Callable[[str], None]
    secrets: list[str] = field(default_factory=list)
    finds: bool = False
    nobody: Channel | None = None
    """The same channel where nobody listens."""
    elsewhere: Callable[[str], Channel] | None = None
    """Makes one for another address."""


def outgoing(way: Way, message: str = "m1") -> Outgoing:
    group = way.channel.capabilities.medium == "group"
    template = "group_notice" if group else "first_carbon_monoxide"
    return Outgoing(
        message, "" if group else TO, TEXT, 1, 120, template=template, variables=VARIABLES, spoken=SPOKEN, keys="19"
    )


@contextmanager
def twilio(kind: type[TwilioSms] | type[TwilioVoice]) -> Iterator[Way]:
    sms = kind is TwilioSms
    sender: dict[str, Any] = {"sender": SENDER} if sms else {"caller": SENDER}
    on = "create" if sms else "call"
    with SimulatedTwilio() as provider:
        account = {
            "account_sid": provider.account_sid,
            "auth_token": provider.auth_token,
            "timeout_s": LIMIT_S,
            **sender,
        }

        def trouble(kind: str) -> None:
            modes = {"refuse": {"mode": "refuse", "code": 21612}, "busy": {"mode": "429"}}
            provider.fault(**{"mode": kind, "on": on, "seconds": 3.0, **modes.get(kind, {})})

        yield Way(
            kind(**account, api_base=provider.base_url), lambda: len(provider.messages if sms else provider.calls), trouble,
            [provider.auth_token], finds=True, nobody=kind(**account, api_base="http://127.0.0.1:9"),
            elsewhere=lambda base: kind(**account, api_base=base),
        )  # fmt: skip


@contextmanager
def aliyun(kind: type[AliyunSms] | type[AliyunVoice]) -> Iterator[Way]:
    sms = kind is AliyunSms
    templates = {"SMS_1": "${house}一氧化碳超标,${clock}。去看回${slot}1", "TTS_1": "${house}${danger}。去看请按1。"}
    with SimulatedAliyun(templates) as provider:
        account: dict[str, Any] = {"key_id": provider.key_id, "key_secret": provider.key_secret, "timeout_s": LIMIT_S}
        account["templates"] = {"first_carbon_monoxide": "SMS_1" if sms else "TTS_1"}
        if sms:
            account["sign_name"] = provider.sign_name

        def trouble(kind: str) -> None:
            modes = {"refuse": {"mode": "refuse", "code": 21612}, "busy": {"mode": "429"}}
            provider.fault(**{"mode": kind, "seconds": 3.0, **modes.get(kind, {})})

        yield Way(
            kind(**account, api_base=provider.base_url), lambda: len(provider.sms if sms else provider.calls), trouble,
            [provider.key_secret], finds=sms, nobody=kind(**account, api_base="http://127.0.0.1:9"),
            elsewhere=lambda base: kind(**account, api_base=base),
        )  # fmt: skip


@contextmanager
def wecom(_folder: Path) -> Iterator[Way]:
    with SimulatedWeCom() as robot:

        def trouble(kind: str) -> None:
            kinds = {"refuse": ("errcode", 40058), "busy": ("errcode", 45009), "500_after": ("500", 0)}
            robot.trouble, robot.errcode = kinds.get(kind, (kind, 0))

        yield Way(
            WeComGroup(key=KEY, api_base=robot.base_url, timeout_s=LIMIT_S), lambda: len(robot.texts), trouble, [KEY],
            nobody=WeComGroup(key=KEY, api_base="http://127.0.0.1:9", timeout_s=LIMIT_S),
            elsewhere=lambda base: WeComGroup(key=KEY, api_base=base, timeout_s=LIMIT_S),
        )  # fmt: skip


@contextmanager
def modem(folder: Path) -> Iterator[Way]:
    with SimulatedModem(folder, pin="4321") as stick:
        channel = ModemSms(stick.device, pin="4321", timeout_s=LIMIT_S)
        channel.start(take_text=lambda *_: None, take_report=lambda *_: None)
        until(lambda: channel.there)

        def trouble(kind: str) -> None:
            kinds: dict[str, Any] = {
                "refuse": "refuse", "busy": "busy", "hang_before": "deaf_before", "hang_after": "deaf_after",
                "500_after": "deaf_after", "cut_after": "unplug_after", "malformed": "deaf_after",
            }  # fmt: skip
            stick.trouble = "ok"
            if kind != "ok":
                until(lambda: channel.there)  # after a silence it is opened anew
            stick.trouble, stick.cms_error = kinds.get(kind, "ok"), 21

        try:
            yield Way(
                channel, lambda: len(stick.submitted), trouble, ["4321"],
                nobody=ModemSms(str(folder / "nothing"), timeout_s=LIMIT_S),
            )  # fmt: skip
        finally:
            channel.stop()


@contextmanager
def logbook(_folder: Path) -> Iterator[Way]:
    yield Way(Logbook(), lambda: 0, lambda _kind: None)


EVERY: dict[str, Callable[[Path], Any]] = {
    "twilio_sms": lambda _folder: twilio(TwilioSms),
    "twilio_voice": lambda _folder: twilio(TwilioVoice),
    "aliyun_sms": lambda _folder: aliyun(AliyunSms),
    "aliyun_voice": lambda _folder: aliyun(AliyunVoice),
    "modem_sms": modem,
    "wecom_group": wecom,
    "logbook": logbook,
}
