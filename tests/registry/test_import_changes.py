"""A changed file records only what is different about people, homes and places."""

import pytest
from small_town import (
    DAY,
    FEBRUARY_1,
    JANUARY_5,
    LATER,
    NOW,
    TOWN,
    changed,
    decides,
    everything,
    facts,
    line_of,
    news,
    take,
    the_new,
)

from alerts.registry import chains, homes, people, phones
from alerts.registry.importing import ImportRefused
from events.types.home import (
    ChainSet,
    HomeEnrolled,
    HomePaused,
    HomeRetired,
    PhoneVerified,
    PhoneWithdrawn,
    SiteRegistered,
)
from events.types.setting import SettingChanged

pytestmark = pytest.mark.both
NEW_HOME = """\
  - id: dp03-20
    site: dp03
    number: 20
    address: 东坪村三组20号
    residents: [{name: 苗小满}]
    watcher: p-w02
    no_activity_hours: 12
    devices:
      - {id: hall-20, model: motion-pir, room: 堂屋}
"""


def test_a_site_on_high_ground_says_so_once_and_a_file_that_says_nothing_leaves_it(taken):
    high = TOWN.replace("name_en: Dongpo Group 3,", "name_en: Dongpo Group 3, altitude_m: 1500,")
    assert take(taken, high, now=LATER).recorded == {"SettingChanged": 1}
    said = facts(taken, "SettingChanged")[-1].event
    assert (said.name, said.value, said.scope) == ("air.altitude_m", "1500.0", "site/dp03")
    assert take(taken, high, now=LATER + DAY).nothing_new
    assert take(taken, TOWN, now=LATER + DAY).nothing_new


def test_a_home_that_comes_later_is_given_what_was_set_for_its_group_and_its_village(taken):
    def set_for(scope, name, value):
        fact = SettingChanged(name=name, value=value, scope=scope, by="user:a")
        decides(taken, "settings", "all", fact, LATER)

    set_for("site/dp03", "class3.hours", "[7,19]")
    set_for("village/dp", "battery.low_pct", "20")
    set_for("village/dp", "class3.hours", "[6,18]")
    set_for("site/dp03", "no_activity_s", "3600")
    set_for("site/elsewhere", "flapping.changes", "9")
    assert news(taken, TOWN) == [], "homes that are there already have theirs"
    given = [new.event for new in news(taken, TOWN + NEW_HOME) if isinstance(new.event, SettingChanged)]
    assert [(said.name, said.value, said.scope) for said in given] == [
        ("class3.hours", "[6,18]", "dp03-20"), ("battery.low_pct", "20", "dp03-20"),
    ]  # fmt: skip


def test_a_changed_limit_enrolls_the_home_again_from_now(taken):
    new = the_new(taken, changed(("no_activity_hours: 12\n", "no_activity_hours: 10\n")))
    assert (new.event, new.at) == (HomeEnrolled(home="dp03-12", site="dp03", no_activity_s=36_000), LATER)
    with taken.read() as db:
        assert homes.home(db, "dp03-12").enrolled_at == FEBRUARY_1  # its history stays its own


def test_a_corrected_date_of_enrolment_is_recorded_for_that_date(taken):
    words = changed(("since: 2026-02-01", "since: 2026-02-03"))
    assert the_new(taken, words).at == FEBRUARY_1 + 2 * DAY
    assert news(taken, words) == []


def test_another_watcher_is_another_chain(taken):
    words = changed(("    second_watcher: p-w02\n", ""))
    new = the_new(taken, words)
    assert new.event == ChainSet(
        home="dp03-12", watcher=["p-w01"], second_watcher=[], grid_member=["p-g01"], village=["p-v01"], town=["p-t01"]
    )
    assert new.at == LATER
    assert news(taken, words) == []


def test_a_new_grid_member_answers_for_all_homes_of_the_grid_those_left_out_of_the_file_too(taken):
    seven = TOWN[TOWN.index("  - id: dp03-7\n") :]
    fresh = (
        '  - {id: p-g02, name: 沈细妹, role: grid_member, phones: [{number: "+8612000000006", verified: 2026-01-05}]}\n'
    )
    words = changed((seven, ""), ("member: p-g01", "member: p-g02"), ("villages:\n", fresh + "villages:\n"))
    told = {r.event.home: r.event.grid_member for r in news(taken, words) if isinstance(r.event, ChainSet)}
    assert told == {"dp03-12": ["p-g02"], "dp03-7": ["p-g02"]}
    with taken.read() as db:
        assert chains.chain_of(db, "dp03-7")["watcher"] == ["p-w02"]


def test_a_withdrawn_phone_is_not_believed_any_more_but_its_id_still_says_what_it_was(taken):
    words = changed(('"+8612000000001"', '"+8612000000011"'))
    gone, come = news(taken, words)
    assert (gone.event, gone.at) == (PhoneWithdrawn(person="p-w01", phone="ph-p-w01-1"), LATER)
    assert (come.event, come.at) == (PhoneVerified(person="p-w01", phone="ph-p-w01-2"), JANUARY_5)
    with taken.read() as db:
        assert phones.person_by_number(db, "+8612000000001") is None
        assert phones.phone(db, "ph-p-w01-1").number == "+8612000000001"
        assert [p.id for p in phones.phones_of(db, "p-w01")] == ["ph-p-w01-2"]
    assert [type(r.event) for r in news(taken, TOWN, now=LATER + DAY)] == [PhoneVerified, PhoneWithdrawn][::-1]
    with taken.read() as db:
        assert [p.id for p in phones.phones_of(db, "p-w01")] == ["ph-p-w01-1"]  # the same number, the same id


def test_two_people_may_swap_their_phones_and_two_homes_their_numbers_in_one_file(taken):
    words = changed(
        ('"+8612000000001"', "ONE"), ('"+8612000000002"', '"+8612000000001"'), ("ONE", '"+8612000000002"'),
        ("number: 12\n", "number: SEVEN\n"), ("number: 7\n", "number: 12\n"), ("SEVEN", "7"),
    )  # fmt: skip
    assert sorted(type(r.event).__name__ for r in news(taken, words)) == ["PhoneVerified"] * 2 + ["PhoneWithdrawn"] * 2
    with taken.read() as db:
        assert phones.person_by_number(db, "+8612000000001").id == "p-w02"
        assert phones.person_by_number(db, "+8612000000002").id == "p-w01"
        assert [(h.number, h.id) for h in homes.homes(db)] == [(7, "dp03-12"), (12, "dp03-7")]


def test_another_language_is_told_to_the_planner(taken):
    new = the_new(taken, changed(("role: watcher, language: en", "role: watcher")))
    assert (new.event, new.at) == (PhoneVerified(person="p-w02", phone="ph-p-w02-1", language="zh"), LATER)


def test_names_and_notes_change_without_a_word_in_the_log(taken):
    report = take(taken, changed(("王秋禾", "王春耕"), ("煤炉取暖", "换了空调"), ("耳背", "戴助听器")), LATER)
    assert (report.recorded, report.updated) == ({}, {"people": 1, "homes": 1, "residents": 1})
    with taken.read() as db:
        assert (people.person(db, "p-w01").name, homes.home(db, "dp03-12").notes) == ("王春耕", "换了空调")
        assert homes.home(db, "dp03-12").residents[0].notes == "戴助听器"


def test_a_site_in_another_grid_is_registered_again_and_its_homes_get_its_people(taken):
    words = changed(
        ("grid: dp-g1}", "grid: dp-g2}"),
        ("sites:\n", "  - {id: dp-g2, village: dp, name: 东坪二网格, member: p-g02}\nsites:\n"),
        ("villages:\n", '  - {id: p-g02, name: 沈细妹, role: grid_member, phones: [{number: "+8612000000006", verified: 2026-01-05}]}\nvillages:\n'),
    )  # fmt: skip
    found = [r.event for r in news(taken, words)]
    assert SiteRegistered(site="dp03", village="dp", grid="dp-g2") in found
    assert [e.grid_member for e in found if isinstance(e, ChainSet)] == [["p-g02"], ["p-g02"]]


def test_a_grid_that_goes_to_another_village_takes_along_the_sites_that_the_file_leaves_out(taken):
    words = changed(
        ("id: dp03, name: 东坪三组, name_en: Dongpo Group 3", "id: xh01, name: 西河一组"),
        ("  - {id: dp, name: 东坪村, head: p-v01}", "  - {id: xh, name: 西河村, head: p-v01}"),
        ("village: dp,", "village: xh,"),
        (TOWN[TOWN.index("homes:") :], "homes: []\n"),
    )
    found = [r.event for r in news(taken, words)]
    assert SiteRegistered(site="dp03", village="xh", grid="dp-g1") in found


@pytest.mark.parametrize("end", [HomeRetired(home="dp03-7", by="user:a"), HomePaused(home="dp03-7", by="user:a")])
def test_a_new_limit_does_not_bring_back_a_home_that_was_paused_or_retired(taken, end):
    decides(taken, "home-dp03-7", "dp03", end, NOW)
    before = len(facts(taken))
    report = take(taken, changed(("no_activity_hours: 1.5", "no_activity_hours: 2")), LATER)
    assert report.left_alone == ["dp03-7"]
    assert len(facts(taken)) == before


def test_what_contradicts_the_registry_is_refused_with_its_line(taken):
    before = everything(taken)
    words = changed(
        ("  - id: dp03-12\n", "  - id: dp03-99\n"), ("id: p-w01,", "id: p-w91,"), ("watcher: p-w01", "watcher: p-w91"),
        ("-12,", "-99,"), ("number: 7\n", "number: 9\n"),
    )  # fmt: skip
    with pytest.raises(ImportRefused) as refused:
        take(taken, words, LATER)
    assert [(f.line, f.field) for f in refused.value.faults] == [
        (4, "people[0].phones[0].number"), (line_of(words, "number: 12"), "homes[0].number"),
    ]  # fmt: skip
    assert everything(taken) == before


def test_a_home_stays_on_its_site_for_ever(taken):
    words = changed(
        ("id: dp03, name: 东坪三组, name_en: Dongpo Group 3", "id: dp04, name: 东坪四组"),
        ("site: dp03\n", "site: dp04\n"),
    )
    with pytest.raises(ImportRefused) as refused:
        take(taken, words, LATER)
    assert [f.field for f in refused.value.faults] == ["homes[0].site", "homes[1].site"]
