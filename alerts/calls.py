"""A call as it goes on: a key was pressed, it is taken as an answer about this alert, and the call says how.

A call that was answered is no receipt: a mailbox, a child or a pocket answer too. Only a key is one.
"""

from collections.abc import Callable

from sqlalchemy import select

from alerts.commands.elders import elder_answered
from alerts.commands.replies import take_reply
from alerts.core.reply_words import DIGITS
from alerts.core.soft_check import SOFT_CHECK
from alerts.core.speaking import KEYS, taken
from alerts.core.templates.spoken import SPOKEN
from alerts.core.wording import Language, WordingError
from alerts.letters import number_of, still_wanted, worded
from alerts.notify.channels.twilio_script import confirmation, hang_up, script
from alerts.notify.delivering import Worded
from alerts.notify.outbox import OutboxRow, outbox, row_of
from alerts.notify.receipts import take_receipt
from events.database import Database

_LAST_TURN = 12
"""So often one call may be asked to repeat or to take another key."""
_LONGEST_ID = 64


class Calls:
    """Takes the keys of calls of one provider; may be used from several threads."""

    def __init__(self, database: Database, *, channel: str, keys_of: Callable[[str, int], str]) -> None:
        """`keys_of(message, turn)`: where the provider sends the next key."""
        self._database, self._channel, self._keys_of = database, channel, keys_of

    def take_key(self, *, message: str, turn: int, key: str, call: str, number: str, at: int) -> str:
        """What the call does next, in the provider's markup. The same key of the same turn, told again, is one answer."""
        found = self._message(message)
        if found is None:
            return hang_up()
        row, says, wanted, called = found
        language: Language = "en" if row.language == "en" else "zh"
        if key and row.template == SOFT_CHECK and number == called:
            elder_answered(self._database, row, call=call, at=at)
            return confirmation(SPOKEN[language].well, language)
        next_keys = self._keys_of(message, turn + 1) if turn < _LAST_TURN else ""
        if key and key in KEYS:
            made = take_reply(
                self._database, channel=self._channel, provider_id=f"{call[:_LONGEST_ID]}.{turn}", number=number,
                text=key, at=at, about=row.alert if number == called else "",
            )  # fmt: skip
            take_receipt(
                self._database, message=message, provider_id=call, status="read", error_code="", at=at
            )  # a person was there
            # A provider that asks again is answered as the first time, though nothing is taken again.
            return confirmation(taken(made or DIGITS[key].value, language), language, keys_url=next_keys)
        if not wanted:
            return confirmation(SPOKEN[language].settled, language)
        strange = "" if key in {"*", ""} else SPOKEN[language].not_a_key
        return script(says.spoken, says.keys, language, keys_url=next_keys, slow=says.slow, before=strange)

    def _message(self, message: str) -> tuple[OutboxRow, Worded, bool, str] | None:
        """The message, what is said of it, whether it is still wanted, and the number it is for."""
        with self._database.read() as db:
            found = db.execute(select(outbox).where(outbox.c.message == message)).first()
            if found is None:
                return None
            row = row_of(found)
            try:
                says = worded(db, row)
            except WordingError:
                return row, Worded(""), False, ""
            return row, says, not still_wanted(db, row), number_of(db, row.phone) or ""


def take_pressed(database: Database, *, channel: str, message: str, keys: str, call: str, at: int) -> bool:
    """Keys of a call that the provider reports afterwards; False for a call that is none of ours.

    Each key of a call counts once, however often it is told, in the middle of the call or at its end.
    """
    with database.read() as db:
        found = db.execute(select(outbox).where(outbox.c.message == message)).first()
        row = row_of(found) if found is not None else None
        called = number_of(db, row.phone) if row is not None else None
    if row is None or called is None or row.channel != channel or row.provider_id not in {"", call}:
        return False
    if row.template == SOFT_CHECK:
        if keys:
            elder_answered(database, row, call=call, at=at)
        return True
    pressed = [key for key in dict.fromkeys(keys) if key in KEYS]
    for key in pressed:
        take_reply(
            database, channel=channel, provider_id=f"{call[:_LONGEST_ID]}.{key}", number=called, text=key, at=at,
            about=row.alert,
        )  # fmt: skip
    if pressed:
        take_receipt(database, message=message, provider_id=call, status="read", error_code="", at=at)
    return True
