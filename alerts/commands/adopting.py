"""What a new program decides more or otherwise is in force from a recorded moment, so that an old log decides as it did."""

import json

from sqlalchemy import Connection

from alerts.commands.deciding import settled
from alerts.core.policy import GENERATION, GENERATION_NAME
from alerts.registry.homes import with_phones
from events.database import Database
from events.store import New, append, read_stream, version_of
from events.types.home import ElderPhonesSet
from events.types.setting import SettingChanged

_STREAM = "settings"


def adopt(database: Database, at: int) -> bool:
    """Record that this program decides from now on. False: it did already, or a newer one does."""

    def work(db: Connection) -> bool:
        said = [r.event for r in read_stream(db, _STREAM)]
        known = [json.loads(e.value) for e in said if isinstance(e, SettingChanged) and e.name == GENERATION_NAME]
        if max(known, default=1) >= GENERATION:
            return False
        change = SettingChanged(name=GENERATION_NAME, value=json.dumps(GENERATION), by="system")
        news, after = [New(_STREAM, "all", change, at)], {_STREAM: version_of(db, _STREAM)}
        for home, (site, phones) in with_phones(db).items():  # a town that was taken in before the soft check called
            stream = f"home-{home}"
            if not read_stream(db, stream, types=[ElderPhonesSet.__name__], limit=1):
                news.append(New(stream, site, ElderPhonesSet(home=home, phones=phones), at))
                after[stream] = version_of(db, stream)
        append(db, news, recorded_at=at, after=after)
        return True

    return settled(database, work)
