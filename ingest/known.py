"""Which devices we know, and whether their home is watched: the fold of registrations, read from the log."""

import threading
import time

from events.database import Database
from events.serial import Recorded
from events.store import read_types
from events.types.fact import Event
from events.types.home import DeviceAssigned, DeviceRemoved, HomeEnrolled, HomePaused, HomeResumed, HomeRetired

REGISTRATIONS = (DeviceAssigned, DeviceRemoved, HomeEnrolled, HomePaused, HomeResumed, HomeRetired)
_NAMES = tuple(cls.__name__ for cls in REGISTRATIONS)
_LOOK_EVERY_S = 2.0


class Known:
    """Refreshed when registrations land here, and every two seconds for those that other processes record."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._position = 0
        self._homes: dict[str, str] = {}
        self._devices: dict[str, str] = {}
        self._latest = ""
        """The home of the device that came before: most come with their neighbours, and share one text."""
        self._landed = threading.Event()
        self._landed.set()
        self._look_at = 0.0
        self._stop = database.on_landed(self._notice)

    def refusal(self, device: str) -> str:
        """Why what this device says is not taken: unknown_device, paused, retired; empty when it is."""
        home = self._devices.get(device)
        return "unknown_device" if home is None else self._homes.get(home, "unknown_device")

    def refresh(self) -> None:
        """Read on where something may be new; cheap otherwise."""
        if not self._landed.is_set() and time.monotonic() < self._look_at:
            return
        self._landed.clear()
        self._look_at = time.monotonic() + _LOOK_EVERY_S
        with self._database.read() as db:
            for record in read_types(db, _NAMES, after=self._position):
                self.fold(record.event)
                self._position = record.position

    def fold(self, event: Event) -> None:
        """One registration."""
        match event:
            case DeviceAssigned():
                self._latest = self._latest if event.home == self._latest else event.home
                self._devices[event.device] = self._latest
            case DeviceRemoved() if self._devices.get(event.device) == event.home:
                del self._devices[event.device]
            case HomeEnrolled() | HomeResumed():
                self._homes[event.home] = ""
            case HomePaused():
                self._homes[event.home] = "paused"
            case HomeRetired():
                self._homes[event.home] = "retired"

    def close(self) -> None:
        """Hear no more."""
        self._stop()

    def _notice(self, landed: list[Recorded]) -> None:
        if any(isinstance(record.event, REGISTRATIONS) for record in landed):
            self._landed.set()
