"""How much an alarm screen asks of its operator: what is a flood and what not, to the second."""

from alerts.projections.alarm_load import Again, Load, Sounded, behind
from events.types.fact import DAY, HOUR, MINUTE, SECOND

MIDNIGHT = 1_795_190_400 * SECOND  # 2026-11-21 00:00 in the town


def alert(name, at, home="h1", danger="smoke", number=1, **more):
    return Sounded(name, home, "dp03", "", danger, number, at, **more)


def load(*raised, since=MIDNIGHT, until=MIDNIGHT + DAY, again=(), **more):
    empty = {"standing": [], "drills": [], "suspected": []}
    return Load(since, until, list(raised), list(again), **{**empty, **more})


def volley(count, at, apart):
    return [alert(f"a-{at}-{n}", at + n * apart, home=f"h{n}") for n in range(count)]


def test_more_than_ten_within_ten_minutes_are_a_flood_and_ten_are_none():
    assert load(*volley(10, MIDNIGHT, SECOND)).flood_share == 0
    flood = load(*volley(11, MIDNIGHT, 59 * SECOND))
    assert flood.floods() == {MIDNIGHT} and flood.flood_share == 1 / 144
    assert len(flood.flooding()) == 11
    assert load(*volley(11, MIDNIGHT, 60 * SECOND)).flood_share == 0, "the eleventh comes when ten minutes are over"


def test_a_flood_that_lies_across_two_ten_minutes_of_the_clock_is_one():
    begins = MIDNIGHT + 7 * MINUTE
    flood = load(alert("before", MIDNIGHT), *volley(12, begins, 30 * SECOND))
    assert flood.busiest() == (12, begins)
    assert flood.floods() == {MIDNIGHT}
    assert "before" not in {one.alert for one in flood.flooding()}


def test_a_storm_of_thousands_counts_each_once():
    storm = load(*volley(3000, MIDNIGHT, SECOND // 10), *volley(11, MIDNIGHT + HOUR, SECOND))
    assert storm.busiest() == (3000, MIDNIGHT)
    assert len(storm.flooding()) == len({one.alert for one in storm.flooding()}) == 3011


def test_the_picture_goes_by_the_clock_of_the_town_and_holds_every_alert():
    since = MIDNIGHT - 3 * HOUR
    shown = load(alert("late", since), alert("early", MIDNIGHT), since=since)
    bars = shown.bars(DAY)
    assert [(bar.since, bar.until, bar.count) for bar in bars] == [
        (since, MIDNIGHT, 1), (MIDNIGHT, MIDNIGHT + DAY, 1),
    ]  # fmt: skip


def test_three_within_an_hour_chatter_and_an_hour_later_the_third_does_not():
    first = alert("a", MIDNIGHT)
    for last, chatters in ((HOUR - SECOND, ["a"]), (HOUR, [])):
        shown = load(first, again=[Again(first, MIDNIGHT + MINUTE), Again(first, MIDNIGHT + last)])
        assert [one.alert for one in behind(shown, "chattering")] == chatters
    elsewhere = [alert("b", MIDNIGHT, home="h2"), alert("c", MIDNIGHT, danger="gas")]
    assert load(first, *elsewhere).chattering() == [], "another home or another danger is another thing"


def test_a_quiet_town_is_shown_without_a_division_by_nothing():
    nothing = load()
    assert (nothing.busiest(), nothing.an_hour, nothing.flood_share) == ((0, MIDNIGHT), 0, 0)
    assert nothing.top("place") == nothing.by_class() == nothing.chattering() == []
    assert nothing.acknowledged().mean_s is None
