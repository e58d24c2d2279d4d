"""What the rest of the house may ask the registry once a town is in it."""

import pytest
from small_town import FEBRUARY_1, JANUARY_5, NOW, changed, decides, take
from sqlalchemy.exc import IntegrityError

from alerts.core.wording import render, utf16_units
from alerts.registry import chains, devices, homes, people, phones, places, texts
from events.types.home import HomePaused, HomeResumed, HomeRetired

pytestmark = pytest.mark.both


@pytest.fixture
def db(database):
    take(database)
    with database.read() as db:
        yield db


def test_a_home_is_known_with_its_people_and_its_place(db):
    home = homes.home(db, "dp03-12")
    assert (home.number, home.address, home.notes) == (12, "东坪村三组12号", "煤炉取暖")
    assert (home.no_activity_s, home.enrolled_at, home.status) == (12 * 3600, FEBRUARY_1, "enrolled")
    assert home.residents == [homes.Resident("李桂兰", 1941, "耳背")]
    assert [h.id for h in homes.homes(db)] == ["dp03-7", "dp03-12"]
    assert homes.home(db, "dp03-99") is None
    assert places.place_names(db, "dp03-12") == places.PlaceNames(
        town="示例镇", village="东坪村", grid="东坪一网格", site="东坪三组", number=12, address="东坪村三组12号"
    )
    assert places.place_names(db, "nowhere") is None
    assert places.town(db).signature == "示例守望"


def test_a_house_and_a_person_are_said_as_messages_need_them(db):
    home, king = homes.home(db, "dp03-12"), people.person(db, "p-w01")
    assert homes.house_label(home) == "12号家"
    assert homes.house_label(home, with_site=True) == "东坪三组12号家"
    assert homes.house_label(home, "en", with_site=True) == "House 12 Dongpo Group 3"
    assert people.short_name(king) == "王守望员"
    assert people.short_name(king, "en") == "Watcher Wang"
    double = people.person(db, "p-w02")
    assert (people.short_name(double), utf16_units(people.short_name(double))) == ("欧阳守望员", 5)
    assert people.short_name(double, "en") == "a watcher"  # no Latin name is known
    words = {"house": homes.house_label(home), "person": people.short_name(double), "clock": "14:32"}
    assert "欧阳守望员" in render("stand_down", words, "zh", places.town(db).signature)


@pytest.mark.parametrize(
    "written",
    [
        "+8612000000001", "12000000001", "8612000000001", "008612000000001", "+86 120 0000 0001",
        "+86-120-0000-0001", "１２０００００００01", "＋８６１２００００００００１", "(+86)12000000001",
    ],
)  # fmt: skip
def test_a_phone_is_found_however_its_number_is_written(db, written):
    assert phones.person_by_number(db, written).id == "p-w01"


@pytest.mark.parametrize("written", ["", "+", "12000000009", "王秋禾", "+861200000000", "1" * 40, "+8612000000001#"])
def test_a_number_that_is_nobodys_finds_nobody(db, written):
    assert phones.person_by_number(db, written) is None


def test_a_phone_nobody_has_verified_is_neither_told_nor_believed(database):
    spare = '{number: "+8612000000001", verified: 2026-01-05}, {number: "+8612000000009"}'
    take(database, changed(('{number: "+8612000000001", verified: 2026-01-05}', spare)))
    with database.read() as db:
        assert phones.person_by_number(db, "+8612000000009") is None
        assert [p.number for p in phones.phones_of(db, "p-w01")] == ["+8612000000001"]
        assert phones.phones_of(db, "p-w01")[0].verified_at == JANUARY_5
        assert phones.phone(db, "ph-p-w01-2").live is False


def test_the_chain_follows_from_the_home_its_site_and_the_town(db):
    assert chains.chain_of(db, "dp03-12") == {
        "watcher": ["p-w01"], "second_watcher": ["p-w02"], "grid_member": ["p-g01"], "village": ["p-v01"],
        "town": ["p-t01"],
    }  # fmt: skip
    assert chains.chain_of(db, "dp03-7")["second_watcher"] == []
    assert chains.homes_of(db, "p-w02", 0) == ["dp03-12", "dp03-7"]


def test_devices_carry_their_models_values_and_what_the_file_says_otherwise(db):
    assert [d.id for d in devices.devices_of(db, "dp03-12")] == [f"dp03/{d}-12" for d in ("hall", "door", "co", "plug")]
    door, plug = devices.device(db, "dp03/door-12"), devices.device(db, "dp03/plug-12")
    assert (door.kind, door.role, door.room, door.since) == ("contact", "front_door", "大门", FEBRUARY_1)
    assert (plug.use_floor, plug.battery, plug.interval_s) == (15, False, 300)
    pulse = devices.device(db, "dp03/hall-7")
    assert (pulse.pulse, pulse.interval_s, pulse.retrigger_s, pulse.since) == (True, 3600, 10, NOW)


def test_the_status_of_a_home_is_what_the_log_says_last(database):
    take(database)
    told = [
        (HomePaused(home="dp03-7", by="user:a"), "paused"),
        (HomeResumed(home="dp03-7", by="user:a"), "enrolled"),
        (HomeRetired(home="dp03-7", by="user:a"), "retired"),
    ]
    for fact, status in told:
        decides(database, "home-dp03-7", "dp03", fact, NOW)
        with database.read() as db:
            assert homes.home(db, "dp03-7").status == status
            assert homes.statuses(db) == {"dp03-7": status, "dp03-12": "enrolled"}


def test_free_text_is_kept_word_for_word_under_counted_ids(database):
    first = database.write(lambda db: texts.keep_text(db, "sms", "  去不了，脚崴了\n😀", "p-w01", NOW))
    second = database.write(lambda db: texts.keep_text(db, "note", "a\0b\ud800c", "user:ops", NOW))
    assert (first, second) == ("t1", "t2")
    with database.read() as db:
        assert texts.text(db, first) == texts.Text("t1", "sms", "  去不了，脚崴了\n😀", "p-w01", NOW)
        kept = texts.text(db, second).text
        assert kept.startswith("a\ufffdb") and kept.endswith("c")
        kept.encode()  # nothing is left that a database refuses
        assert [texts.text(db, odd) for odd in ("t3", "1", "t", "tx", "t１", "t-1", "t" + "9" * 40)] == [None] * 7


def test_two_people_can_never_hold_the_same_verified_number(database):
    take(database)
    row = {"id": "ph-x", "person": "p-w02", "place": 9, "number": "+8612000000001", "verified_at": 1}
    with pytest.raises(IntegrityError):
        database.write(lambda db: db.execute(phones.tables.phones.insert().values(**row)))
