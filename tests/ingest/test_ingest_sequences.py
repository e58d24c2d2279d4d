"""Which numbers are missing, told against the plainest possible count."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.sequences import Boot, Sequences


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_the_acknowledged_number_has_nothing_missing_below_it(order):
    boot, here = Boot(0), set()
    for seq in order:
        boot.reach(seq)
        here.add(seq)
        whole = 0
        while whole + 1 in here:
            whole += 1
        assert boot.whole == whole
        missing = {n for low, high in boot.missing for n in range(low, high + 1)}
        assert missing == set(range(1, max(here))) - here


@given(st.permutations(range(1, 15)))
def test_every_gap_that_opened_is_closed_once_all_is_here(order):
    boot, opened, closed = Boot(0), [], []
    for seq in order:
        if hole := boot.reach(seq):
            opened.append(hole)
        closed += boot.closed()
    assert sorted(opened) == sorted(closed)
    assert not boot.gaps


def test_a_device_is_taken_up_where_we_first_hear_it():
    sequences = Sequences()
    assert sequences.came("dp03/hall-1", "b1", 482) is None
    assert sequences.whole("dp03/hall-1", "b1") == 482


def test_a_further_boot_begins_at_one_or_simply_goes_on():
    sequences = Sequences()
    sequences.came("dp03/hall-1", "b1", 10)
    assert sequences.came("dp03/hall-1", "b2", 3) == [1, 2]
    assert sequences.came("dp03/hall-1", "b3", 4) is None


def test_what_lies_before_the_first_number_we_heard_is_waited_for_once_some_of_it_comes():
    sequences = Sequences()
    sequences.came("dp03/hall-1", "b1", 9)
    assert sequences.came("dp03/hall-1", "b1", 5) == [6, 8]
    assert sequences.whole("dp03/hall-1", "b1") == 5, "an acknowledgement never passes a hole we know of"
    for seq in (6, 7, 8):
        assert sequences.came("dp03/hall-1", "b1", seq) is None
    assert sequences.closed("dp03/hall-1", "b1") == [[6, 8]]
    assert sequences.whole("dp03/hall-1", "b1") == 9
    sequences.lost("dp03/hall-1", "b1", 1, 2)
    assert sequences.whole("dp03/hall-1", "b1") == 2
    sequences.lost("dp03/hall-1", "b1", 3, 4)
    assert sequences.whole("dp03/hall-1", "b1") == 9


def test_a_boot_that_only_seemed_to_go_on_is_waited_for_from_its_beginning():
    sequences = Sequences()
    sequences.came("dp03/hall-1", "b1", 4)
    sequences.came("dp03/hall-1", "b2", 5)
    assert sequences.came("dp03/hall-1", "b2", 1) == [2, 4]
    assert sequences.whole("dp03/hall-1", "b2") == 1


@given(st.permutations(range(7, 22)))
def test_whichever_number_comes_first_none_that_is_missing_is_acknowledged(order):
    sequences, here = Sequences(), set()
    for seq in order:
        sequences.came("dp03/hall-1", "b1", seq)
        here.add(seq)
        whole = sequences.whole("dp03/hall-1", "b1")
        assert whole == next(n for n in range(min(here), 23) if n + 1 not in here)


def test_a_late_word_from_an_earlier_boot_does_not_disturb_the_present_one():
    sequences = Sequences()
    for bootid, seq in (("b1", 9), ("b2", 1), ("b1", 10), ("b2", 2)):
        assert sequences.came("dp03/hall-1", bootid, seq) is None
    assert sequences.whole("dp03/hall-1", "b2") == 2


def test_what_is_lost_need_not_be_waited_for():
    sequences = Sequences()
    sequences.came("dp03/hall-1", "b1", 1)
    sequences.came("dp03/hall-1", "b1", 9)
    sequences.lost("dp03/hall-1", "b1", 2, 6)
    assert sequences.whole("dp03/hall-1", "b1") == 6
    sequences.lost("dp03/hall-1", "b1", 12, 13)
    assert sequences.closed("dp03/hall-1", "b1") == []
    for seq in (7, 8):
        sequences.came("dp03/hall-1", "b1", seq)
    assert sequences.closed("dp03/hall-1", "b1") == [[2, 8]]
    assert sequences.whole("dp03/hall-1", "b1") == 9


def test_thousands_of_holes_stay_bounded_and_never_acknowledge_too_much():
    boot = Boot(0)
    for seq in range(1, 5000, 2):
        boot.reach(seq)
    assert len(boot.missing) <= 512
    assert boot.whole == 1


def test_a_snapshot_brings_everything_back():
    sequences, again = Sequences(), Sequences()
    for seq in (1, 2, 5):
        sequences.came("dp03/hall-1", "b1", seq)
    sequences.has_status("dp03/hall-1", "online b1")
    again.load("dp03/hall-1", sequences.dump("dp03/hall-1"))
    assert again.whole("dp03/hall-1", "b1") == 2
    assert not again.is_news("dp03/hall-1", "online b1")
    for seq in (3, 4):
        again.came("dp03/hall-1", "b1", seq)
    assert again.closed("dp03/hall-1", "b1") == [[3, 4]]
