"""What the simulated world remembers between two starts: its devices' boots and counters, and how far each story has come."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from simulators.devices import Device, Ring


@dataclass
class Memory:
    """Times are ISO 8601 in UTC. `clean` is false while the world runs: after a crash its devices boot anew."""

    clean: bool = False
    began: str | None = None
    until: dict[str, str] = field(default_factory=dict)  # home -> its life is told up to here
    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    leak_began: str | None = None
    leak_cues: list[tuple[str, str]] = field(default_factory=list)
    leak_told: str | None = None
    quiet_since: str | None = None
    quiet_found: str | None = None
    replies_read: int = 0

    def told_until(self, home: str) -> datetime | None:
        """Up to when the home's life has been told."""
        return moment(self.until.get(home))

    def keep(self, device: Device) -> None:
        """A device as it is now, with what nobody has confirmed yet."""
        self.devices[f"{device.site}/{device.id}"] = {
            "bootid": device.bootid,
            "seq": device.seq,
            "backfills": device.backfills,
            "acked": device.acked,
            "said": {type: dict(data) for type, data in device.said.items()},
            "ring": device.ring.items if self.clean else [],
            "lost": device.ring.lost,
        }

    def restore(self, device: Device) -> bool:
        """Bring a device back as it was; False when it was never known or the last run ended in a crash."""
        kept = self.devices.get(f"{device.site}/{device.id}")
        if not kept or not self.clean:
            return False
        device.bootid, device.seq, device.backfills = kept["bootid"], kept["seq"], kept["backfills"]
        device.acked, device.said = kept["acked"], kept["said"]
        lost = tuple(kept["lost"]) if kept["lost"] else None
        device.ring = Ring(device.ring.capacity, kept["ring"], lost)
        return True


def moment(text: str | None) -> datetime | None:
    """An ISO time, or none."""
    return datetime.fromisoformat(text) if text else None


def load(file: Path) -> Memory:
    """What the last run left; an empty memory when there was none."""
    if not file.exists():
        return Memory()
    return Memory(**json.loads(file.read_text(encoding="utf-8")))


def save(file: Path, memory: Memory) -> None:
    """Whole or not at all, also in a power cut."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(file.name + ".new")
    with aside.open("w", encoding="utf-8") as out:
        json.dump(asdict(memory), out, ensure_ascii=False, separators=(",", ":"))
        out.flush()
        os.fsync(out.fileno())
    aside.replace(file)
