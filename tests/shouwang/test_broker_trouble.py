"""What the broker complains of is recorded: a gateway that it cuts off says nothing to us itself."""

from pathlib import Path

import pytest

from events.keepers import make_database
from events.store import read
from events.types.system import SecurityNoted
from ingest.line import BrokerSilent
from shouwang.brokering import note_trouble
from shouwang.exits import Exit
from shouwang.house import House
from shouwang.operations.wire import broker_part
from shouwang.settings import read_settings

LINE = '[22157] 2026/11/21 21:53:{second}.309098 [ERR] 127.0.0.1:{port} - mid:6 - "{client}" - character not supported for MQTT topics'


def test_a_gateway_cut_off_for_a_space_in_a_name_is_named_once_an_hour(tmp_path: Path) -> None:
    settings = read_settings({"SHOUWANG_HOME": str(tmp_path)})
    database = make_database(settings.database)
    database.create()
    for second in range(10, 14):  # it resends for ever, from another port each time
        note_trouble(settings, LINE.format(second=second, port=40000 + second, client="gw-dp03"))
    note_trouble(settings, LINE.format(second=20, port=41000, client="gw-dp04"))
    note_trouble(settings, "[22157] 2026/11/21 21:54:00.1 [ERR] JetStream: no space left on device")
    with database.read() as db:
        noted = [recorded.event for recorded in read(db, 0)]
    database.close()
    assert noted == [
        SecurityNoted(what="broker_refused_topic", ref="gw-dp03"),
        SecurityNoted(what="broker_refused_topic", ref="gw-dp04"),
        SecurityNoted(what="broker_trouble"),
    ]


@pytest.mark.parametrize(
    ("what_dies", "code"),
    [
        ([BrokerSilent("nothing comes"), RuntimeError("and then this")], Exit.BROKER_SILENT),
        ([RuntimeError("a thread of ours"), BrokerSilent("nobody is left to read")], Exit.FAILED),
    ],
)
def test_a_service_that_ends_because_nothing_comes_by_the_broker_says_so_to_its_parent(
    tmp_path: Path, what_dies: list[Exception], code: int
) -> None:
    settings = read_settings({"SHOUWANG_HOME": str(tmp_path)})
    database = make_database(settings.database)
    database.create()
    database.close()
    house = House(settings)
    for failure in what_dies:
        house._died(failure)
    house.database.close()
    assert house.failed.is_set()
    assert house.ends_with == code
    (broker,) = broker_part(settings, {})
    assert (code in broker.anew_on) == (code == Exit.BROKER_SILENT)
