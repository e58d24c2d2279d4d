"""A strict provider: what is expected is said beforehand, and anything else fails whoever owns the phones."""

# ruff: noqa: F811 -- fixtures are asked for by the names under which they are imported

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from twilio_customer import ANNA, BERT, customer, provider, send  # noqa: F401 -- fixtures

from simulators.twilio import NotAsExpected, SimulatedTwilio
from simulators.twilio.expectations import Expectations, Text


def test_what_was_expected_came_and_nothing_is_said(provider):
    provider.expect(ANNA, "着火", times=2)
    provider.expect(BERT)
    for to, body in ((ANNA, "12号家着火"), (BERT, "anything"), (ANNA, "又着火")):
        send(provider, to=to, body=body)
    provider.check()


def test_a_message_that_nobody_expected_is_named_with_its_phone():
    strange = r"nobody expected that \+8612000000002 gets '电池'"
    with pytest.raises(NotAsExpected, match=strange), SimulatedTwilio() as strict:
        strict.expect(ANNA, "着火")
        send(strict, to=ANNA, body="着火")
        send(strict, to=BERT, body="电池")


def test_one_more_than_expected_is_unexpected_and_one_less_is_missing(provider):
    provider.expect(ANNA, "着火", times=2)
    for _ in range(3):
        send(provider, body="着火")
    with pytest.raises(NotAsExpected, match="nobody expected"):
        provider.check()
    provider.reset()
    provider.expect(ANNA, "着火", times=2)
    send(provider, body="着火")
    with pytest.raises(NotAsExpected, match=r"1 of 2 did not come: \+8612000000001 should have got '着火'"):
        provider.check()
    provider.reset()


def test_a_text_that_never_reaches_its_phone_was_sent_all_the_same(provider):
    provider.fault("undelivered")
    provider.expect_nothing_else()
    send(provider)
    with pytest.raises(NotAsExpected):
        provider.check()
    provider.reset()


def test_who_expects_nothing_in_particular_is_not_judged_and_who_failed_already_hears_of_that(provider):
    send(provider)
    provider.check()
    with pytest.raises(ZeroDivisionError), SimulatedTwilio() as strict:
        strict.expect(ANNA)
        raise ZeroDivisionError


def test_the_json_door_expects_and_judges(provider):
    door = f"{provider.base_url}/sim"
    requests.post(f"{door}/expect", json=[{"to": ANNA, "contains": "着火", "times": 1, "at_most": 2}], timeout=8)
    told = requests.get(f"{door}/verdict", timeout=8).json()
    assert not told["as_expected"]
    assert ANNA in told["sentences"][0]
    send(provider, body="着火")
    assert requests.get(f"{door}/verdict", timeout=8).json() == {"as_expected": True, "sentences": []}
    send(provider, to=BERT, body="着火")
    assert BERT in requests.get(f"{door}/verdict", timeout=8).json()["sentences"][0]
    for wrong in ({"to": "anna"}, {"to": ANNA, "times": -1}, {"to": ANNA, "times": 3, "at_most": 2}, {"too": ANNA}):
        assert requests.post(f"{door}/expect", json=[wrong], timeout=8).status_code == 422
    requests.post(f"{door}/reset", timeout=8)
    assert requests.post(f"{door}/expect", json=[], timeout=8).json()["as_expected"]
    send(provider)
    assert not requests.get(f"{door}/verdict", timeout=8).json()["as_expected"]
    provider.reset()


def test_expectations_that_overlap_are_shared_out_so_that_all_are_met():
    expected = Expectations()
    expected.expect(ANNA)
    expected.expect(ANNA, "着火")
    expected.expect(ANNA, times=(0, 1))
    assert expected.verdict([Text(ANNA, "着火"), Text(ANNA, "电池")]).sentences == []
    assert expected.verdict([Text(ANNA, "电池"), Text(ANNA, "着火"), Text(ANNA, "水")]).sentences == []
    assert len(expected.verdict([Text(ANNA, "电池"), Text(ANNA, "水")]).sentences) == 1
    with pytest.raises(ValueError, match="times"):
        expected.expect(ANNA, times=(2, 1))


WORDS = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=6)


@given(came=WORDS, wanted=WORDS)
def test_as_many_messages_as_possible_find_their_expectation(came, wanted):
    expected = Expectations()
    expected.nothing_else()
    for words in wanted:
        expected.expect(ANNA, words)
    verdict = expected.verdict(Text(ANNA, body) for body in came)
    unmet = sum(short for _, short in verdict.missing)
    assert len(came) - len(verdict.unexpected) == len(wanted) - unmet == _best(came, wanted)


def _best(came: list[str], wanted: list[str]) -> int:
    """By trying everything."""
    if not wanted:
        return 0
    first, rest = wanted[0], wanted[1:]
    fits = [n for n, body in enumerate(came) if first in body]
    with_it = [1 + _best(came[:n] + came[n + 1 :], rest) for n in fits]
    return max([_best(came, rest), *with_it])
