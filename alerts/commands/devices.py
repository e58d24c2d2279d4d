"""What operators may have a device do: sound, shine, test itself."""

from typing import Final

from sqlalchemy import Connection

from alerts.registry.devices import device as registered
from events.database import Database
from events.store import New, append
from events.types.command import DeviceCommandIssued, Do

LONGEST_S: Final = 600.0
"""A siren that nobody ends must end by itself."""


class DeviceUnknown(Exception):
    """No device of this name hangs in a home."""

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self.device = device


def command_device(database: Database, device: str, *, do: Do, for_s: float, by: str, at: int) -> str:
    """Have it done, for at most `LONGEST_S`; returns the command's id. Raises DeviceUnknown."""

    def work(db: Connection) -> str:
        known = registered(db, device)
        if known is None or known.home is None:
            raise DeviceUnknown(device)
        told = DeviceCommandIssued(
            device=device, id=f"{do}-at-{at}", do=do, for_s=max(0.0, min(for_s, LONGEST_S)), why="operator", by=by
        )
        site = device.partition("/")[0]
        append(db, [New(f"device-{device}", site, told, at, key=f"~cmd-{told.id}", digest=0)], recorded_at=at)
        return told.id

    return database.write(work)
