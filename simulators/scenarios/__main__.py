"""Plays one scenario on a broker: `python -m simulators.scenarios co_leak --town examples/town.yaml`. Not beside a world."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from simulators.devices import Broker, BrokerRefused, Device, Gateway
from simulators.scenarios import SCENARIOS, Cue, NobodyToPlay, Player, perform
from simulators.stage import new_bootid
from simulators.town import TownHome, TownUnreadable, read_town


def main(argv: list[str] | None = None) -> int:
    """Exit code 0: played or stopped; 1: the broker; 2: arguments or the town."""
    told = "\n".join(f"  {name:18} {each.says}" for name, each in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="python -m simulators.scenarios",
        description=__doc__,
        epilog=f"scenarios:\n{told}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--mqtt-url", help="mqtt://user:password@host:port (default: MQTT_URL)")
    parser.add_argument("--town", type=Path, default=Path("examples/town.yaml"))
    parser.add_argument("--home", action="append", help="which home, may be repeated (default: all of the first site)")
    parser.add_argument("--pace", type=float, default=1.0, help="60 plays an hour a minute (default: %(default)s)")
    parser.add_argument("--arrived-after", type=float, help="seconds after which somebody is there")
    args = parser.parse_args(argv)
    if args.pace <= 0:
        parser.error("--pace must be above 0")
    stopping = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    try:
        homes = _chosen(read_town(args.town), args.home)
        player = Player(SCENARIOS[args.scenario], homes, datetime.now(UTC), pace=args.pace)
        play(player, homes, Broker.of(args.mqtt_url), stopping, args.arrived_after)
    except (TownUnreadable, NobodyToPlay, ValueError) as fault:
        print(fault, file=sys.stderr)
        return 2
    except BrokerRefused as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def play(
    player: Player, homes: list[TownHome], broker: Broker, stopping: threading.Event, arrived_after_s: float | None
) -> None:
    """Until it is over or stopped; each step is told on the terminal."""
    sites = {each.id: each.site for each in homes}
    gateways = {site: Gateway(broker, site, _devices(homes, site), name="scenario") for site in set(sites.values())}
    opened: list[Gateway] = []
    try:
        for gateway in gateways.values():
            gateway.open()
            opened.append(gateway)
        while not player.over:
            now = datetime.now(UTC)
            if arrived_after_s is not None and (now - player.start).total_seconds() >= arrived_after_s:
                player.cue(Cue.ARRIVED, now)
            for gateway in opened:
                gateway.tick(now)
            for at, step in player.advance(now):
                perform(step, at, gateways[sites[step.home]], new_bootid)
                print(f"{at:%H:%M:%S} {step.home} {step.device} {_words(step.does)}", flush=True)
            if stopping.wait(0.1):
                return
    finally:
        for gateway in opened:
            gateway.close()


def _chosen(town: list[TownHome], wanted: list[str] | None) -> list[TownHome]:
    found = [each for each in town if (each.id in wanted if wanted else each.site == town[0].site)]
    if missing := set(wanted or ()) - {each.id for each in found}:
        raise ValueError(f"no such home: {', '.join(sorted(missing))}")
    return found


def _devices(homes: list[TownHome], site: str) -> list[Device]:
    return [
        Device(site, each.id, each.model, bootid=new_bootid(), interval_s=each.interval_s)
        for home in homes
        if home.site == site
        for each in home.devices
    ]


def _words(does: object) -> str:
    return f"{getattr(does, 'type', does)} {dict(getattr(does, 'data', {})) or ''}".strip()


if __name__ == "__main__":
    raise SystemExit(main())
