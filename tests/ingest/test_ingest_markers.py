"""Our messages to ourselves: when they leave, and which of them prove anything."""

from door import until

from ingest.addressing import Patience
from ingest.markers import Markers

PATIENCE = Patience(ack_wait_s=0.05, ping_every_s=60, pong_within_s=60)


def back(markers, sent):
    return [markers.came(topic, body, 1, 1) for topic, body in sent]


def test_only_a_round_that_left_after_redeliveries_have_settled_proves_completeness():
    markers, rounds = Markers(1, "us", PATIENCE), []
    markers.begin()
    rounds.append(list(markers.due(5)))
    until(lambda: rounds.append(list(markers.due(6))) or rounds[-1])
    assert list(markers.due(7)) == []
    first, second = back(markers, rounds[0]), back(markers, rounds[-1])
    assert [(m.tail, m.settled, m.published_at) for m in first] == [(t, False, 5) for t in ("event", "tele", "status")]
    assert all(m.settled and m.published_at == 6 for m in second)


def test_markers_of_an_earlier_connection_another_client_or_a_stranger_prove_nothing():
    ours, earlier, other = (Markers(g, c, PATIENCE) for g, c in ((2, "us"), (1, "us"), (2, "them")))
    foreign = [next(iter(each.due(5))) for each in (earlier, other)] + [("shouwang/v1/_self/us/event", b"?")]
    list(ours.due(5))
    assert [m.round for m in back(ours, foreign)] == [0, 0, 0]
    assert not ours.answered
    assert not ours.overdue()
