"""Lanes are stored with every fact: what hashes where is fixed for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.lanes import ALL, LANES, lane_of

GOLDEN = {
    "dp03": 61, "w1": 52, "": 0, "dp01": 17, "dp02": 43, "site-1": 37, "p-w01": 45, "p-g01": 29, "xh07": 11,
    "东坪": 20, "shili": 22,
}  # fmt: skip
"""zlib.crc32 of the UTF-8 text, modulo 64."""


@pytest.mark.parametrize(("key", "lane"), GOLDEN.items())
def test_a_key_keeps_its_lane_for_ever(key: str, lane: int) -> None:
    assert lane_of(key) == lane


def test_what_concerns_everybody_lies_in_a_lane_of_its_own() -> None:
    assert lane_of("all") == ALL == LANES == 64


@given(st.text())
def test_every_other_key_lies_in_one_of_the_64(key: str) -> None:
    assert key == "all" or 0 <= lane_of(key) < 64
