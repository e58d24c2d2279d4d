"""The accounts at providers, read from the environment; half an account is a fault, for it would be silence that looks like service."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from alerts.core.wording import TEMPLATES
from shouwang.environment import Environment, on_this_machine

CHANNELS = (
    "aliyun_sms", "twilio_sms", "modem_sms", "aliyun_voice", "twilio_voice", "wecom_group", "logbook",
)  # fmt: skip
"""All there are, in the order in which they are tried unless told otherwise: a domestic provider takes answers as well."""
_PATH_WORD = re.compile(r"[A-Za-z0-9_-]+")
_LONG_ENOUGH = 24
_FIRST = tuple(name for name in TEMPLATES if name.startswith("first_") and not name.endswith(("_call", "_again")))
"""The first word about each danger: without these codes an account would be silence that looks like service."""
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
    mainland: bool = False

    @property
    def simulated(self) -> bool:
        """Whether messages end on this machine."""
        return self.api_base is not None


@dataclass(frozen=True, kw_only=True)
class Aliyun:
    """An account at Aliyun. Maps of templates: our id -> its code; an empty one means that this way is not used."""

    key_id: str
    key_secret: str = field(repr=False)
    hook_token: str | None = field(repr=False)
    sign_name: str
    sms: Mapping[str, str]
    voice: Mapping[str, str]
    show_number: str
    api_base: str | None

    @property
    def simulated(self) -> bool:
        """Whether messages end on this machine."""
        return self.api_base is not None


@dataclass(frozen=True, kw_only=True)
class WeCom:
    """The robot of a group in WeCom."""

    key: str = field(repr=False)
    api_base: str | None

    @property
    def simulated(self) -> bool:
        """Whether messages end on this machine."""
        return self.api_base is not None


@dataclass(frozen=True, kw_only=True)
class Modem:
    """A modem with a SIM at a serial line of this machine."""

    device: str
    baud: int
    pin: str | None = field(repr=False)
    simulated: bool = False


@dataclass(frozen=True, kw_only=True)
class Providers:
    """All accounts there are, and the order in which channels are tried."""

    twilio: Twilio | None = None
    aliyun: Aliyun | None = None
    wecom: WeCom | None = None
    modem: Modem | None = None
    order: tuple[str, ...] = CHANNELS

    @property
    def any(self) -> bool:
        """Is there a way to a person? A group is none."""
        return any(one is not None for one in (self.twilio, self.aliyun, self.modem))

    @property
    def real(self) -> list[str]:
        """The variables of those by which messages leave this machine."""
        accounts = {
            "TWILIO_*": self.twilio, "ALIYUN_*": self.aliyun, "WECOM_*": self.wecom, "SHOUWANG_MODEM": self.modem,
        }  # fmt: skip
        return [name for name, one in accounts.items() if one is not None and not one.simulated]

    @property
    def calling_back(self) -> list[str]:
        """Names of those that report to PUBLIC_BASE_URL from outside."""
        named = {"Twilio": self.twilio, "Aliyun": self.aliyun}
        return [name for name, one in named.items() if one is not None and not one.simulated]


def read_providers(env: Environment) -> Providers:
    """All of them; what is wrong is noted in `env`."""
    return Providers(twilio=_twilio(env), aliyun=_aliyun(env), wecom=_wecom(env), modem=_modem(env), order=_order(env))


def _aliyun(env: Environment) -> Aliyun | None:
    key, secret, token = (
        env.text("ALIYUN_ACCESS_KEY_ID"),
        env.secret("ALIYUN_ACCESS_KEY_SECRET"),
        env.secret("ALIYUN_HOOK_TOKEN"),
    )
    sign, templates, shown = env.text("ALIYUN_SIGN_NAME"), env.file("ALIYUN_TEMPLATES"), env.text("ALIYUN_SHOW_NUMBER")
    api_base = _api_base(env, "ALIYUN_API_BASE")
    if not (key or secret or token or sign or env.text("ALIYUN_TEMPLATES") or shown or api_base):
        return None
    needed = {
        "ALIYUN_ACCESS_KEY_ID": key,
        "ALIYUN_ACCESS_KEY_SECRET": secret,
        "ALIYUN_TEMPLATES": env.text("ALIYUN_TEMPLATES"),
    }
    env.faults.extend(
        f"{name} is missing while other ALIYUN_ variables are set" for name, value in needed.items() if not value
    )
    if (
        token is not None
        and env.readable("ALIYUN_HOOK_TOKEN")
        and (len(token) < _LONG_ENOUGH or not _PATH_WORD.fullmatch(token))
    ):
        env.fault(
            f"ALIYUN_HOOK_TOKEN must be {_LONG_ENOUGH} letters and digits or more: it is all that proves who speaks"
        )
    if token is None:
        env.fault("ALIYUN_HOOK_TOKEN is missing while other ALIYUN_ variables are set: reports and answers come by it")
    maps = _templates(env, templates) if templates is not None else {}
    sms, voice = maps.get("sms", {}), maps.get("voice", {})
    if templates is not None and not (sms or voice):
        env.fault(
            "ALIYUN_TEMPLATES names no template: write `sms:` and `voice:` with lines like `first_smoke: SMS_123456789`"
        )
    if sms and not sign:
        env.fault("ALIYUN_SIGN_NAME is missing: Aliyun signs every SMS with it")
    for kind, codes in (("sms", sms), ("voice", voice)):
        missing = [name for name in _FIRST if name not in codes and "any" not in codes]
        if codes and missing:
            env.fault(f"ALIYUN_TEMPLATES has no {kind} code for {', '.join(missing)}: nobody would hear of that danger")
    return Aliyun(
        key_id=key or "", key_secret=secret or "", hook_token=token, sign_name=sign or "", sms=sms, voice=voice,
        show_number=shown or "", api_base=api_base,
    )  # fmt: skip


def _templates(env: Environment, path: Path) -> dict[str, dict[str, str]]:
    """The two maps of the file; anything else in it is a fault."""
    try:
        content = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        content = None
    if not isinstance(content, dict) or not all(isinstance(codes, dict) for codes in content.values()):
        env.fault(
            f"ALIYUN_TEMPLATES={path} is no YAML of `sms:` and `voice:`, each with lines `our_template: ITS_CODE`"
        )
        return {}
    maps = {str(kind): {str(name): str(code) for name, code in codes.items()} for kind, codes in content.items()}
    if strange := sorted(maps.keys() - {"sms", "voice"}):
        env.fault(f"ALIYUN_TEMPLATES={path}: there is no kind {', '.join(strange)}, only sms and voice")
    known = {*TEMPLATES, *(f"{name}.en" for name in TEMPLATES), "any", "taken"}
    unknown = sorted({name for codes in maps.values() for name in codes} - known)
    if unknown:
        env.fault(f"ALIYUN_TEMPLATES={path}: we have no template {', '.join(unknown)}")
    return maps


def _wecom(env: Environment) -> WeCom | None:
    key, api_base = env.secret("WECOM_GROUP_KEY"), _api_base(env, "WECOM_API_BASE")
    if not (key or api_base):
        return None
    if not key:
        env.fault("WECOM_GROUP_KEY is missing while WECOM_API_BASE is set")
    elif not _PATH_WORD.fullmatch(key):
        env.fault("WECOM_GROUP_KEY must be the key alone, the part of the robot's address after key=")
    return WeCom(key=key or "", api_base=api_base)


def _modem(env: Environment) -> Modem | None:
    device, pin, baud = env.text("SHOUWANG_MODEM"), env.secret("SHOUWANG_MODEM_PIN"), env.whole("SHOUWANG_MODEM_BAUD")
    if device is None:
        if pin or baud:
            env.fault(
                "SHOUWANG_MODEM is missing while other SHOUWANG_MODEM_ variables are set: write e.g. /dev/ttyUSB2"
            )
        return None
    if not device.startswith("/dev/"):
        env.fault(f"SHOUWANG_MODEM={device} is no serial line: write e.g. /dev/ttyUSB2")
    if pin is not None and env.readable("SHOUWANG_MODEM_PIN") and not re.fullmatch(r"\d{4,8}", pin):
        env.fault("SHOUWANG_MODEM_PIN must be 4 to 8 digits")
    # A pseudo-terminal is no modem: that is how the simulated one is reached.
    return Modem(device=device, baud=baud or 115_200, pin=pin, simulated=device.startswith("/dev/pts/"))


def _api_base(env: Environment, name: str) -> str | None:
    base = env.url(name, ("http", "https"))
    if base is not None and not on_this_machine(urlsplit(base).hostname or ""):
        env.fault(f"{name} may only point to this machine: it is for tests and the demo")
    return base


def _twilio(env: Environment) -> Twilio | None:
    """None only when nothing of Twilio is set: half an account would be silence that looks like service."""
    sid, token = env.text("TWILIO_ACCOUNT_SID"), env.secret("TWILIO_AUTH_TOKEN")
    sender, service = env.text("TWILIO_FROM"), env.text("TWILIO_MESSAGING_SERVICE_SID")
    api_base = _api_base(env, "TWILIO_API_BASE")
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
        mainland=env.flag("TWILIO_MAINLAND"),
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
