"""The words people read: short, plain, whole, and the same shape for every carrier."""

import re
from itertools import product

import pytest

from alerts.core.reply_words import Action
from alerts.core.templates.en import EN
from alerts.core.templates.zh import ZH
from alerts.core.wording import (
    KINDS,
    TEMPLATES,
    Template,
    WordingError,
    action_name,
    class_name,
    danger_name,
    house_label,
    local_clock,
    outcome_name,
    person_short,
    render,
    slot_list,
    utf16_units,
    what_to_do,
)

DANGERS = [
    "carbon_monoxide",
    "smoke",
    "gas",
    "sos",
    "help",
    "no_activity",
    "device_silent",
    "unknown_device_alarm",
    "dark_and_quiet",
    "sensor_out_of_service",
    "responder_unreachable",
    "rule_failed",
    "site_area",
    "blind_time",
    "water",
    "low_temperature",
]
OUTCOMES = [
    "rescued",
    "hospital",
    "deceased",
    "safe_at_home",
    "away_unreported",
    "elder_cancelled",
    "device_false_alarm",
    "device_fault",
    "request_done",
    "drill",
    "resolved_itself",
    "fixed",
]
LONGEST = {
    "zh": {
        "house": "东坪村三大组1234号家",
        "person": "欧阳守望员",
        "clock": "23:59",
        "hours": "999",
        "minutes": "999",
        "days": "14",
        "usual": "99",
        "room": "东间卧室",
        "round": "999",
        "copy": "9",
        "count": "999",
        "homes": "9999",
        "places": "999",
        "requests": "999",
        "repairs": "999",
        "fresh": "999",
        "site": "东坪村第十三小组",
        "slot": "9",
        "persons": "欧阳守望员、党员中心户、欧阳网格员、欧阳守望员、东方守望员等",
        "slots": "1=东坪三组12号家,2=东坪三组13号家,3=东坪三组145号家,4=72号家",
        "note": "请带手电从后门进，狗拴着不咬人，钥匙在东邻家，老人耳背要大声喊，到了回个话，谢谢",
    },
    "en": {
        "house": "House 1234 Dongping Thre",
        "person": "Village officer Wang",
        "clock": "23:59",
        "hours": "999",
        "minutes": "999",
        "days": "14",
        "usual": "99",
        "room": "back rooms",
        "round": "999",
        "copy": "9",
        "count": "999",
        "homes": "9999",
        "places": "999",
        "requests": "999",
        "repairs": "999",
        "fresh": "999",
        "site": "Dongping Village Thr",
        "slot": "9",
        "persons": "Village officer Wang, Grid member Ouyang, Watcher Q and more",
        "slots": "1=House 1234 Dongping Thre,2=House 1234 Dongping Thre,3=House 1234 Dongping Thre",
        "note": "Please take a torch and go in by the back door, the dog is tied up and the key is next door"[:90],
    },
}
SIGNATURE = {"zh": "示例守望示例", "en": "Shili Watch Town"}
ALARMING = [
    "中毒",
    "昏迷",
    "死亡",
    "去世",
    "尸",
    "病危",
    "中风",
    "poison",
    "unconscious",
    "dead",
    "died",
    "death",
    "corpse",
    "stroke",
]
TEXTS = {"zh": ZH, "en": EN}


def _longest(kind: str, language: str) -> list[str]:
    tables = {
        "danger": TEXTS[language].dangers,
        "do_first": TEXTS[language].do_first,
        "outcome": TEXTS[language].outcomes_told,
        "trouble": TEXTS[language].troubles,
    }
    return list(tables[kind]) if kind in tables else [LONGEST[language][kind]]


def _every_full_message(language: str) -> list[tuple[str, str]]:
    messages = []
    for name, template in TEMPLATES.items():
        for values in product(*(_longest(kind, language) for kind in template.variables.values())):
            variables = dict(zip(template.variables, values, strict=True))
            messages.append((name, render(name, variables, language, SIGNATURE[language])))
    return messages


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_examples_here_are_as_long_as_a_variable_may_be(language):
    for name, value in LONGEST[language].items():
        kind = KINDS[name]
        assert utf16_units(value) == (kind.longest_zh if language == "zh" else kind.longest_en), name


def test_every_message_fits_one_sms_with_every_variable_at_its_longest():
    for name, text in _every_full_message("zh"):
        assert utf16_units(text) <= 70, name
    for name, text in _every_full_message("en"):
        assert len(text) <= 160, name


def test_an_english_message_uses_only_letters_that_count_once_in_an_sms():
    for name, text in _every_full_message("en"):
        assert re.fullmatch(r"[A-Za-z0-9 .,:;()'+=!?-]+", text), name


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_message_holds_a_link_a_phone_number_or_a_diagnosis(language):
    for name, text in _every_full_message(language):
        assert not re.search(r"http|www|://|\.c", text, re.IGNORECASE), name
        assert not re.search("[0-9]{7}", text), name
        assert not [word for word in ALARMING if word in text.lower()], name


def test_no_two_variables_touch_and_both_languages_use_the_same_ones():
    for name, template in TEMPLATES.items():
        for text in (template.zh, template.en):
            assert "}{" not in text, name
            assert set(re.findall(r"\{(\w+)\}", text)) == set(template.variables), name


def test_every_message_says_who_sends_it_and_reads_as_in_the_design():
    variables = {"house": "12号家", "clock": "14:32", "slot": 3}
    assert (
        render("first_carbon_monoxide", variables, "zh", "示例守望")
        == "【示例守望】12号家一氧化碳超标,14:32。先喊人开窗。去看回31,去不了回39"
    )
    english = {"house": "House 12", "clock": "14:32", "slot": 3}
    assert render("first_carbon_monoxide", english, "en", "Shili Town").startswith("Shili Town: House 12: carbon")


def test_silence_is_told_with_its_length_and_its_beginning():
    variables = {"house": "12号家", "hours": 12, "clock": "02:10", "slot": 3}
    assert (
        render("first_no_activity", variables, "zh", "示例守望")
        == "【示例守望】12号家老人已12小时没动静(自02:10起),请上门看看。去看回31,去不了回39"
    )


def test_whoever_has_no_slot_left_is_asked_to_call():
    for name in [name for name in TEMPLATES if f"{name}_call" in TEMPLATES]:
        assert "{slot}" in TEMPLATES[name].zh, name
        assert "slot" not in TEMPLATES[f"{name}_call"].variables, name
        assert "打电话" in TEMPLATES[f"{name}_call"].zh, name
        assert "phone the duty desk" in TEMPLATES[f"{name}_call"].en, name


def test_a_message_sent_again_is_never_the_same_text():
    said = {"house": "12号家", "clock": "14:32", "danger": "smoke", "do_first": "smoke", "slot": "3"}
    texts = {render("again", said | {"round": number}, "zh", "示例守望") for number in range(2, 12)}
    assert len(texts) == 10


@pytest.mark.parametrize("danger", ["carbon_monoxide", "smoke", "gas", "sos", "help", "no_activity"])
def test_each_watched_danger_has_its_first_message_with_and_without_a_slot(danger):
    assert {f"first_{danger}", f"first_{danger}_call"} <= TEMPLATES.keys()


@pytest.mark.parametrize(
    "change",
    [
        {"house": None},
        {"person": "王守望员"},
        {"house": "东坪村东坪村东坪村12号家"},
        {"house": "12号家 www.example.com"},
        {"house": "1234567号家"},
        {"house": "王某某家"},
        {"house": "12号家\n"},
        {"clock": "25:00"},
        {"clock": "2:10"},
        {"clock": "１４:３２"},
        {"slot": 0},
        {"slot": 10},
        {"slot": ""},
    ],
    ids=str,
)
def test_a_variable_missing_alien_or_malformed_is_refused(change):
    variables = {"house": "12号家", "clock": "14:32", "slot": 3} | change
    with pytest.raises(WordingError):
        render("first_smoke", {name: value for name, value in variables.items() if value is not None}, "zh", "示例守望")


@pytest.mark.parametrize("signature", ["", "【守望】", "示例守望示例守", "Shili Town!"])
def test_a_signature_that_carriers_would_refuse_is_refused(signature):
    with pytest.raises(WordingError):
        render("nothing_open", {}, "zh", signature)


def test_an_unknown_template_language_or_english_signature_in_chinese_is_refused():
    for template, language, signature in [
        ("no_such", "zh", "守望"),
        ("nothing_open", "fr", "守望"),
        ("nothing_open", "en", "守望"),
    ]:
        with pytest.raises(WordingError):
            render(template, {}, language, signature)


def test_a_text_longer_than_one_sms_is_refused_rather_than_cut(monkeypatch):
    monkeypatch.setitem(TEMPLATES, "long", Template("long", {}, "长" * 65, "x" * 160))
    for language, signature in [("zh", "示例守望"), ("en", "Shili")]:
        with pytest.raises(WordingError):
            render("long", {}, language, signature)


def test_a_free_text_cannot_come_in_where_a_name_of_a_table_belongs():
    variables = {"house": "12号家", "clock": "14:32", "outcome": "死亡"}
    with pytest.raises(WordingError):
        render("outcome_told", variables, "zh", "示例守望")


def test_a_death_is_not_told_by_sms():
    variables = {"house": "12号家", "clock": "14:32", "outcome": "deceased"}
    assert "去世" not in render("outcome_told", variables, "zh", "示例守望")
    assert outcome_name("deceased", "zh") == "去世"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_screens_have_a_word_for_everything(language):
    for danger in DANGERS:
        assert danger_name(danger, language)
        assert len(what_to_do(danger, language)) > 20
    assert all(outcome_name(outcome, language) for outcome in OUTCOMES)
    assert all(class_name(alert_class, language) for alert_class in (1, 2, 3, 4, "area"))
    assert all(action_name(action, language) for action in Action)


def test_both_languages_have_the_same_tables():
    for field in ZH.__struct_fields__:
        if isinstance(table := getattr(ZH, field), dict):
            assert table.keys() == getattr(EN, field).keys(), field


@pytest.mark.parametrize(
    ("at_micros", "clock"),
    [
        (0, "08:00"),
        (15 * 3_600_000_000 + 59 * 60_000_000 + 59_999_999, "23:59"),
        (16 * 3_600_000_000, "00:00"),
        (1_795_272_067_000_000, "22:41"),  # 2026-11-21T14:41:07Z
    ],
)
def test_the_clock_is_the_one_on_the_villagers_wall(at_micros, clock):
    assert local_clock(at_micros) == clock


def test_a_house_is_named_with_its_site_where_there_is_room():
    assert house_label(12, "zh") == "12号家"
    assert house_label(12, "en") == "House 12"
    assert house_label(12, "zh", "东坪三组") == "东坪三组12号家"
    assert house_label(12, "zh", "东坪村第十三村民小组") == "12号家"
    assert house_label(12, "en", "东坪三组") == "House 12"
    with pytest.raises(WordingError):
        house_label(12345, "zh")


def test_people_are_named_to_others_by_surname_and_role():
    assert person_short("王一一", "watcher", "zh") == "王守望员"
    assert person_short("欧阳一", "grid_member", "zh") == "欧阳网格员"
    assert person_short("", "watcher", "zh") == "守望员"
    assert person_short("Yiyi Wang", "watcher", "en") == "Watcher Wang"
    assert person_short("王一一", "watcher", "en") == "a watcher"
    with pytest.raises(WordingError):
        person_short("王一一", "mayor", "zh")


def test_slots_are_listed_with_their_houses_while_they_fit():
    assert slot_list({4: "7号家", 3: "12号家"}, "zh") == "3=12号家,4=7号家"
    many = dict.fromkeys(range(1, 10), "东坪三组12号家")
    assert slot_list(many, "zh") == "1,2,3,4,5,6,7,8,9"
