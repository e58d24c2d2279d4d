"""The one word for a home: always exactly one, and a reason with each that is not "protected"."""

from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.core.household import Dark, Household
from alerts.core.life import Life, Mark
from alerts.core.policy import Policy
from alerts.core.protection import Status, judge
from alerts.core.rule import DeadlineReached, Seen
from alerts.core.rules.blind_time import rule as blind_time
from events.types.fact import DAY, HOUR, SECOND

NOW = 20_000 * DAY
moments = st.none() | st.integers(NOW - 3 * DAY, NOW)
devices = st.fixed_dictionaries({
    "device": st.just("dp03/d-1"), "room": st.just("堂屋"), "interval_s": st.sampled_from([900, 3600]),
    "kind": st.sampled_from(["motion", "contact", "button", "co", "smoke", "gas", "water", "power", "climate", "gateway"]),
    "battery": st.booleans(), "online": st.sampled_from([None, True, False]), "out_of_service": st.booleans(),
    "last_heard": moments, "since": st.integers(NOW - 9 * DAY, NOW), "proven_at": moments, "use_floor": st.sampled_from([None, 5.0]),
})  # fmt: skip
rows = st.fixed_dictionaries({
    "retired_at": moments, "paused_at": moments, "away_since": moments, "why": st.just("so"),
    "away_until": st.none() | st.integers(NOW - DAY, NOW + DAY), "failed_rules": st.sampled_from([[], ["no_activity"]]),
})  # fmt: skip
lives = st.builds(
    Life, consent=st.sampled_from([None, Mark("user:a", 1)]),
    holes=st.sampled_from([[], [{"what": "uncovered"}], [{"what": "thin"}]]),
)  # fmt: skip


@settings(deadline=None)
@given(rows, st.lists(devices, max_size=4), lives)
def test_every_home_always_has_one_word_and_a_reason(
    row: dict[str, Any], hanging: list[dict[str, Any]], life: Life
) -> None:
    status, reasons = judge(row, hanging, life, NOW)
    assert status in get_args(Status)
    assert bool(reasons) is (status != "protected"), "what is not protected says why, and partly of what"
    sees = [d for d in hanging if d["online"] is not False and d["last_heard"] is not None and d["kind"] != "button"]
    if status in {"protected", "partly", "never_proven"}:
        assert sees, "a home that nobody can see is never called protected"


def test_more_than_a_day_without_its_battery_sensors_is_a_task_and_a_day_is_not() -> None:
    def raised_after(hours: float, cause: str) -> bool:
        home = Household("h", "s", NOW - 9 * DAY, 43_200)
        home.sight = Dark(cause, NOW, dark=True)  # type: ignore[arg-type]  # the causes are words of sight
        now = NOW + round(hours * HOUR)
        verdict = blind_time.watch({}, Seen(now, now, DeadlineReached(due=now)), home, Policy())
        assert verdict is not None
        if verdict.danger is None:
            assert verdict.wake_at is not None
            assert verdict.wake_at <= NOW + 24 * HOUR + 2 * SECOND
        return verdict.danger is not None

    assert [raised_after(hours, "sensor_dead") for hours in (4.5, 23.9, 24.1)] == [False, False, True]
    assert [raised_after(hours, "gateway_cut") for hours in (3.9, 4.1)] == [False, True]
