"""The registry's tables. Portable SQL; not rebuildable from the log, so they belong in every backup."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, SmallInteger, Table, Text

from events.tables import metadata

towns = Table(
    "registry_towns",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("signature_en", Text, nullable=False),
)

villages = Table(
    "registry_villages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("town", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("head", Text, nullable=False),
)

grids = Table(
    "registry_grids",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("village", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("member", Text, nullable=False),
)

sites = Table(
    "registry_sites",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("grid", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)

homes = Table(
    "registry_homes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("site", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("address", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("no_activity_s", Integer, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("way_in", Text),
    Column("stove", Text),
    Column("east", Float),
    Column("north", Float),
)
Index("registry_homes_number", homes.c.site, homes.c.number, unique=True)

residents = Table(
    "registry_residents",
    metadata,
    Column("home", Text, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("born", Integer),
    Column("notes", Text, nullable=False),
    Column("phone", Text),
    Column("speech", Text),
)

people = Table(
    "registry_people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("voice_first", SmallInteger, nullable=False, server_default="0"),
    Column("slow_speech", SmallInteger, nullable=False, server_default="0"),
)

phones = Table(
    "registry_phones",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("verified_at", BigInteger),
    Column("withdrawn_at", BigInteger),
    Column("sms", SmallInteger, nullable=False, server_default="1"),
    Column("voice", SmallInteger, nullable=False, server_default="1"),
)
_live = phones.c.verified_at.is_not(None) & phones.c.withdrawn_at.is_(None)
Index("registry_phones_number", phones.c.number, unique=True, sqlite_where=_live, postgresql_where=_live)
Index("registry_phones_person", phones.c.person)

devices = Table(
    "registry_devices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("home", Text),
    Column("model", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("interval_s", Float, nullable=False),
    Column("battery", SmallInteger, nullable=False),
    Column("pulse", SmallInteger, nullable=False),
    Column("retrigger_s", Float, nullable=False),
    Column("use_floor", Float),
)
Index("registry_devices_home", devices.c.home)

chains = Table(
    "registry_chains",
    metadata,
    Column("home", Text, primary_key=True),
    Column("level", Text, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("person", Text, nullable=False),
)
Index("registry_chains_person", chains.c.person)

class_chains = Table(
    "registry_class_chains",
    metadata,
    Column("home", Text, primary_key=True),
    Column("class", Text, primary_key=True),
    Column("level", Text, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("person", Text, nullable=False),
)

rotas = Table(
    "registry_rotas",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("begins", BigInteger, nullable=False),
    Column("turns", Text, nullable=False),
    Column("lengths_s", Text, nullable=False),
)

leaves = Table(
    "registry_leaves",
    metadata,
    Column("person", Text, primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False),
    Column("cover", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
)
Index("registry_leaves_until", leaves.c.until)

holidays = Table(
    "registry_holidays",
    metadata,
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
)

holiday_covers = Table(
    "registry_holiday_covers",
    metadata,
    Column("entry", Text, primary_key=True),
    Column("cover", Text, nullable=False),
)

texts = Table(
    "registry_texts",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
)
