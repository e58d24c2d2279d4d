"""Does everything move: readers, timers, messages on their way, hearing; and what people should know besides."""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, exists, func, or_, select

from alerts.auditing.finding import Finding, found
from alerts.notify.outbox import outbox
from alerts.projections import devices, homes
from alerts.projections.lives import Life, all_lives
from alerts.projections.projector import READER as PROJECTIONS
from alerts.projections.projector import failures
from alerts.timers import mark_of, timers
from events.store import head
from events.tables import bookmarks, events, quarantine
from events.types.fact import MINUTE, SECOND

_DRAINED_WITHIN = 60 * SECOND
_RUNG_WITHIN = 30 * SECOND
_HEARD_WITHIN = 2 * MINUTE
_GROWTH_SPAN, _GROWTH = 10 * MINUTE, 200
_HOMES_A_LOOK = 500


def queues(db: Connection, now: int) -> list[Finding]:
    """What waits for too long. Each question reads a few rows by an index."""
    return [*_readers(db, now), *_messages(db, now), *_timers(db, now), *_folds(db), *_quarantine(db, now)]


def _readers(db: Connection, now: int) -> Iterable[Finding]:
    end = head(db)
    for row in db.execute(select(bookmarks).order_by(bookmarks.c.reader)):
        reader, at = row.reader, row.position
        if reader.endswith(".rebuild"):
            continue
        if at > end:
            yield Finding(
                "bookmark_ahead", f"{reader} 的书签 {at} 超过日志末尾 {end}：日志缺了一段",
                f"the bookmark of {reader}, {at}, lies behind the log's end, {end}: part of the log is missing", (end,),
            )  # fmt: skip
        elif at < end and reader.partition(".")[0] in {"engine", "planner", PROJECTIONS}:
            oldest = select(events.c.position, events.c.recorded_at).where(events.c.position > at)
            unread = db.execute(oldest.order_by(events.c.position).limit(1)).first()
            if unread is not None and now - unread.recorded_at > _DRAINED_WITHIN:
                late = (now - unread.recorded_at) // SECOND
                yield Finding(
                    "reader_behind", f"{reader} 落后 {end - at} 条、{late} 秒", f"{reader} is {end - at} facts and {late} s behind",
                    (unread.position,),
                )  # fmt: skip


def _messages(db: Connection, now: int) -> list[Finding]:
    late = now - _DRAINED_WITHIN
    stuck = or_(
        and_(outbox.c.state == "waiting", outbox.c.due_at < late),
        and_(outbox.c.state.in_(("claimed", "asking")), outbox.c.claimed_at < late),
    )
    rows = db.execute(select(outbox.c.tell).where(stuck).order_by(outbox.c.tell)).scalars().all()
    return found(
        "outbox_stuck",
        len(rows),
        "{count} 条短信超过一分钟没有发出",
        "{count} messages are not sent for over a minute",
        rows,
    )


def _timers(db: Connection, now: int) -> list[Finding]:
    mark = mark_of(db)
    overdue = or_(
        and_(timers.c.waits == 0, timers.c.due < now - _RUNG_WITHIN),
        and_(timers.c.waits == 1, timers.c.due < min(now, mark) - _RUNG_WITHIN),
    )
    count = int(db.execute(select(func.count()).select_from(timers).where(overdue)).scalar() or 0)
    deaf = int(0 < mark < now - _HEARD_WITHIN)
    return [
        *found("timers_overdue", count, "{count} 个定时超过 30 秒未响", "{count} timers are overdue by more than 30 s"),
        *found(
            "not_hearing", deaf, f"已有 {(now - mark) // SECOND} 秒不能证明收到了全部消息",
            f"for {(now - mark) // SECOND} s it is not proven that everything is heard",
        ),
    ]  # fmt: skip


def _folds(db: Connection) -> list[Finding]:
    positions = [position for position, _name, _error in failures(db)]
    return found(
        "fold_failed", len(positions), "{count} 条事实没能显示在屏幕上", "{count} facts could not be folded for the screens", positions,
        grave=False,
    )  # fmt: skip


def _quarantine(db: Connection, now: int) -> list[Finding]:
    recent = quarantine.c.received_at > now - _GROWTH_SPAN
    count = int(db.execute(select(func.count()).select_from(quarantine).where(recent)).scalar() or 0)
    return found(
        "quarantine_grows", count if count > _GROWTH else 0, "十分钟内隔离了 {count} 条消息",
        "{count} messages were quarantined within ten minutes", grave=False,
    )  # fmt: skip


def unplanned(db: Connection, since: int) -> list[Finding]:
    """Outbox rows planned since then that nobody intended, or that are sent without a word of it in the log."""
    of_person = events.c.stream == "person-" + outbox.c.person
    intended = exists().where(of_person, events.c.key == "planned-" + outbox.c.message)
    recorded = exists().where(of_person, events.c.key == "sent-" + outbox.c.message)
    recent = outbox.c.planned_at >= since
    alone = db.execute(select(outbox.c.tell).where(recent, ~intended)).scalars().all()
    sent = outbox.c.state.in_(("sent", "delivered"))
    silent = db.execute(select(outbox.c.tell).where(recent, sent, ~recorded)).scalars().all()
    return [
        *found("not_planned", len(alone), "发件箱有 {count} 条没有计划的短信", "{count} rows of the outbox were never planned", alone),
        *found("sent_unrecorded", len(silent), "{count} 条短信已发出却没有记录", "{count} messages are sent and not recorded", silent),
    ]  # fmt: skip


class Protection:
    """How homes are protected, some hundreds a look; towns that are larger are seen in turns."""

    def __init__(self) -> None:
        self._last = ""
        self._words: dict[str, str] = {}

    def look(self, db: Connection, now: int) -> list[Finding]:
        """The next homes."""
        table = homes.homes
        query = select(table).where(table.c.home > self._last).order_by(table.c.home).limit(_HOMES_A_LOOK)
        rows = db.execute(query).mappings().all()
        self._last = rows[-1]["home"] if len(rows) == _HOMES_A_LOOK else ""
        hanging: dict[str, list[dict[str, object]]] = {}
        for device in devices.of_homes(db, [row["home"] for row in rows]):
            hanging.setdefault(device["home"], []).append(device)
        known = all_lives(db, [row["home"] for row in rows])
        for row in rows:
            self._words[row["home"]] = homes.word_of(
                row, hanging.get(row["home"], []), known.get(row["home"], Life()), now
            )[0]
        count = sum(word == "not_protected" for word in self._words.values())
        return found("homes_not_protected", count, "{count} 户没有保护", "{count} homes are not protected", grave=False)
