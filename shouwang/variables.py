"""Every environment variable the service knows, in one table: name -> what it is for. Documentation is held to it."""

from collections.abc import Mapping
from difflib import get_close_matches

VARIABLES: dict[str, str] = {
    "SHOUWANG_HOME": "folder of everything the service keeps (default ./var)",
    "SHOUWANG_HTTP_BIND": "address of the console and the API (default 127.0.0.1)",
    "SHOUWANG_HTTP_PORT": "port of the console and the API (default 8000)",
    "SHOUWANG_MQTT_BIND": "address of the embedded broker (default 127.0.0.1)",
    "SHOUWANG_MQTT_PORT": "port of the embedded broker (default 1883)",
    "SHOUWANG_TLS_CERT": "certificate chain (PEM) of console and broker; needed to listen beyond this machine",
    "SHOUWANG_TLS_KEY": "private key (PEM) that belongs to SHOUWANG_TLS_CERT",
    "SHOUWANG_LOCK_AFTER_MIN": "minutes without anybody at a console until it locks; it goes on alarming (default 15, 0: never)",
    "SHOUWANG_BACKUP_FOLDER": "a folder, best on another disk: each night at three a backup goes there (default: none is made)",
    "SHOUWANG_PRECEDENCE": "before other programs of this machine: realtime, nice or none (default realtime, as far as it is allowed; with PostgreSQL none)",
    "DATABASE_URL": "postgresql://user:password@host:5432/database, or sqlite:///PATH (default: in SHOUWANG_HOME)",
    "SHOUWANG_ROOMS": "set by `ingest`, `alerts` and `api`: which of these this process holds (default: all)",
    "MQTT_URL": "mqtt[s]://[user:password@]host[:port] of a broker of your own instead of the embedded one",
    "PUBLIC_BASE_URL": "how providers and people reach the service from outside, e.g. https://watch.example.org",
    "TWILIO_ACCOUNT_SID": "Twilio account (AC...); without it nothing leaves this machine",
    "TWILIO_AUTH_TOKEN": "Twilio's auth token, also proves that its webhooks are real",
    "TWILIO_FROM": "the number SMS are sent from, e.g. +15005550006",
    "TWILIO_MESSAGING_SERVICE_SID": "or the messaging service (MG...) they are sent by",
    "TWILIO_VOICE_FROM": "the number calls are made from, e.g. +15005550006; without it nobody is called",
    "TWILIO_MAINLAND": "1: the phones are in mainland China, where Twilio's SMS bring no answers back",
    "TWILIO_API_BASE": "another address for Twilio's API: tests and demo only, this machine only",
    "ALIYUN_ACCESS_KEY_ID": "an account at Aliyun, for SMS and calls in mainland China",
    "ALIYUN_ACCESS_KEY_SECRET": "its secret",
    "ALIYUN_HOOK_TOKEN": "the secret part of the address that Aliyun reports to: 24 letters and digits or more",
    "ALIYUN_TEMPLATES": "a YAML file: which of our templates has which code there, for sms and for voice",
    "ALIYUN_SIGN_NAME": "the approved signature of the SMS",
    "ALIYUN_SHOW_NUMBER": "the number that calls show (default: one of the public pool)",
    "ALIYUN_API_BASE": "another address for Aliyun's API: tests only, this machine only",
    "WECOM_GROUP_KEY": "the key of a WeCom group's robot, which is told of class 1 and 2 without names",
    "WECOM_API_BASE": "another address for WeCom's API: tests only, this machine only",
    "SHOUWANG_MODEM": "the serial line of a modem with a SIM, e.g. /dev/ttyUSB2: SMS without internet",
    "SHOUWANG_MODEM_BAUD": "its speed (default 115200)",
    "SHOUWANG_MODEM_PIN": "the SIM's PIN, if it asks for one",
    "SHOUWANG_CHANNELS": "which of several channels comes first, e.g. twilio_sms,modem_sms (default: domestic ones first)",
    "SHOUWANG_CLOCK_FROM": "set by `up --clock facts --from`: the clock starts here and moves with the facts",
    "SHOUWANG_DEMO": "set by `demo`: 1 shows on every page that this is a demonstration",
    "SHOUWANG_DEMO_PHONES_URL": "set by `demo`: where the simulated phones are shown",
    "SHOUWANG_DEMO_PHONES_PORT": "port of the demo's simulated phones (default 8010)",
    "SHOUWANG_DEMO_SECONDS": "ends the demo by itself after so many seconds",
    "SHOUWANG_WATCHDOG_URL": "the watchdog's own: what it asks (default http://127.0.0.1:8000/health)",
    "SHOUWANG_WATCHDOG_TO": "the watchdog's own: two or more numbers with commas between, told when the service is ill",
    "SHOUWANG_WATCHDOG_ACCOUNT_SID": "the watchdog's own Twilio account",
    "SHOUWANG_WATCHDOG_AUTH_TOKEN": "its token",
    "SHOUWANG_WATCHDOG_AUTH_TOKEN_FILE": "or the file that holds it",
    "SHOUWANG_WATCHDOG_FROM": "the number it sends from",
    "SHOUWANG_WATCHDOG_ALIYUN_KEY_ID": "its own Aliyun account for the mainland, all five of these or none",
    "SHOUWANG_WATCHDOG_ALIYUN_KEY_SECRET": "its secret",
    "SHOUWANG_WATCHDOG_ALIYUN_KEY_SECRET_FILE": "or the file that holds it",
    "SHOUWANG_WATCHDOG_ALIYUN_SIGN_NAME": "the approved signature",
    "SHOUWANG_WATCHDOG_ALIYUN_TEMPLATE_TROUBLE": "the approved template of trouble",
    "SHOUWANG_WATCHDOG_ALIYUN_TEMPLATE_WELL": "the approved template of its end",
    "SHOUWANG_WATCHDOG_ALIYUN_API_BASE": "another address for its Aliyun: tests only, this machine only",
    "SHOUWANG_WATCHDOG_COMMAND": "a program that sends one text, number and text after its words: instead of Twilio or after it",
    "SHOUWANG_WATCHDOG_API_BASE": "another address for its Twilio: tests only, this machine only",
    "SHOUWANG_WATCHDOG_PING_URL": "an address outside that it asks each time while all is well",
    "SHOUWANG_WATCHDOG_STATE": "its memory over a restart (default: watchdog.json in SHOUWANG_HOME)",
    "SHOUWANG_WATCHDOG_EVERY_S": "seconds between two looks (30)",
    "SHOUWANG_WATCHDOG_PATIENCE_S": "seconds of trouble before anybody is told (120)",
    "SHOUWANG_WATCHDOG_AGAIN_S": "seconds after which they are told again (3600)",
    "SHOUWANG_RECORDINGS": "folder with recorded sensor files, for the tests",
}

SECRETS = (
    "DATABASE_URL", "MQTT_URL", "TWILIO_AUTH_TOKEN", "ALIYUN_ACCESS_KEY_SECRET", "ALIYUN_HOOK_TOKEN", "WECOM_GROUP_KEY",
    "SHOUWANG_MODEM_PIN",
)  # fmt: skip
"""Each may also come from a file named by NAME_FILE."""


def known() -> set[str]:
    """All names, with the _FILE forms."""
    return {*VARIABLES, *(f"{name}_FILE" for name in SECRETS)}


def misspelt(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names that look like ours and are none, with the nearest that is one. Only a hint: a platform may set its own."""
    strange = [
        name
        for name in environ
        if name.startswith(("SHOUWANG_", "TWILIO_", "ALIYUN_", "WECOM_")) and name not in known()
    ]
    near = [(name, get_close_matches(name, known(), n=1, cutoff=0.85)) for name in sorted(strange)]
    return [(name, match[0]) for name, match in near if match]
