"""A duty desk to test at: a real database, the projector, an invented town, and a clock one can set."""

import threading
import time
from dataclasses import replace

from alerts.projections.projector import Projector
from alerts.registry import importing
from api.access.sessions import make_login_link
from api.access.tokens import create_token
from api.access.users import create_user
from api.app import create_app
from api.services import Channel, Limits, Services
from events.store import New, append, head, version_of
from events.types import alert as facts
from events.types.alert import Step, Terms
from events.types.fact import SECOND
from tests.prepared import opened

NOW = 1_795_271_400 * SECOND  # 2026-11-21 22:30 in Shanghai
PASSWORD = "twelve-black-stoves"
TWILIO_TOKEN = "a-token-of-the-test"

MODELS = {
    "motion-pir": {"kind": "motion", "interval_s": 900, "battery": True, "pulse": False, "retrigger_s": 60},
    "door-contact": {"kind": "contact", "interval_s": 900, "battery": True},
    "sos-button": {"kind": "button", "interval_s": 3600, "battery": True},
    "co-alarm": {"kind": "co", "interval_s": 900, "battery": True},
    "smoke-alarm": {"kind": "smoke", "interval_s": 600, "battery": True},
}

TOWN = """\
# 虚构 Every person, address and number in this file is invented.
town: {id: shili, name: 示例镇, name_en: Shili Town, signature: 示例守望, signature_en: Shouwang}
people:
  - {id: p-w01, name: 王秋禾, name_en: Qiuhe Wang, role: watcher, phones: [{number: "+8612000000001", verified: 2026-01-05}]}
  - {id: p-w02, name: 李山杏, name_en: Shanxing Li, role: watcher, phones: [{number: "+8612000000002", verified: 2026-01-05}]}
  - {id: p-g01, name: 任长河, name_en: Changhe Ren, role: grid_member, phones: [{number: "+8612000000003", verified: 2026-01-05}]}
  - {id: p-v01, name: 廖荷花, name_en: Hehua Liao, role: village_head, phones: [{number: "+8612000000004", verified: 2026-01-05}]}
  - {id: p-t01, name: 付银锁, name_en: Yinsuo Fu, role: town_officer, phones: [{number: "+8612000000005", verified: 2026-01-05}]}
villages:
  - {id: dp, name: 东坪村, name_en: Dongping, head: p-v01}
grids:
  - {id: dp-g1, village: dp, name: 东坪一网格, name_en: Dongping Grid 1, member: p-g01}
sites:
  - {id: dp03, name: 东坪三组, name_en: Dongping Group 3, grid: dp-g1}
homes:
  - id: dp03-12
    site: dp03
    number: 12
    address: 东坪村三组12号
    residents: [{name: 李桂兰, born: 1941, notes: 耳背, phone: "+8612000000077", speech: 本地方言}]
    watcher: p-w01
    second_watcher: p-w02
    no_activity_hours: 12
    consent: 2026-01-05
    notes: 煤炉取暖
    way_in: 钥匙在东邻
    stove: 煤炉
    devices:
      - {id: hall-1, model: motion-pir, room: 堂屋}
      - {id: co-7f2a, model: co-alarm, room: 卧室}
      - {id: sos-1, model: sos-button, room: 床头}
  - id: dp03-15
    site: dp03
    number: 15
    address: 东坪村三组15号
    residents: [{name: 赵福生, born: 1938}]
    watcher: p-w02
    no_activity_hours: 10
    devices:
      - {id: hall-2, model: motion-pir, room: <b>厨房</b>}
"""

CHAIN = {
    "watcher": ["p-w01"],
    "second_watcher": ["p-w02"],
    "grid_member": ["p-g01"],
    "village": ["p-v01"],
    "town": ["p-t01"],
}
CLASS_1 = Terms(
    alert_class=1, chain=CHAIN,
    steps=[Step(0, ["watcher", "grid_member"]), Step(120, ["village"]), Step(240, ["town"])],
)  # fmt: skip
CLASS_2 = Terms(
    alert_class=2, chain=CHAIN, prealarm_s=600, answer_within_s=900, arrive_within_s=1200, round_gap_s=1800,
    steps=[Step(0, ["watcher"]), Step(300, ["second_watcher"]), Step(600, ["grid_member"])],
)  # fmt: skip


def settled(database):
    """The town is taken in, and every page shows it."""
    importing.apply(database, importing.check(TOWN, MODELS), NOW, since=NOW)
    projector = Projector(database)
    while projector.step():
        pass
    projector.stop()


class Desk:
    """Holds everything a test at the desk needs. `now` is the clock; what is appended happens at that moment."""

    def __init__(self, path, **changed):
        self.database = opened(changed.pop("address", None) or path / "shouwang.db", "desk", settled)
        self.now = NOW
        self.receipts, self.replies = [], []
        self.projector = Projector(self.database)
        self.projector.start()
        with self.database.read() as db:
            town = head(db)
        assert self.projector.wait_for(town, 10)
        services = Services(
            database=self.database, now=lambda: self.now, projector=self.projector,
            take_receipt=lambda **said: self.receipts.append(said), take_reply=lambda **said: self.replies.append(said),
            health=lambda: {"ok": True}, twilio_auth_token=TWILIO_TOKEN, sms_really_sent=True,
            channels=[Channel("twilio_sms", really_sends=True)], public_base_url="http://testserver",
            limits=Limits(logins_a_minute=1000), models=MODELS,
        )  # fmt: skip
        self.services = replace(services, **changed)
        self.app = create_app(self.services)

    def close(self):
        self.projector.stop()
        self.database.close()

    def happens(self, stream, lane_key, *events, at=None):
        """Decisions on a stream, now."""
        at = self.now if at is None else at

        def add(db):
            after = {stream: version_of(db, stream)}
            append(db, [New(stream, lane_key, event, at) for event in events], recorded_at=at, after=after)
            return head(db)

        position = self.database.write(add)
        assert self.projector.wait_for(position, 5)
        return position

    def told(self, stream, lane_key, event, key, at=None):
        """A keyed fact, now."""
        at = self.now if at is None else at
        news = [New(stream, lane_key, event, at, key=key)]
        position = self.database.write(lambda db: append(db, news, recorded_at=at) and head(db))
        assert self.projector.wait_for(position, 5)
        return position

    def reports(self, event, key, at=None):
        """A device speaks."""
        return self.told(f"device-{event.device}", event.device.partition("/")[0], event, key, at)

    def raises_co(self, id="carbon_monoxide-7", home="dp03-12", ppm=210.0):
        """A CO alarm, as the engine raises it."""
        reason = {"device": "dp03/co-7f2a", "at": self.now, "flag": True, "ppm": ppm}
        raised = facts.AlertRaised(
            alert=id, home=home, site="dp03", danger="carbon_monoxide", reason=reason, terms=CLASS_1,
            devices=["dp03/co-7f2a"],
        )  # fmt: skip
        step = facts.StepTaken(alert=id, round=1, step=1, persons=["p-w01", "p-g01"], why="due")
        self.happens(f"alert-{id}", "dp03", raised, step)
        return id

    def raises_quiet(self, id="no_activity-9", home="dp03-15"):
        """An elder gone quiet, past the pre-alarm."""
        reason = {
            "last_seen": self.now - 43_200 * SECOND, "where": "dp03/hall-2", "limit_s": 43_200, "silent_s": 43_200,
            "blind_s": 0, "judged_at": self.now,
        }  # fmt: skip
        common = {
            "alert": id,
            "home": home,
            "site": "dp03",
            "danger": "no_activity",
            "reason": reason,
            "terms": CLASS_2,
        }
        self.happens(f"alert-{id}", "dp03", facts.AlertSuspected(**common), at=self.now - 600 * SECOND)
        self.happens(f"alert-{id}", "dp03", facts.AlertRaised(**common))
        return id

    def clears(self, id):
        """The condition is over."""
        self.happens(f"alert-{id}", "dp03", facts.ConditionCleared(alert=id))

    def user(self, name="duty", role="operator"):
        """A user with the password of the tests."""
        create_user(self.database, name, role, PASSWORD, now=self.now)
        return name

    def token(self, role="operator", name=None):
        """The header of a program."""
        return {"authorization": f"Bearer {create_token(self.database, name or f'test-{role}', role, self.now)}"}

    def link(self, user="duty"):
        """A one-time path that logs in."""
        return make_login_link(self.database, user, self.now, 600)


def until(true, within_s=10.0):
    """Wait for a condition; the number of seconds is only for a broken one."""
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if found := true():
            return found
        threading.Event().wait(0.02)
    raise AssertionError("it never came")
