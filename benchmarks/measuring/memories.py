"""What the door remembers of its devices, saved as the intake saves it within its transactions."""

from sqlalchemy import Connection

from events.database import Database
from events.follow import save_bookmark, save_snapshots
from events.store import head
from ingest.intake import READER
from ingest.sequences import Sequences


def save_sequences(database: Database, sequences: Sequences) -> None:
    """As of the end of the log."""

    def work(db: Connection) -> None:
        devices = [device for device, _, _ in sequences.newest()]
        save_snapshots(db, READER, {device: sequences.dump(device) for device in devices})
        save_bookmark(db, READER, head(db))

    database.write(work)
    sequences.changed.clear()
