"""What the broker complains of is recorded: a gateway that it cuts off says nothing to us itself."""

from pathlib import Path

from events.keepers import make_database
from events.store import read
from events.types.system import SecurityNoted
from shouwang.brokering import note_trouble
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
