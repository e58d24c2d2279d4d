"""The learned line: days teach it, absences and alerts do not, and it never waits longer than the fixed limit."""

from itertools import pairwise

import msgspec
import pytest

from alerts.core.coverage import Spans
from alerts.core.household import Household, Routine
from alerts.core.policy import Policy
from alerts.core.routine import diary
from alerts.core.routine.clock import SLOTS, day_of, midnight, slot_of
from alerts.core.routine.in_force import absolute_limit, limit_in_force, line_terms
from alerts.core.routine.limits import Fixed, Learned, packed
from alerts.core.routine.line import learn
from alerts.replay.source import DatabaseLog
from alerts.replay.verify import verify
from events.store import New, append
from events.types.fact import DAY, HOUR, MINUTE
from events.types.routine import DayLived, LineTerms, RoutineLearned, Silence
from tests.house import House

TERMS = LineTerms(cap_s=12 * 3600)


def day(number: int, *silences: tuple[float, float, int], terms: LineTerms = TERMS) -> DayLived:
    """Silences as (ended at this hour, hours it lasted, kind)."""
    noted = [Silence(round(h * 60), round(lasted * 60), kind) for h, lasted, kind in silences]
    return DayLived(home="h", site="s", day=number, silences=noted, terms=terms)


NIGHT = (6, 8, diary.AT_HOME)
NAP = (14, 2.5, diary.AT_HOME)


def test_where_silences_run_long_it_waits_longer() -> None:
    line = learn([day(n, NIGHT, NAP) for n in range(45)], TERMS)
    assert line is not None
    assert line.usual[slot_of(midnight(9) + 5 * HOUR)] > 400
    assert line.usual[slot_of(midnight(9) + 10 * HOUR)] == 0
    assert line.limits[20] > line.limits[54] > line.limits[40]
    assert line.margin == 0


def test_fewer_than_seven_days_teach_nothing() -> None:
    assert learn([day(n, NIGHT) for n in range(6)], TERMS) is None
    assert learn([day(n, NIGHT) for n in range(7)], TERMS) is not None


def test_the_extra_margin_shrinks_until_all_days_are_there() -> None:
    lines = [learn([day(n, NIGHT, NAP) for n in range(count)], TERMS) for count in (7, 14, 30, 45)]
    margins = [line.margin for line in lines if line is not None]
    assert margins[0] > 0.9
    assert all(later < earlier for earlier, later in pairwise(margins))
    noon = [line.limits[40] for line in lines if line is not None]
    assert all(later <= earlier for earlier, later in pairwise(noon))


def test_it_never_waits_longer_than_the_fixed_limit() -> None:
    line = learn([day(n, (20, 19, diary.AT_HOME)) for n in range(45)], TERMS)
    assert line is not None
    assert max(line.limits) == 12 * 60


@pytest.mark.parametrize("kind", [diary.AWAY, diary.LEFT_OUT])
def test_absences_outages_and_alerts_do_not_teach(kind: int) -> None:
    plain = learn([day(n, NIGHT, NAP) for n in range(45)], TERMS)
    with_them = learn([day(n, NIGHT, NAP, *([(19, 4, kind)] if n % 3 == 0 else [])) for n in range(45)], TERMS)
    assert plain == with_them


def test_an_alert_for_nothing_widens_the_buffer_and_not_what_is_usual() -> None:
    plain = learn([day(n, NIGHT, NAP) for n in range(45)], TERMS)
    taught = learn([day(n, NIGHT, NAP, *([(19, 6, diary.FALSE_ALARM)] if n == 40 else [])) for n in range(45)], TERMS)
    assert plain is not None
    assert taught is not None
    assert taught.usual == plain.usual
    assert taught.buffer_min > plain.buffer_min + 100


def test_a_larger_budget_waits_less() -> None:
    odd = [day(n, NIGHT, (14, 1 + n % 7 / 3, diary.AT_HOME)) for n in range(45)]
    buffers = [
        line.buffer_min for budget in (0.5, 1, 4, 10)
        if (line := learn(odd, LineTerms(cap_s=43_200, budget=budget))) is not None
    ]  # fmt: skip
    assert buffers == sorted(buffers, reverse=True)
    assert buffers[0] > buffers[-1]


def test_what_is_older_than_the_window_is_forgotten() -> None:
    once = [day(0, (20, 11, diary.AT_HOME)), *(day(n, NIGHT) for n in range(1, 60))]
    assert learn(once, TERMS) == learn(once[15:], TERMS)


def test_a_silence_over_midnight_lies_in_both_days() -> None:
    line = learn([day(n, NIGHT) for n in range(45)], TERMS)
    assert line is not None
    assert 60 <= line.usual[slot_of(midnight(9) + 23 * HOUR)] < 150
    assert line.usual[slot_of(midnight(9) + 3 * HOUR)] > 280


def test_a_learned_limit_is_reached_when_the_hour_no_longer_explains_the_silence() -> None:
    minutes = [600 if slot < 28 else 120 for slot in range(SLOTS)]  # until seven in the morning, and then
    limit, start = Learned(packed(minutes), 12 * HOUR), midnight(100) - 2 * HOUR
    seen = Spans([(start, start + DAY)])
    assert limit.reached(start, seen, start + DAY) == midnight(100) + 7 * HOUR
    assert limit.due(start, Spans([(start, start + HOUR)]), start + HOUR) == midnight(100) + 7 * HOUR
    assert limit.reached(start, Spans([(start, start + HOUR)]), start + DAY) is None, "blind minutes stop the clock"


def test_the_most_holds_over_the_learned_limit() -> None:
    limit = Learned(packed([900] * SLOTS), 10 * HOUR)
    start = midnight(100)
    seen = Spans([(start, start + DAY)])
    assert limit.reached(start, seen, start + DAY) == Fixed(10 * HOUR).reached(start, seen, start + DAY)


def test_the_diary_keeps_days_apart_and_splits_what_a_late_sign_falls_into() -> None:
    home = Household("h", "s", 0, 43_200)
    zero = midnight(500)
    assert diary.note(home, zero + 1 * HOUR, zero + 3 * HOUR, diary.AT_HOME)
    assert not diary.note(home, zero + 23 * HOUR, zero + 25 * HOUR, diary.AT_HOME)
    assert not diary.note(home, zero + 3 * HOUR, zero + 3 * HOUR + 10 * MINUTE, diary.AT_HOME)
    diary.split(home, zero + 2 * HOUR)
    assert diary.page(home) == (500, [Silence(120, 60, 0), Silence(180, 60, 0)])
    assert home.lived_day == 501
    assert diary.page(home) == (501, [Silence(60, 120, 0)])
    assert home.lived == []


def test_after_days_of_ordinary_life_silence_is_noticed_hours_earlier(house: House) -> None:
    told_of_days(house, 30)
    house.lives()
    for _ in range(2):
        house.waits(hours=2.5)
        house.lives()
    house.waits(hours=9)
    house.lives()  # six in the morning
    lived = house.said(DayLived)[-1]
    assert [(s.until_min // 60, s.lasted_min // 60, s.kind) for s in lived.silences] == [
        (16, 16, diary.LEFT_OUT), (18, 2, diary.AT_HOME), (21, 2, diary.AT_HOME)
    ]  # fmt: skip
    assert [fact.days for fact in house.said(RoutineLearned)] == list(range(7, 32))
    last = house.at
    house.waits(hours=12)
    alert = house.alert("no_activity")
    assert alert.reason["why"] == "learned"
    assert alert.reason["limit_s"] < 9 * 3600
    assert alert.suspected_at is not None
    assert alert.suspected_at - last < 9 * HOUR
    verdict = verify(DatabaseLog(house.database))
    assert verdict.differences == []
    assert verdict.waiting == 0


def test_what_was_learned_survives_a_restart(house: House) -> None:
    told_of_days(house, 45)
    house.lives()
    house.restarts()
    house.waits(hours=8)
    assert house.alert("no_activity").reason["why"] == "learned"


def test_without_learning_the_fixed_limit_holds(house: House) -> None:
    told_of_days(house, 45)
    house.set(routine__on=0)
    house.lives()
    house.waits(hours=11.9)
    assert not [a for a in house.alerts() if a.danger == "no_activity"]
    house.waits(minutes=7)
    assert house.alert("no_activity").reason["why"] == "fixed"


def test_a_silence_that_begins_at_the_front_door_has_its_own_limit_and_word(house: House) -> None:
    told_of_days(house, 45)
    house.set(no_activity__away_s=10 * 3600)
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    house.hears("door-1", "contact", {"open": True})
    house.hears("door-1", "contact", {"open": False})
    house.waits(minutes=1)
    house.moves("hall-1")  # the sensor behind the door sees who leaves
    house.waits(hours=9.9)
    assert not [a for a in house.alerts() if a.danger == "no_activity"]
    house.waits(minutes=10)
    assert house.alert("no_activity").reason["why"] == "went_out"


def test_who_comes_home_is_judged_by_the_shorter_limit_again(house: House) -> None:
    told_of_days(house, 45)
    house.hears("door-1", "contact", {"open": False})
    house.lives()
    house.hears("door-1", "contact", {"open": True})
    house.waits(hours=3)
    house.hears("door-1", "contact", {"open": False})
    house.waits(minutes=5)
    house.lives()
    back = house.at
    house.waits(hours=11)
    alert = house.alert("no_activity")
    assert alert.reason["why"] == "learned"
    assert alert.suspected_at is not None
    assert alert.suspected_at - back < 9 * HOUR


def told_of_days(house: House, days: int) -> None:
    """So many days of ordinary life are in the log: a night, and nothing longer than two hours by day."""
    today = day_of(house.at)
    for number in range(today - days, today):
        silences = [Silence(360, 500, diary.AT_HOME), Silence(840, 60 + number % 5 * 15, diary.AT_HOME)]
        page = DayLived(home="dp03-12", site="dp03", day=number, silences=silences, terms=TERMS)
        news = New("home-dp03-12", "dp03", page, house.at, key=f"lived-{number}")
        house.database.write(lambda db, news=news: append(db, [news], recorded_at=house.at))
    house.settles()


CALIBRATED_TERMS = LineTerms(cap_s=10 * 3600, most_s=14 * 3600, neighbours=6)


def test_above_the_fixed_limit_it_goes_only_where_this_person_has_been_as_silent() -> None:
    long_nights = [day(n, (7, 11 + n % 3 / 2, diary.AT_HOME), NAP) for n in range(45)]
    line = learn(long_nights, CALIBRATED_TERMS)
    assert line is not None
    assert 11 * 60 < line.limits[26] <= 12 * 60 + 30, (
        "in the morning, as far as the longest such night and half an hour"
    )
    assert max(line.limits[36:80]) <= 10 * 60
    past_all = learn([day(n, (12, 18, diary.AT_HOME)) for n in range(45)], CALIBRATED_TERMS)
    assert past_all is not None
    assert max(past_all.limits) == 14 * 60
    then = learn(long_nights, LineTerms(cap_s=10 * 3600))
    assert then is not None
    assert max(then.limits) == 10 * 60, "a page from before says of no absolute limit"


def test_the_first_fortnight_is_judged_nearly_by_the_fixed_limit() -> None:
    for count in (7, 13):
        line = learn([day(n, NIGHT, NAP) for n in range(count)], CALIBRATED_TERMS)
        assert line is not None
        assert line.margin > 0.75
        assert min(line.limits) > 7.5 * 60


def test_what_alerts_for_nothing_leave_of_the_budget_is_shared() -> None:
    odd = [day(n, NIGHT, (14, 1 + n % 7 / 3, diary.AT_HOME)) for n in range(45)]
    lines = [learn([*odd[:-1], day(44, *[(1, 0.5, diary.FALSE_ALARM)] * n)], CALIBRATED_TERMS) for n in range(4)]
    buffers = [line.buffer_min for line in lines if line is not None]
    assert len(buffers) == 4
    assert buffers == sorted(buffers)
    assert buffers[-1] > buffers[0]


def test_the_budget_is_one_of_thirty_days_and_was_one_of_the_whole_window() -> None:
    odd = [day(n, NIGHT, (10 + n % 9, 1 + n * 7 % 45 / 15, diary.AT_HOME)) for n in range(45)]
    kept, then = (
        learn(odd, msgspec.structs.replace(CALIBRATED_TERMS, budget_days=days)) for days in (30, msgspec.UNSET)
    )
    assert kept is not None
    assert then is not None
    assert kept.buffer_min > then.buffer_min
    assert learn(odd, msgspec.structs.replace(CALIBRATED_TERMS, budget_days=45)) == then
    home = Household("h", "s", 0, 36_000)
    terms = [line_terms(home, Policy({"all/rules.generation": generation})) for generation in (6, 7)]
    assert [one.budget_days for one in terms] == [msgspec.UNSET, 30]
    assert b"budget_days" not in msgspec.json.encode(terms[0]), "an older page decided again is the same to the byte"


def test_the_absolute_limit_never_stands_above_what_was_set_for_just_this_home() -> None:
    home = Household("h", "s", 0, 36_000)
    now = Policy({"all/rules.generation": 5})
    assert absolute_limit(home, now) == 14 * HOUR
    assert line_terms(home, now) == LineTerms(cap_s=36_000, most_s=50_400, neighbours=6)
    assert absolute_limit(home, Policy({"all/rules.generation": 5, "h/no_activity_s": 28_800})) == 8 * HOUR
    assert absolute_limit(Household("h", "s", 0, 86_400), now) == 24 * HOUR
    then = Policy({"all/rules.generation": 4})
    assert absolute_limit(home, then) == 10 * HOUR
    assert line_terms(home, then) == LineTerms(cap_s=36_000), "an old log closes its pages as it did"


def test_who_went_out_is_waited_for_as_long_as_anybody_once_there_is_a_line() -> None:
    home, policy = Household("h", "s", 0, 36_000), Policy({"all/rules.generation": 5})
    assert limit_in_force(home, policy, out=True) == Fixed(10 * HOUR)
    home.routine = Routine(packed([300] * SLOTS), packed([60] * SLOTS), 45, 0)
    assert limit_in_force(home, policy, out=True) == Fixed(14 * HOUR)
    assert limit_in_force(home, policy, out=False) == Learned(packed([300] * SLOTS), 14 * HOUR)
    assert limit_in_force(home, Policy({"all/rules.generation": 4}), out=True) == Fixed(10 * HOUR)
