"""Which minutes were seen: the same as counting them one by one."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.core.coverage import Spans, union
from alerts.core.household import Household, Sensor

MOST = 60
TIMES = st.integers(0, MOST)
PAIRS = st.tuples(TIMES, TIMES)
WORK = st.lists(st.tuples(st.sampled_from(["add", "cut"]), TIMES, TIMES), max_size=25)


def counted(work: list[tuple[str, int, int]]) -> tuple[Spans, set[int]]:
    """The same work on spans, and on single minutes: minute n is the time from n to n + 1."""
    spans, minutes = Spans(), set[int]()
    for what, a, b in work:
        start, end = min(a, b), max(a, b)
        if what == "add":
            spans.add(start, end)
            minutes |= set(range(start, end))
        else:
            spans.cut(start, end)
            minutes -= set(range(start, end))
    return spans, minutes


@given(WORK, PAIRS)
def test_spans_hold_exactly_the_minutes_that_were_added_and_not_cut(
    work: list[tuple[str, int, int]], window: tuple[int, int]
) -> None:
    spans, minutes = counted(work)
    start, end = min(window), max(window)
    assert spans.within(start, end) == len(minutes & set(range(start, end)))
    assert spans.within(0, MOST) == len(minutes)


@given(WORK)
def test_spans_are_sorted_and_do_not_overlap(work: list[tuple[str, int, int]]) -> None:
    spans, _ = counted(work)
    flat = [time for span in spans.spans for time in span]
    assert flat == sorted(flat)


@given(st.lists(PAIRS, max_size=25))
def test_what_was_only_added_lies_apart(pairs: list[tuple[int, int]]) -> None:
    spans, _ = counted([("add", a, b) for a, b in pairs])
    assert all(a[1] < b[0] for a, b in zip(spans.spans, spans.spans[1:], strict=False))


@given(WORK, WORK)
def test_the_union_holds_the_minutes_of_all(
    first: list[tuple[str, int, int]], second: list[tuple[str, int, int]]
) -> None:
    a, minutes_a = counted(first)
    b, minutes_b = counted(second)
    before = [list(a.spans), list(b.spans)]
    both = union(a, b)
    assert both.within(0, MOST) == len(minutes_a | minutes_b)
    assert [a.spans, b.spans] == before, "looking changes nothing"


@given(WORK, TIMES, st.integers(1, MOST))
def test_the_moment_at_which_enough_is_covered_is_the_first(
    work: list[tuple[str, int, int]], start: int, amount: int
) -> None:
    spans, minutes = counted(work)
    behind = sorted(m for m in minutes if m >= start)
    first = behind[amount - 1] + 1 if len(behind) >= amount else None
    assert spans.reached(start, amount) == first


@given(WORK, TIMES)
def test_forgetting_the_past_leaves_the_rest(work: list[tuple[str, int, int]], at: int) -> None:
    spans, minutes = counted(work)
    spans.forget_before(at)
    assert spans.within(at, MOST) == len({m for m in minutes if m >= at})


def test_a_long_past_is_forgotten() -> None:
    spans = Spans()
    for n in range(100):
        spans.add(10 * n, 10 * n + 5)
    spans.forget_before(900)
    assert len(spans.spans) == 10


SENSORS = ["m1", "m2", "co"]
INTERVALS = {"m1": 2, "m2": 5, "co": 1}
HAPPENINGS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["hear", "offline", "deaf"]), st.sampled_from(SENSORS), st.integers(0, 9)),
    max_size=30,
)  # fmt: skip


def home_of() -> Household:
    home = Household("h", "s", 1, 3600)
    for name in SENSORS:
        kind = "co" if name == "co" else "motion"
        home.sensors[name] = Sensor(name, kind, since=0, interval=INTERVALS[name])
    return home


@given(HAPPENINGS)
def test_a_home_is_seen_in_exactly_the_minutes_in_which_a_life_sensor_was_online_and_we_listened(
    happenings: list[tuple[int, str, str, int]],
) -> None:
    home, at = home_of(), 1
    seen: set[int] = set()
    online: dict[str, int] = dict.fromkeys(SENSORS, 0)  # until when
    for wait, what, name, since in happenings:
        for minute in range(at, at + wait):
            if any(online[n] > minute for n in SENSORS if n != "co"):
                seen.add(minute)
        at += wait
        sensor = home.sensors[name]
        match what:
            case "hear":
                was_new = online[name] < at
                assert home.hear(sensor, at) == was_new
                online[name] = max(online[name] if not was_new else 0, at + 3 * INTERVALS[name])
            case "offline":
                home.end_lease(sensor, at)
                online[name] = min(online[name], at)
            case "deaf":
                start = max(1, at - since)
                home.deaf(start, at)
                seen -= set(range(start, at))
                for n, until in online.items():
                    if until <= at:
                        online[n] = min(until, start) if until > start else until
        assert home.lit(at) == any(online[n] >= at and home.sensors[n].lease_from <= at for n in SENSORS if n != "co")
    assert home.seen(at).within(0, at) == len(seen)


def test_only_sensors_that_tell_life_make_a_home_seen() -> None:
    home = home_of()
    home.hear(home.sensors["co"], 10)
    assert (home.lit(10), home.seen(12).within(0, 12)) == (False, 0)
    home.hear(home.sensors["m1"], 10)
    assert (home.lit(10), home.seen(12).within(0, 12)) == (True, 2)


def test_a_device_is_online_for_three_of_its_intervals() -> None:
    home = home_of()
    assert home.hear(home.sensors["m2"], 10)
    assert not home.hear(home.sensors["m2"], 20)
    assert home.seen(100).within(0, 100) == 25
    assert home.lit(35)
    assert not home.lit(36)
    assert home.hear(home.sensors["m2"], 50), "heard anew"
    assert home.seen(52).within(0, 52) == 27, "the time between stays blind"


def test_what_was_not_heard_is_blind_though_the_device_said_it_is_there() -> None:
    home = home_of()
    home.hear(home.sensors["m2"], 10)
    home.deaf(12, 20)
    assert home.hearing_since == 20
    assert home.seen(30).within(0, 30) == 2 + 5
    assert home.lit(25)


def test_minutes_known_from_numbers_stay_seen_though_we_were_deaf() -> None:
    home = home_of()
    home.by_seq.add(5, 40)
    home.deaf(10, 30)
    assert home.seen(50).within(0, 50) == 35


def test_a_clock_set_back_covers_nothing_that_lies_ahead() -> None:
    home = home_of()
    sensor = home.sensors["m2"]
    home.hear(sensor, 20)
    home.hear(sensor, 18)
    home.end_lease(sensor, 19)
    assert home.seen(100).within(0, 100) == 1
