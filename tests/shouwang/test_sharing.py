"""How seats are shared: everybody gets about as many, nobody is left without, and it comes to rest."""

import random

import pytest

from shouwang.sharing import PATIENCE_S, Standing, to_give, to_take

SEATS = 4


def settle(held: dict[str, set[int]], *, most: int = 40) -> int:
    """One after another looks and acts, until nobody does anything; how many rounds that took."""
    free: dict[int, float] = dict.fromkeys(set(range(SEATS)) - set().union(*held.values()), 0.0)
    for round_ in range(most):
        before = {who: set(seats) for who, seats in held.items()}
        for who, seats in held.items():
            standing = Standing(who, held, free)
            for seat in to_give(standing):
                seats.remove(seat)
                free[seat] = 0.0
            for seat in to_take(Standing(who, held, dict(free))):
                seats.add(seat)
                del free[seat]
        free = {seat: since + 1.0 for seat, since in free.items()}
        if held == before and not free:
            return round_
    pytest.fail(f"it does not come to rest: {held}")


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_however_it_begins_it_ends_evenly(count: int) -> None:
    for seed in range(200):
        chance = random.Random(seed)
        held: dict[str, set[int]] = {f"p{n}": set() for n in range(count)}
        for seat in range(SEATS):
            if chance.random() < 0.8:
                held[chance.choice(list(held))].add(seat)
        settle(held)
        counts = sorted(len(seats) for seats in held.values())
        assert sum(counts) == SEATS
        assert counts[-1] - counts[0] <= 1, (seed, counts)


def test_one_alone_takes_all_at_once() -> None:
    assert to_take(Standing("a", {"a": []}, dict.fromkeys(range(4), 0.0))) == [0, 1, 2, 3]


def test_who_holds_more_leaves_a_free_seat_to_who_holds_fewer_but_not_for_ever() -> None:
    held = {"a": [0, 1], "b": [2], "c": []}
    assert to_take(Standing("b", held, {3: 0.5})) == []
    assert to_take(Standing("c", held, {3: 0.5})) == [3]
    assert to_take(Standing("b", held, {3: PATIENCE_S})) == [3]


def test_nobody_gives_anything_back_while_a_seat_lies_free() -> None:
    assert to_give(Standing("a", {"a": [0, 1, 2], "b": []}, {3: 0.0})) == []
    assert to_give(Standing("a", {"a": [0, 1, 2, 3], "b": []}, {})) == [2, 3]
    assert to_give(Standing("a", {"a": [0, 1], "b": [2], "c": [3]}, {})) == []
