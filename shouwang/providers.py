"""The accounts at providers, read from the environment; half an account is a fault, for it would be silence that looks like service."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shouwang.environment import Environment, on_this_machine

CHANNELS = (
    "aliyun_sms", "twilio_sms", "modem_sms", "aliyun_voice", "twilio_voice", "wecom_group", "logbook",
)  # fmt: skip
"""All there are, in the order in which they are tried unless told otherwise: a domestic provider takes answers as well."""
_E164 = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, kw_only=True)
class Twilio:
    """An account that SMS go out by. Exactly one of `sender` and `messaging_service` is set; `voice_from` calls, if any."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str | None
    messaging_service: str | None
    voice_from: str | None
    api_base: str | None

    @property
    def simulated(self) -> bool:
        """Whether messages end on this machine."""
        return self.api_base is not None


@dataclass(frozen=True, kw_only=True)
class Providers:
    """All accounts there are, and the order in which channels are tried."""

    twilio: Twilio | None = None
    order: tuple[str, ...] = CHANNELS

    @property
    def real(self) -> list[str]:
        """Beginnings of the variables of those by which messages leave this machine."""
        return ["TWILIO_*"] if self.twilio is not None and not self.twilio.simulated else []

    @property
    def calling_back(self) -> list[str]:
        """Names of those that report to PUBLIC_BASE_URL from outside."""
        return ["Twilio"] if self.twilio is not None and not self.twilio.simulated else []


def read_providers(env: Environment) -> Providers:
    """All of them; what is wrong is noted in `env`."""
    return Providers(twilio=_twilio(env), order=_order(env))


def _twilio(env: Environment) -> Twilio | None:
    """None only when nothing of Twilio is set: half an account would be silence that looks like service."""
    sid, token = env.text("TWILIO_ACCOUNT_SID"), env.secret("TWILIO_AUTH_TOKEN")
    sender, service = env.text("TWILIO_FROM"), env.text("TWILIO_MESSAGING_SERVICE_SID")
    api_base = env.url("TWILIO_API_BASE", ("http", "https"))
    if api_base is not None and not on_this_machine(urlsplit(api_base).hostname or ""):
        env.fault("TWILIO_API_BASE may only point to this machine: it is for tests and the demo")
    voice = env.text("TWILIO_VOICE_FROM")
    if voice is not None and not _E164.fullmatch(voice):
        env.fault(f"TWILIO_VOICE_FROM={voice} is no number: write it like +15005550006")
    if not (sid or token or sender or service or voice or api_base):
        return None
    missing = [name for name, value in (("TWILIO_ACCOUNT_SID", sid), ("TWILIO_AUTH_TOKEN", token)) if not value]
    env.faults.extend(f"{name} is missing while other TWILIO_ variables are set" for name in missing)
    if not (sender or service):
        env.fault("TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is missing while other TWILIO_ variables are set")
    if sender and service:
        env.fault("TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID are both set: choose one")
    if sid and not sid.startswith("AC"):
        env.fault("TWILIO_ACCOUNT_SID must begin with AC")
    return Twilio(
        account_sid=sid or "",
        auth_token=token or "",
        sender=sender,
        messaging_service=service,
        voice_from=voice,
        api_base=api_base,
    )


def _order(env: Environment) -> tuple[str, ...]:
    """The channels named come first, in this order; the others follow."""
    text = env.text("SHOUWANG_CHANNELS")
    named = [name.strip() for name in (text or "").split(",") if name.strip()]
    env.faults.extend(
        f"SHOUWANG_CHANNELS: there is no channel {name}; there are {', '.join(CHANNELS[:-1])}"
        for name in named
        if name not in CHANNELS
    )
    return (*named, *(name for name in CHANNELS if name not in named))
