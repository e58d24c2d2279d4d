"""All settings of the service, read once from the environment; every fault is named, and all of them at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

from events.precedence import PRECEDENCES, Precedence
from shouwang.environment import Environment, on_this_machine, postgresql_named
from shouwang.providers import Providers, Twilio, read_providers

TOWN = timezone(timedelta(hours=8))
"""The whole of mainland China keeps this time, summer and winter."""


ROOMS = frozenset({"ingest", "alerts", "api"})
"""What one process may hold: all of it, or each in a process of its own."""


class ConfigurationFaults(Exception):
    """The configuration cannot be used; `faults` names everything that is wrong with it, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Certificate chain and private key, PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the whole house runs by. No `providers`: nothing is really sent. `clock_from` (micros UTC): facts clock."""

    home: Path
    http_bind: str
    http_port: int
    mqtt_bind: str
    mqtt_port: int
    database_path: Path
    database_url: str | None = field(default=None, repr=False)
    rooms: frozenset[str] = ROOMS
    public_base_url: str
    mqtt_url: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    providers: Providers = field(default_factory=Providers)
    lock_after_s: float = 900.0
    backup_folder: Path | None = None
    clock_from: int | None = None
    precedence: Precedence = "realtime"
    demo: bool = False
    demo_phones_url: str | None = None
    demo_phones_port: int = 8010
    demo_seconds: int = 0

    @property
    def twilio(self) -> Twilio | None:
        """The account at Twilio."""
        return self.providers.twilio

    @property
    def database(self) -> str | Path:
        """What `make_database` opens."""
        return self.database_url or self.database_path

    @property
    def whole(self) -> bool:
        """Does one process hold all rooms?"""
        return self.rooms == ROOMS

    @property
    def console_url(self) -> str:
        """Where somebody at this machine opens the console."""
        return _url_here(self.http_bind, self.http_port, self.tls)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check everything. Raises ConfigurationFaults with all faults."""
    env = Environment(os.environ if environ is None else environ)
    home = Path(env.text("SHOUWANG_HOME") or "var").expanduser().absolute()
    if home.exists() and not home.is_dir():
        env.fault(f"SHOUWANG_HOME: {home} is not a folder")
    bind, port = env.address("SHOUWANG_HTTP_BIND"), env.port("SHOUWANG_HTTP_PORT", 8000)
    mqtt_url = env.url("MQTT_URL", ("mqtt", "mqtts"), secret=True)
    mqtt_bind, mqtt_port = env.address("SHOUWANG_MQTT_BIND"), env.port("SHOUWANG_MQTT_PORT", 1883)
    tls = _tls(env)
    if mqtt_url is None and bind == mqtt_bind and port == mqtt_port:
        env.fault(f"SHOUWANG_HTTP_PORT and SHOUWANG_MQTT_PORT are both {port}: they must differ")
    if not on_this_machine(bind) and tls is None:
        env.fault(f"SHOUWANG_HTTP_BIND={bind} is open beyond this machine: set SHOUWANG_TLS_CERT and SHOUWANG_TLS_KEY")
    if mqtt_url is None and not on_this_machine(mqtt_bind) and tls is None:  # it always asks for a password
        env.fault(
            f"SHOUWANG_MQTT_BIND={mqtt_bind} is open beyond this machine: set SHOUWANG_TLS_CERT and SHOUWANG_TLS_KEY"
        )
    providers, clock_from = read_providers(env), _clock(env)
    public = env.url("PUBLIC_BASE_URL", ("http", "https"))
    if clock_from is not None and providers.real:
        env.fault(f"the facts clock is refused with a real channel: unset {', '.join(providers.real)}")
    for name in providers.calling_back:
        if public is None and env.text("PUBLIC_BASE_URL") is None:
            env.fault(f"PUBLIC_BASE_URL is missing: {name} sends receipts and replies there")
    if (
        public is not None
        and urlsplit(public).scheme == "http"
        and not on_this_machine(urlsplit(public).hostname or "")
    ):
        env.fault("PUBLIC_BASE_URL must be https beyond this machine")
    database_path, database_url = _database(env, home)
    rooms = _rooms(env, apart=database_url is not None, broker=mqtt_url is not None)
    if clock_from is not None and rooms != ROOMS:
        env.fault("the facts clock needs all rooms in one process: unset SHOUWANG_ROOMS")
    settings = Settings(
        home=home,
        http_bind=bind,
        http_port=port,
        mqtt_bind=mqtt_bind,
        mqtt_port=mqtt_port,
        database_path=database_path,
        database_url=database_url,
        rooms=rooms,
        public_base_url=(public or _url_here(bind, port, tls)).rstrip("/"),
        mqtt_url=mqtt_url,
        tls=tls,
        providers=providers,
        lock_after_s=60.0
        * (15 if env.text("SHOUWANG_LOCK_AFTER_MIN") is None else env.whole("SHOUWANG_LOCK_AFTER_MIN")),
        backup_folder=Path(folder).expanduser().absolute() if (folder := env.text("SHOUWANG_BACKUP_FOLDER")) else None,
        clock_from=clock_from,
        precedence=_precedence(
            env, beside_postgresql=database_url is not None, can_wait=rooms == {"api"} or clock_from is not None
        ),
        demo=env.flag("SHOUWANG_DEMO"),
        demo_phones_url=env.url("SHOUWANG_DEMO_PHONES_URL", ("http",)),
        demo_phones_port=env.port("SHOUWANG_DEMO_PHONES_PORT", 8010),
        demo_seconds=env.whole("SHOUWANG_DEMO_SECONDS"),
    )
    if env.faults:
        raise ConfigurationFaults(env.faults)
    return settings


def _url_here(bind: str, port: int, tls: Tls | None) -> str:
    """An address that listens everywhere is also reached on this machine's own."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104  # compared, not bound
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _database(env: Environment, home: Path) -> tuple[Path, str | None]:
    """Where the SQLite file lies, and the URL of PostgreSQL, which takes its place."""
    url, here = env.secret("DATABASE_URL"), home / "shouwang.db"
    if url is None or not env.readable("DATABASE_URL"):
        return here, None
    scheme, _, rest = url.partition("://")
    if scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
        if not postgresql_named(url):
            env.fault("DATABASE_URL must read postgresql://user:password@host:5432/database")
        return here, url
    if scheme != "sqlite" or not rest.startswith("/") or len(rest) < 2:
        env.fault(
            "DATABASE_URL must read sqlite:///PATH (four slashes for an absolute path) or "
            "postgresql://user:password@host:5432/database"
        )
    return Path(rest[1:]).absolute(), None


def _rooms(env: Environment, *, apart: bool, broker: bool) -> frozenset[str]:
    """The rooms of this process; rooms apart meet in a database and at a broker that all of them reach."""
    text = env.text("SHOUWANG_ROOMS")
    if text is None:
        return ROOMS
    rooms = frozenset(text.replace(" ", "").split(","))
    if not rooms <= ROOMS:
        env.fault(f"SHOUWANG_ROOMS={text}: of {', '.join(sorted(ROOMS))}, with commas between")
        return ROOMS
    if rooms != ROOMS and not apart:
        env.fault("ingest, alerts and api as processes of their own need PostgreSQL: set DATABASE_URL")
    if rooms != ROOMS and "ingest" in rooms and not broker:
        env.fault("ingest as a process of its own needs a broker of its own: set MQTT_URL")
    return rooms


def _precedence(env: Environment, *, beside_postgresql: bool, can_wait: bool) -> Precedence:
    """A PostgreSQL that may be on this machine would be kept waiting by us, and we by it: then only who asks goes first.

    `can_wait`: a console alone, and what is replayed. They never do.
    """
    text = env.text("SHOUWANG_PRECEDENCE") or ("none" if beside_postgresql else "realtime")
    for known in PRECEDENCES:
        if text == known:
            return "none" if can_wait else known
    env.fault(f"SHOUWANG_PRECEDENCE={text}: one of {', '.join(PRECEDENCES)}")
    return "none"


def _tls(env: Environment) -> Tls | None:
    cert, key = env.file("SHOUWANG_TLS_CERT"), env.file("SHOUWANG_TLS_KEY")
    if (env.text("SHOUWANG_TLS_CERT") is None) != (env.text("SHOUWANG_TLS_KEY") is None):
        env.fault("SHOUWANG_TLS_CERT and SHOUWANG_TLS_KEY belong together: one of them is missing")
    return Tls(cert=cert, key=key) if cert and key else None


def _clock(env: Environment) -> int | None:
    """The moment the facts clock starts at, microseconds UTC; a plain date is midnight in the town (UTC+8)."""
    text = env.text("SHOUWANG_CLOCK_FROM")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text if "T" in text or " " in text else f"{text}T00:00:00")
    except ValueError:
        env.fault(f"SHOUWANG_CLOCK_FROM={text} is no date: write 2016-07-12 or 2016-07-12T08:00:00+08:00")
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=TOWN)
    return int(moment.astimezone(UTC).timestamp() * 1_000_000)
