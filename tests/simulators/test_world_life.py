"""A plausible life: the same each time, with edges in pairs, no silence a sleeper would not have, and nothing stray."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.devices import messages
from simulators.life import LIFE_SIGNS, day, facts_between, falls_quiet
from simulators.town import TownDevice, TownHome

ROOMS = ("hall", "bed", "kitchen", "bath")
NOW = datetime(2026, 11, 21, 14, 41, 7, tzinfo=UTC)
dates = st.dates(datetime(2020, 1, 1).date(), datetime(2035, 1, 1).date())
names = st.from_regex(r"[a-z]{2}[0-9]{2}-[0-9]{1,2}", fullmatch=True)


def home(id="dp03-12", rooms=2, limit_h=12.0):
    sensors = [TownDevice(room, "motion-pir") for room in ROOMS[:rooms]]
    others = [TownDevice("door", "door-contact"), TownDevice("co", "co-alarm"), TownDevice("sos", "sos-button")]
    return TownHome(id, id.split("-")[0], 12, limit_h, (*sensors, *others))


def edges(facts):
    return [(each.at, each.device) for each in facts if each.message and each.message.data.get("occupied")]


def believed(found, judged=None):
    """The stray filter, plainly: another sensor, or the same one twice more, within ten minutes."""
    for at, device in found if judged is None else judged:
        near = [other for when, other in found if abs(when - at) <= timedelta(minutes=10)]
        if set(near) == {device} and len(near) < 3:
            return False
    return True


@given(names, dates)
@settings(deadline=None, max_examples=40)
def test_a_day_is_the_same_however_often_and_in_whatever_pieces_it_is_told(id, on):
    day.cache_clear()
    start = datetime(on.year, on.month, on.day, tzinfo=UTC)
    cuts = [start + timedelta(hours=n) for n in (0, 5, 5.5, 17, 24)]
    whole = facts_between(home(id), cuts[0], cuts[-1])
    day.cache_clear()
    pieces = [each for a, b in pairwise(cuts) for each in facts_between(home(id), a, b)]
    assert pieces == whole


@given(names, dates, st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_nobody_is_ever_silent_for_eight_hours_and_every_edge_is_believed(id, on, rooms):
    start = datetime(on.year, on.month, on.day, tzinfo=UTC)
    found = edges(facts_between(home(id, rooms), start, start + timedelta(hours=72)))
    moments = [start, *(at for at, _ in found), start + timedelta(hours=72)]
    assert max(b - a for a, b in pairwise(moments)) < timedelta(hours=8)
    edge = timedelta(minutes=11)  # the cut of the window may part a walk
    assert believed(found, [each for each in found if moments[0] + edge < each[0] < moments[-1] - edge])


@given(names, dates)
@settings(deadline=None, max_examples=40)
def test_each_movement_ends_after_half_a_minute_to_a_minute(id, on):
    open_since = {}
    for each in day(home(id), on):
        if each.message.type != messages.MOTION:
            continue
        if each.message.data["occupied"]:
            assert each.device not in open_since
            open_since[each.device] = each.at
        else:
            assert 29.8 <= (each.at - open_since.pop(each.device)).total_seconds() <= 60.2
    assert open_since == {}


@given(names, dates)
@settings(deadline=None, max_examples=40)
def test_within_three_days_every_alarm_was_tested_for_seconds_and_never_rang(id, on):
    start = datetime(on.year, on.month, on.day, tzinfo=UTC)
    facts = [each for each in facts_between(home(id), start, start + timedelta(hours=72)) if each.device == "co"]
    said = [each.message for each in facts if each.message and each.message.tail == "event"]
    assert [(each.data["alarm"], each.data["test"]) for each in said] == [(True, True), (False, True)]


def test_heartbeats_keep_their_beat_across_pieces():
    beats = [each.at for each in facts_between(home(), NOW, NOW + timedelta(hours=6)) if each.message is None]
    door = [f.at for f in facts_between(home(), NOW, NOW + timedelta(hours=6)) if not f.message and f.device == "door"]
    assert len(beats) == 5 * 24
    assert {b - a for a, b in pairwise(door)} == {timedelta(minutes=15)}


@given(names, dates, st.integers(1, 4), st.integers(0, 86399))
@settings(deadline=None, max_examples=60)
def test_a_quiet_elders_last_sign_is_exact_and_believed_and_the_sensors_go_on(id, on, rooms, second):
    now = datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(seconds=second)
    last_sign = now - timedelta(hours=12) + timedelta(seconds=40)
    facts = facts_between(home(id, rooms), now - timedelta(hours=72), now)
    quiet = falls_quiet(home(id, rooms), facts, last_sign)
    found = edges(quiet)
    assert found[-1][0] == last_sign
    assert believed(found[-4:])
    signs = [each.at for each in quiet if each.message and each.message.type in LIFE_SIGNS]
    assert max(signs) <= last_sign + timedelta(minutes=1)  # the end of that movement
    assert [each for each in quiet if each.message is None] == [each for each in facts if each.message is None]
    assert quiet == sorted(quiet, key=lambda each: (each.at, each.device))
