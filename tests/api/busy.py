"""A town in which something stands on every page: for what is looked at page by page."""

from sqlalchemy import insert, update

from alerts.backtest.reach import Reach
from alerts.commands import alerts as commands
from alerts.commands import shift
from alerts.registry import tables
from api.access import audit, tokens, users
from api.console.trials import Trial
from events.store import New, append
from events.tables import quarantine
from events.types import alert as facts
from events.types import message
from events.types.device import CarbonMonoxideReported, ClimateReported, OccupancyReported
from events.types.fact import DAY, HOUR, MINUTE
from events.types.home import AwayEnded, AwaySet, DeviceAssigned
from events.types.life import VisitRecorded
from events.types.routine import RoutineLearned
from events.types.setting import SettingChanged
from events.types.system import HomeUnseen
from events.types.trial import DeviceTrialBegun, DeviceTrialSigned

BLANKS = {
    "alert_id": "carbon_monoxide-7",
    "home_id": "dp03-12",
    "number": "1",
    "person_id": "p-w01",
    "name": "class2.steps",
    "trial": "trial-1",
    "village_id": "dp",
    "grid_id": "dp-g1",
    "site": "dp03",
    "device": "hall-1",
}
"""What to fill into the addresses of the register of pages."""


def address_of(page):
    """The page's address with its blanks filled."""
    return page.address.format(**BLANKS)


def busy(desk):
    """Two open alerts, one on the shelf, one closed; messages, readings of a day, a promise, a handover, users."""
    a_day(desk)
    a_month(desk)
    id, quiet = desk.raises_co(), desk.raises_quiet()
    shelved = desk.raises_quiet(id="no_activity-8", home="dp03-12")
    commands.shelve(desk.database, shelved, reason="在医院陪护", for_s=1800, by="user:duty", at=desk.now)
    going = facts.ResponderEnRoute(alert=quiet, who="p-w02", by="user:duty", via="console")
    desk.happens(f"alert-{quiet}", "dp03", going)
    gone = desk.raises_quiet(id="no_activity-6", home="dp03-12")
    commands.close(
        desk.database, gone, outcome="safe_at_home", by="user:duty", via="console", seen_version=None, at=desk.now
    )
    a_message(desk, id)
    a_trial(desk)
    spots(desk)
    row = {
        "received_at": desk.now, "topic": "shouwang/v1/dp03/co-7f2a/event", "payload": b'{"specversion"', "size": 14,
        "retained": 0, "reason": "not_json", "detail": "", "site": "", "device": "", "state": "waiting",
    }  # fmt: skip
    desk.database.write(lambda db: db.execute(insert(quarantine).values(**row)) and None)
    shift.promise(desk.database, "给李桂兰的女儿回电话", by="user:duty", due=desk.now + HOUR, at=desk.now)
    with desk.database.read() as db:
        kept = audit.anchor(db)
    shift.hand_over(
        desk.database, left="user:early", took="user:duty", note="12号家的煤炉烟道刚通过", alerts=[id], not_protected=[],
        away=[], audit=kept, at=desk.now - 5 * HOUR,
    )  # fmt: skip
    users.create_user(desk.database, "dongping", "village", None, scope=["dp"], now=desk.now)
    tokens.create_token(desk.database, "wallboard", "auditor", desk.now)
    a_change(desk)
    desk.services.folded()
    return id, quiet


def a_change(desk):
    """A change that was judged, and waits to be saved."""
    one = {"danger": "no_activity", "since": desk.now - 30 * 24 * HOUR, "homes": 2, "more": 0}
    one |= {"then": {"alerts": 4, "false": 3, "told_s": 600.0}, "now": {"alerts": 2, "false": 1, "told_s": 600.0}}
    one["differences"] = [{"home": "dp03-12", "what": "gone", "then": desk.now - HOUR, "now": None}]
    steps = [[0, ["watcher"]], [600, ["grid_member"]]]
    desk.app.state.trials.keep(Trial(
        id="trial-1", name="class2.steps", scope="all", homes=[], was=[[0, ["watcher"]]], value=steps, by="user:duty",
        at=desk.now, asked=None, state="done", found=[one], reached=[Reach("grid_member", 0, 3)],
    ))  # fmt: skip


def a_day(desk):
    """Somebody got up, cooked, rested; the stove smoked a little. Recorded in one go."""
    said = []
    for minutes in range(0, 24 * 60, 30):
        at = desk.now - 24 * HOUR + minutes * MINUTE
        stirs = 6 * 60 < (minutes + 22 * 60 + 30) % (24 * 60) < 21 * 60
        for number, occupied in enumerate((False, True) if stirs else (False,)):
            report = OccupancyReported(device="dp03/hall-1", occupied=occupied)
            said.append((report, f"m-{minutes}-{number}", at + number * MINUTE))
        ppm = float(3 + (minutes // 30 * 7) % 40)
        report = CarbonMonoxideReported(device="dp03/co-7f2a", alarm=minutes > 1430, ppm=ppm)
        said.append((report, f"co-{minutes}", at))
    news = [New(f"device-{event.device}", "dp03", event, at, key=key) for event, key, at in said]
    desk.database.write(lambda db: append(db, news, recorded_at=desk.now) and None)


def a_month(desk):
    """Days before that: movement by day, a room that cools at night, three days away, an evening without power, a line."""
    home, said = "dp03-12", []
    warm = DeviceAssigned(
        device="dp03/warm-1", home=home, since=desk.now - 30 * DAY, model="climate", kind="climate", room="堂屋"
    )
    desk.happens("device-dp03/warm-1", "dp03", warm, at=desk.now - 30 * DAY)
    for ago in range(2, 30):
        for hour in range(0, 24, 2):
            at = desk.now - ago * DAY + hour * HOUR
            if 7 < (hour + 22) % 24 < 21 and not 8 <= ago < 11:
                for each in range(1 + (ago + hour) % 4):
                    report = OccupancyReported(device="dp03/hall-1", occupied=True)
                    said.append((report, f"d{ago}-{hour}-{each}", at + each * MINUTE))
            celsius = round(9.0 + (hour + 22) % 24 / 3 - ago / 5, 1)
            said.append((ClimateReported(device="dp03/warm-1", celsius=celsius), f"t{ago}-{hour}", at))
    news = [New(f"device-{event.device}", "dp03", event, at, key=key) for event, key, at in said]
    desk.database.write(lambda db: append(db, news, recorded_at=desk.now) and None)
    left, back = desk.now - 11 * DAY, desk.now - 8 * DAY
    desk.happens(f"home-{home}", "dp03", AwaySet(home=home, by="p-w01", until=left + 7 * DAY), at=left)
    desk.happens(f"home-{home}", "dp03", AwayEnded(home=home, by="user:duty"), at=back)
    dark = desk.now - 5 * DAY
    blind = [(dark, dark + 9 * HOUR)]
    unseen = HomeUnseen(home=home, site="dp03", cause="no_power", since=dark, until=dark + 9 * HOUR, blind=blind)
    limits = [600 if slot < 26 else 180 + 4 * abs(56 - slot) for slot in range(96)]
    usual = [420 if slot < 26 else 60 + 2 * abs(56 - slot) for slot in range(96)]
    learned = RoutineLearned(
        home=home, site="dp03", since=desk.now - 40 * DAY, until=desk.now - DAY, days=38, limits=limits, usual=usual,
        buffer_min=90, margin=0.0, budget=1.0,
    )  # fmt: skip
    visited = VisitRecorded(home=home, who="p-w01", by="user:duty", visited_at=desk.now - 6 * DAY)
    desk.happens(f"home-{home}", "dp03", unseen, learned, visited)
    for name, value in (("no_activity_s", 36_000), ("low_temperature.celsius", 10)):
        change = SettingChanged(name=name, value=str(value), scope=home, by="user:duty")
        desk.happens("settings", "all", change)


def spots(desk):
    """Where both homes lie, for the sketch."""
    for home, east, north in (("dp03-12", 1.0, 3.0), ("dp03-15", 4.0, 1.0)):
        said = update(tables.homes).where(tables.homes.c.id == home).values(east=east, north=north)
        desk.database.write(lambda db, said=said: db.execute(said) and None)


def a_trial(desk):
    """One detector was signed for with a witness; somebody is walking past a sensor just now."""
    co, hall = "dp03/co-7f2a", "dp03/hall-1"
    began = desk.now - 2 * DAY
    common = {"device": co, "home": "dp03-12", "trial": "witnessed", "by": "user:duty"}
    desk.happens(f"device-{co}", "dp03", DeviceTrialBegun(**common, until=began + 10 * MINUTE), at=began)
    shown = {"shown_at": began + MINUTE, "shown": "CarbonMonoxideReported", "witness": "p-w01"}
    desk.happens(f"device-{co}", "dp03", DeviceTrialSigned(**common, begun=began, **shown), at=began + 2 * MINUTE)
    trying = DeviceTrialBegun(device=hall, home="dp03-12", trial="installation", by="user:duty", until=desk.now + HOUR)
    desk.happens(f"device-{hall}", "dp03", trying)
    desk.reports(OccupancyReported(device=hall, occupied=True), "walked")


def a_message(desk, id):
    """One that failed."""
    planned = message.MessagePlanned(
        message="m1", tell=1, alert=id, site="dp03", alert_class=1, round=1, step=1, person="p-w01", phone="x",
        channel="twilio_sms", template="first_carbon_monoxide",
    )  # fmt: skip
    desk.told("person-p-w01", "p-w01", planned, "plan-m1")
    desk.told(
        "person-p-w01", "p-w01", message.MessageFailed(message="m1", channel="twilio_sms", code="30003"), "failed-m1"
    )
