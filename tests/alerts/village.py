"""Villages of many homes: each with a gateway on the mains, two motion sensors and a CO alarm with a way of its own."""

import itertools
import json
from collections.abc import Iterable
from typing import Any

from alerts.core.alert import Alert
from events.store import New, append
from events.types.fact import HOUR, SECOND
from events.types.home import HomeSightChanged
from ingest import codec
from tests.house import House, stamp

_PEOPLE = """
town: {id: shili, name: 示例镇, signature: 示例守望}
people:
  - {id: w1, name: 王一一, role: watcher, phones: [{number: "+8612000000001", verified: 2026-01-05}]}
  - {id: w2, name: 李二二, role: watcher, phones: [{number: "+8612000000002", verified: 2026-01-05}]}
  - {id: g1, name: 赵三三, role: grid_member, phones: [{number: "+8612000000003", verified: 2026-01-05}]}
  - {id: g2, name: 周六六, role: grid_member, phones: [{number: "+8612000000006", verified: 2026-01-05}]}
  - {id: v1, name: 钱四四, role: village_head, phones: [{number: "+8612000000004", verified: 2026-01-05}]}
  - {id: t1, name: 孙五五, role: town_officer, phones: [{number: "+8612000000005", verified: 2026-01-05}]}
villages: [{id: dp, name: 东坪村, head: v1}]
grids:
  - {id: dp-g1, village: dp, name: 东坪一网格, member: g1}
  - {id: dp-g2, village: dp, name: 东坪二网格, member: g2}
"""
_NAMES = "一二三四五六七八九"
DEVICES = ("gw", "hall", "bed", "co")


def town(sites: dict[str, int], *, gateways: bool = True) -> str:
    """Site -> how many homes it has. The first half of the sites is the first grid's."""
    lines = [_PEOPLE.strip(), "sites:"]
    for n, site in enumerate(sites):
        grid = "dp-g1" if n < max(1, len(sites) // 2) else "dp-g2"
        lines.append(f"  - {{id: {site}, name: 东坪{_NAMES[n]}组, grid: {grid}}}")
    lines.append("homes:")
    for site, count in sites.items():
        for n in range(1, count + 1):
            lines += [
                f"  - id: {site}-{n}", f"    site: {site}", f"    number: {n}", f"    address: 东坪村{n}号",
                "    residents: [{name: 周某某, born: 1941}]", "    watcher: w1", "    second_watcher: w2",
                "    no_activity_hours: 12", "    since: 2026-12-01", "    devices:",
            ]  # fmt: skip
            if gateways:
                lines.append(f"      - {{id: gw-{n}, model: gateway, room: 堂屋}}")
            lines += [
                f"      - {{id: hall-{n}, model: motion-pir, room: 堂屋}}",
                f"      - {{id: bed-{n}, model: motion-pir, room: 卧室}}",
                f"      - {{id: co-{n}, model: co-alarm, room: 卧室}}",
            ]
    return "\n".join(lines) + "\n"


class Village(House):
    """A town of such sites. What many homes say in one moment is appended at once and decided on together."""

    def __init__(self, address: Any, sites: dict[str, int], *, gateways: bool = True) -> None:
        self.sites, self.gateways = sites, gateways
        self._numbers = itertools.count(1)
        super().__init__(address, town(sites, gateways=gateways))

    @property
    def homes(self) -> list[str]:
        """All of them."""
        return [f"{site}-{n}" for site, count in self.sites.items() for n in range(1, count + 1)]

    def device(self, home: str, what: str) -> str:
        """`site/device`."""
        site, _, number = home.rpartition("-")
        return f"{site}/{what}-{number}"

    def hear(self, said: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
        """Many words in one moment: (device, kind or `status`, data)."""
        news: list[New] = []
        for device, kind, about in said:
            site, _, name = device.partition("/")
            if kind == "status":
                topic, payload = f"shouwang/v1/{device}/status", {"bootid": "b1", **about}
            else:
                tail = "tele" if kind in {"heartbeat", "climate"} else "event"
                topic, payload = f"shouwang/v1/{device}/{tail}", self._worded(device, kind, about)
            decoded = codec.decode(topic, json.dumps(payload).encode(), retained=False, received_at=self.at)
            for n, r in enumerate(decoded.readings):
                key = r.key if kind != "status" else f"status-{name}-{next(self._numbers)}-{n}"
                news.append(New(f"device-{device}", site, r.event, r.at, key=key, digest=r.digest))
        self.database.write(lambda db: append(db, news, recorded_at=self.at))
        self.settles()

    def _worded(self, device: str, kind: str, about: dict[str, Any]) -> dict[str, Any]:
        seq = self._seq[device] = self._seq.get(device, 0) + 1
        boot = self._boot.setdefault(device, "b1")
        return {
            "specversion": "1.0", "id": f"{boot}-{seq}", "source": f"shouwang/v1/{device}",
            "type": f"shouwang.{kind}.v1", "time": stamp(self.at), "clock": "ntp", "bootid": boot, "seq": seq,
            "data": about,
        }  # fmt: skip

    def beats(self) -> None:
        """All that are not cut off say that they are there."""
        self.beat(home for home in self.homes if home not in self.cut)

    cut: frozenset[str] = frozenset()
    """Homes whose devices say nothing."""

    def beat(self, homes: Iterable[str], *, mains: bool = True) -> None:
        """Each device its heartbeat."""
        said = []
        for home in homes:
            for what in DEVICES if self.gateways else DEVICES[1:]:
                interval = {"gw": 3600, "co": 3600}.get(what, 3600)
                about: dict[str, Any] = {"interval_s": interval}
                if what == "gw":
                    about["mains"] = mains
                said.append((self.device(home, what), "heartbeat", about))
        self.hear(said)

    def live(self, homes: Iterable[str] | None = None) -> None:
        """Somebody is in each of these homes: two rooms within a minute, after a baseline."""
        homes = list(self.homes if homes is None else homes)
        for occupied, what in (
            (False, "hall"),
            (False, "bed"),
            (True, "hall"),
            (True, "bed"),
            (False, "hall"),
            (False, "bed"),
        ):
            self.hear((self.device(home, what), "motion", {"occupied": occupied}) for home in homes)
            self.at += SECOND
        self.beat(homes)

    def loses(self, homes: Iterable[str], what: str = "gw") -> None:
        """A last will for each, now; and nothing more is heard of them."""
        homes = list(homes)
        self.cut = self.cut | set(homes)
        self.hear((self.device(home, what), "status", {"state": "offline"}) for home in homes)

    def returns(self, homes: Iterable[str]) -> None:
        """Back, each with a word of each device."""
        homes = list(homes)
        self.cut = self.cut - set(homes)
        self.hear((self.device(home, "gw"), "status", {"state": "online"}) for home in homes)
        self.beat(homes)

    def incident(self) -> Alert:
        """The newest."""
        return self.alert("site_area")

    def incidents(self) -> list[Alert]:
        """All."""
        return [alert for alert in self.alerts() if alert.danger == "site_area"]

    def texts(self) -> int:
        """How many messages left the house."""
        return sum(len(texts) for texts in self.phones.inboxes.values())

    def sights(self, home: str) -> list[tuple[str, bool]]:
        """What was recorded of this home, in order."""
        return [(s.state, s.dark) for s in self.said(HomeSightChanged) if s.home == home]


QUARTER = HOUR // 4
