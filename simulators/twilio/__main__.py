"""Starts the simulated Twilio with its page of phones: `python -m simulators.twilio --help`."""

import argparse
import re
import signal
import sys
from pathlib import Path

import yaml

from simulators.twilio.delivery import Pace
from simulators.twilio.exchange import Account
from simulators.twilio.running import exchange_for, listening, server_for

# People watch this one: a message takes about as long as a real one on a good day.
PACE = Pace(first_s=0.2, next_s=0.4, keys_share=1.0, letter_s=0.15)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m simulators.twilio", description=__doc__)
    parser.add_argument("--port", type=int, default=8010, help="listens on 127.0.0.1 only (default 8010)")
    parser.add_argument("--account-sid", required=True, metavar="AC...", help="AC and 32 hexadecimal digits")
    parser.add_argument("--auth-token-file", required=True, type=Path, metavar="FILE", help="holds the account's token")
    parser.add_argument("--inbound-url", metavar="URL", help="where replies are posted; loopback only")
    parser.add_argument("--number", default="+8612000009000", help="the number that sends for a messaging service")
    parser.add_argument("--town", type=Path, metavar="FILE", help="a town file: whose phone is which")
    parser.add_argument(
        "--auto-reply",
        action="append",
        default=[],
        metavar="NUMBER=SECONDS:TEXT",
        help="e.g. +8612000000003=10:{slot}1",
    )
    parser.add_argument(
        "--action", action="append", default=[], metavar="LABEL|ENGLISH|URL", help="a button on the page; loopback only"
    )
    parser.add_argument("--state", type=Path, metavar="FILE", help="keeps messages over a restart (JSON lines)")
    return parser


def main() -> int:
    """0 after an orderly end, 2 if it could not start."""
    given = arguments().parse_args()
    try:
        account = Account(_sid(given.account_sid), _token(given.auth_token_file), given.number, given.inbound_url)
        exchange = exchange_for(
            account, town=given.town, state=given.state, auto_replies=given.auto_reply, actions=given.action, pace=PACE
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as wrong:
        print(f"cannot start: {wrong}", file=sys.stderr)
        return 2
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever stops us this way wants an orderly end too
        door = listening(given.port)
    except OSError as taken:
        print(f"cannot listen on 127.0.0.1:{given.port} ({taken.strerror}); set another --port", file=sys.stderr)
        return 2
    print(f"手机页 phones: http://127.0.0.1:{door.getsockname()[1]}/", flush=True)
    try:
        server_for(exchange).run(sockets=[door])
    except KeyboardInterrupt:
        pass  # the server has ended in order and then repeats the signal
    finally:
        door.close()
    return 0


def _sid(text: str) -> str:
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", text):
        raise ValueError("--account-sid is not AC and 32 hexadecimal digits")
    return text


def _token(file: Path) -> str:
    token = file.read_text("utf-8").strip()
    if not token:
        raise ValueError("--auth-token-file is empty")
    return token


if __name__ == "__main__":
    sys.exit(main())
