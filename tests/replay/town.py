"""Towns for long stories: any number of homes, six of them behind one supply, four of them with one watcher."""

from typing import NamedTuple

from tests.house import TOWN

KINDS = {
    "hall": ("motion-pir", "堂屋"), "bed": ("motion-pir", "卧室"), "door": ("door-contact", "大门"),
    "co": ("co-alarm", "卧室"), "smoke": ("smoke-alarm", "厨房"), "gas": ("gas-alarm", "灶房"),
    "sos": ("sos-button", "床头"),
}  # fmt: skip
"""Which devices a home of this town has: the name's beginning -> model and room."""


class Place(NamedTuple):
    """A home and where it lies."""

    home: str
    site: str
    watcher: str

    def device(self, kind: str) -> str:
        """As on the wire."""
        return f"{self.site}/{kind}-{self.home}"


def two_homes() -> str:
    """The house's town with a neighbour, whose devices are named with b-."""
    second = TOWN[TOWN.index("  - id: dp03-12") :].replace("dp03-12", "dp03-13").replace("number: 12", "number: 13")
    for device in ("hall-1", "bed-1", "door-1", "co-1", "co-2", "smoke-1", "sos-1"):
        second = second.replace(f"id: {device}", f"id: b-{device}")
    return TOWN + second


def places(count: int) -> list[Place]:
    """The homes of a generated town."""
    return [Place(f"h{n:04d}", f"s{n // 6:03d}", f"w{n // 4:03d}") for n in range(count)]


def generated(count: int) -> str:
    """The town's file. Some watchers have two phones."""
    homes = places(count)
    watchers = sorted({home.watcher for home in homes})
    sites = sorted({home.site for home in homes})
    lines = ["town: {id: shili, name: 示例镇, signature: 示例守望}", "people:"]
    for n, watcher in enumerate([*watchers, "g1", "v1", "t1"]):
        numbers = [f"+8613{n:07d}00"] + ([f"+8613{n:07d}01"] if n % 7 == 3 else [])
        phones = ", ".join(f'{{number: "{number}", verified: 2026-01-05}}' for number in numbers)
        role = {"g1": "grid_member", "v1": "village_head", "t1": "town_officer"}.get(watcher, "watcher")
        lines.append(f"  - {{id: {watcher}, name: 王{n}, role: {role}, phones: [{phones}]}}")
    lines += [
        "villages: [{id: dp, name: 东坪村, head: v1}]",
        "grids: [{id: dp-g1, village: dp, name: 东坪一网格, member: g1}]",
        "sites: [" + ", ".join(f"{{id: {site}, name: {site}组, grid: dp-g1}}" for site in sites) + "]",
        "homes:",
    ]
    for n, home in enumerate(homes):
        second = watchers[(watchers.index(home.watcher) + 1) % len(watchers)]
        lines += [
            f"  - id: {home.home}", f"    site: {home.site}", f"    number: {n + 1}", f"    address: 东坪村{n + 1}号",
            f"    residents: [{{name: 周{n}, born: 1941}}]", f"    watcher: {home.watcher}",
            f"    second_watcher: {second}" if second != home.watcher else "    # alone",
            f"    no_activity_hours: {(8, 12, 16)[n % 3]}", "    since: 2026-12-01", "    devices:",
        ]  # fmt: skip
        for kind, (model, room) in KINDS.items():
            role = ", role: front_door" if kind == "door" else ""
            lines.append(f"      - {{id: {home.device(kind).partition('/')[2]}, model: {model}, room: {room}{role}}}")
    return "\n".join(lines) + "\n"
