"""A broken promise is recorded, and the administrators are told by SMS, at most once an hour."""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection

from alerts.auditing.finding import Finding
from alerts.core.policy import Policy
from events.database import Database
from events.store import New, append, read_stream
from events.types.fact import HOUR
from events.types.message import TellRequested
from events.types.setting import SettingChanged
from events.types.system import PromiseBroken

STREAM: Final = "audit"


def page(
    database: Database, findings: Sequence[Finding], at: int, *, check: Callable[[Connection], None] = lambda _: None
) -> None:
    """Keyed by the hour: however many processes look, and however often, it is said once. `check` may raise Fenced."""
    if not findings:
        return
    hour = at // HOUR

    def work(db: Connection) -> None:
        check(db)
        news = [
            New(
                STREAM, "all", PromiseBroken(what=each.name, count=_count(each), positions=list(each.positions)), at,
                key=f"{each.name}-{hour}", digest=0,
            )
            for each in findings
        ]  # fmt: skip
        words = {"clock": str(at), "count": str(min(999, sum(_count(each) for each in findings)))}
        for person in administrators(db):
            tell = TellRequested(
                alert="", home="", site="", danger="", alert_class=1, round=0, step=0, person=person, why="audit",
                template="audit_page", words=words, asks=False,
            )  # fmt: skip
            news.append(New(f"person-{person}", person, tell, at, key=f"tell-audit-{hour}", digest=0))
        append(db, news, recorded_at=at)

    database.write(work)


def administrators(db: Connection) -> list[str]:
    """Who is told when the service itself is ill: ids of people, by the setting in force."""
    policy = Policy()
    for recorded in read_stream(db, "settings", types=["SettingChanged"], holding='"administrators"'):
        assert isinstance(recorded.event, SettingChanged)
        policy.fold(recorded.event)
    return list(policy.value("administrators"))


def _count(finding: Finding) -> int:
    return int(finding.en.partition(" ")[0])
