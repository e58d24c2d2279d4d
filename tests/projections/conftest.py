"""A log on disk and one that folds it by hand."""

import pytest

from alerts.projections.projector import Projector
from alerts.projections.standings import Standings
from events.store import New, append, head, version_of
from tests.prepared import opened

NOW = 1_795_271_400_000_000


class Log:
    """Facts appended at a clock one can set; `fold` brings the projections up to them."""

    def __init__(self, address):
        self.database = opened(address, "shaped", lambda database: Projector(database).stop())
        self.projector = Projector(self.database)
        self.standings = Standings()
        self.now = NOW

    def happens(self, stream, *events, site="dp03", at=None):
        at = self.now if at is None else at

        def add(db):
            news = [New(stream, site, event, at) for event in events]
            append(db, news, recorded_at=at, after={stream: version_of(db, stream)})

        self.database.write(add)

    def told(self, stream, *facts, site="dp03", at=None):
        """Keyed facts."""
        at = self.now if at is None else at

        def add(db):
            base = head(db)
            news = [New(stream, site, fact, at, key=f"k{base}-{n}") for n, fact in enumerate(facts)]
            append(db, news, recorded_at=at)

        self.database.write(add)

    def reports(self, *facts, at=None):
        for fact in facts:
            self.told(f"device-{fact.device}", fact, at=at)

    def fold(self):
        while self.projector.step():
            pass

    def ask(self, question, *args, **kwargs):
        self.fold()
        with self.database.read() as db:
            return question(db, *args, **kwargs)


@pytest.fixture
def log(address):
    log = Log(address)
    yield log
    log.projector.stop()
    log.database.close()
