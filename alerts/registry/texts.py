"""What people wrote, word for word: notes, reasons, messages from phones; the log holds only the id."""

import msgspec
from sqlalchemy import Connection, insert, select

from alerts.registry import tables


class Text(msgspec.Struct, frozen=True):
    """Free text with who wrote it and when; `kind`: note, sms, reason, ..."""

    id: str
    kind: str
    text: str
    by: str
    at: int


def keep_text(db: Connection, kind: str, text: str, by: str, at: int) -> str:
    """Keep it within the caller's transaction; the id comes from a counter, never from chance.

    What no database could store (NUL, lone surrogates) is replaced by U+FFFD.
    """
    clean = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    clean = clean.replace("\0", "\ufffd")
    done = db.execute(insert(tables.texts).values(kind=kind, by=by, at=at, text=clean))
    key = done.inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no number for a text")
    return f"t{key[0]}"


def text(db: Connection, id: str) -> Text | None:
    """The text with this id, None when there is none."""
    number = id.removeprefix("t")
    if not (id.startswith("t") and number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    row = db.execute(select(tables.texts).where(tables.texts.c.number == int(number))).first()
    return Text(f"t{row.number}", row.kind, row.text, row.by, row.at) if row else None
