"""What people send back: the plain code, the code in every dress, and everything that must do nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.core.replies import (
    Ambiguous,
    Answered,
    AwayRequested,
    BareAction,
    Chatter,
    HelpAsked,
    Nothing,
    NotUnderstood,
    OptIn,
    OptOut,
    SlotAction,
    UnknownSlot,
    keypad,
    parse,
    resolve,
)
from alerts.core.reply_words import DIGITS, Action
from alerts.core.wording import TEMPLATES

pytestmark = pytest.mark.both

GOING, SAFE, HELP = Action.GOING, Action.SAFE, Action.NEED_HELP
FALSE_ALARM, AWAY, CANNOT_GO = Action.FALSE_ALARM, Action.AWAY, Action.CANNOT_GO

CODES = {
    "31": (3, GOING),
    "32": (3, SAFE),
    "33": (3, HELP),
    "34": (3, FALSE_ALARM),
    "35": (3, AWAY),
    "39": (3, CANNOT_GO),
    "11": (1, GOING),
    "99": (9, CANNOT_GO),
    " 31 ": (3, GOING),
    "31\n": (3, GOING),
    "3 1": (3, GOING),
    "3\u30001": (3, GOING),
    "３１": (3, GOING),
    "3１": (3, GOING),
    "31。": (3, GOING),
    "31！": (3, GOING),
    "31.": (3, GOING),
    "，31": (3, GOING),
    "31、": (3, GOING),
    "31~": (3, GOING),
    "《31》": (3, GOING),
    "“31”": (3, GOING),
    '"31"': (3, GOING),
    "'31'": (3, GOING),
    "（31）": (3, GOING),
    "三一": (3, GOING),
    "三幺": (3, GOING),
    "两九": (2, CANNOT_GO),
    "两1": (2, GOING),
    "2幺": (2, GOING),
    "三十一": (3, GOING),
    "十二": (1, SAFE),
    "回31": (3, GOING),
    "回复31": (3, GOING),
    "回复：31": (3, GOING),
    "答31": (3, GOING),
    "31我去": (3, GOING),
    "31 我去": (3, GOING),
    "31，我去": (3, GOING),
    "31 我 马上去": (3, GOING),
    "去看回31": (3, GOING),
    "去不了回39": (3, CANNOT_GO),
    "平安32": (3, SAFE),
    "32没事": (3, SAFE),
    "33要帮忙！": (3, HELP),
    "34误报": (3, FALSE_ALARM),
    "35外出": (3, AWAY),
    "已外出35": (3, AWAY),
    "39 去不了": (3, CANNOT_GO),
    "收到，31": (3, GOING),
    "31 谢谢": (3, GOING),
    "好的31": (3, GOING),
    "31👌": (3, GOING),
    "31 31": (3, GOING),
    "31，31": (3, GOING),
    "31 going": (3, GOING),
}

BARE = {
    "1": GOING,
    "２": SAFE,
    "3。": HELP,
    "四": FALSE_ALARM,
    "5": AWAY,
    "九": CANNOT_GO,
    "幺": GOING,
    "两": SAFE,
    "回1": GOING,
    "我去": GOING,
    "我 去": GOING,
    "去": GOING,
    "马上去": GOING,
    "我马上去！": GOING,
    "好的，我去": GOING,
    "平安": SAFE,
    "没事": SAFE,
    "要帮忙": HELP,
    "误报": FALSE_ALARM,
    "已外出": AWAY,
    "去不了": CANNOT_GO,
    "我去不了": CANNOT_GO,
    "不能去": CANNOT_GO,
    "不去": CANNOT_GO,
    "1我去": GOING,
    "9去不了": CANNOT_GO,
    "去去去": GOING,
    "I'm going": GOING,
    "On my way!": GOING,
    "need help": HELP,
    "False alarm": FALSE_ALARM,
    "I can’t go": CANNOT_GO,
}

AWAYS = {
    "外出": (None, 1),
    "外出3": (None, 3),
    "外出３天": (None, 3),
    "外出三天": (None, 3),
    "外出十天": (None, 10),
    "外出十四天": (None, 14),
    "外出14": (None, 14),
    "外出12 3": ("12", 3),
    "外出 12 3": ("12", 3),
    "外出 12号 3天": ("12", 3),
    "外出12号3": ("12", 3),
    "外出12号家3天": ("12", 3),
    "外出12号家，3天": ("12", 3),
    "外出十二号家三天": ("12", 3),
    "外出12号家": ("12", 1),
    "外出：12 3": ("12", 3),
    "回复外出3": (None, 3),
    "away 3": (None, 3),
    "Away house 12 3 days": ("12", 3),
}

REFUSED = {
    "": "empty",
    "  。": "empty",
    "回复": "empty",
    "6": "action",
    "7": "action",
    "0": "action",
    "36": "action",
    "30": "action",
    "01": "slot",
    "310": "number",
    "3 1 0": "number",
    "3131": "number",
    "13800000000": "number",
    "+8631": "words",
    "-31": "words",
    "0x": "words",
    "3①": "words",
    "٣١": "words",
    "31%": "words",
    "31 39": "two_codes",
    "31,39": "two_codes",
    "31\n39": "two_codes",
    "31 1，": "number",
    "3,1": "two_codes",
    "3.1": "two_codes",
    "1、2": "two_codes",
    "1\n2": "two_codes",
    "1我去 2平安 3要帮忙": "two_codes",
    "平安32,要帮忙33,误报34": "two_codes",
    "去看回31,去不了回39": "two_codes",
    "31平安": "contradiction",
    "32去不了": "contradiction",
    "3我去": "contradiction",
    "2去": "contradiction",
    "没事，我去": "contradiction",
    "我去，去不了": "contradiction",
    "三人平安": "contradiction",
    "31?": "question",
    "31？": "question",
    "我去？": "question",
    "我去吗": "words",
    "不平安": "words",
    "不是误报": "words",
    "不要帮忙": "words",
    "不用去": "words",
    "别去": "words",
    "谁去": "words",
    "他去": "words",
    "没去": "words",
    "去了": "words",
    "到了": "words",
    "九点去": "words",
    "一会儿去": "words",
    "可以不去": "words",
    "不在家": "words",
    "not safe": "words",
    "not going": "words",
    "3号我去": "words",
    "12号家我去": "words",
    "好的，外出": "words",
    "TD31": "words",
    "help 31": "words",
    "我儿子说他明天上午回来看看": "words",
    "外出0": "days",
    "外出15": "days",
    "外出35": "days",
    "外出 12 15": "days",
    "外出一两天": "days",
    "外出两三天": "days",
    "外出1.5天": "days",
    "外出1、2天": "days",
    "外出2~3天": "days",
    "外出2-3天": "days",
    "外出3日": "days",
    "外出12号": "days",
    "外出一周": "days",
    "外出13800000000": "days",
    "外出了": "days",
    "【示例守望】12号家一氧化碳超标,14:32。先喊人开窗。去看回31,去不了回39": "forwarded",
    "【31】": "forwarded",
    "31" + "，谢谢" * 13: "long",
}


@pytest.mark.parametrize("text", CODES)
def test_a_code_is_read_however_it_is_dressed(text):
    slot, action = CODES[text]
    assert parse(text) == SlotAction(slot, action)


@pytest.mark.parametrize("text", BARE)
def test_an_action_without_a_slot_stays_without_one(text):
    assert parse(text) == BareAction(BARE[text])


@pytest.mark.parametrize("text", AWAYS)
def test_a_house_is_asked_to_be_set_away(text):
    house, days = AWAYS[text]
    assert parse(text) == AwayRequested(house, days)


@pytest.mark.parametrize("text", REFUSED)
def test_what_could_mean_two_things_or_nothing_does_nothing(text):
    assert parse(text) == NotUnderstood(REFUSED[text])


@pytest.mark.parametrize("text", ["帮助", "help", "HELP", "?", "？", "??", "回复帮助", "“帮助”"])
def test_help_is_asked_for(text):
    assert parse(text) == HelpAsked()


@pytest.mark.parametrize("text", ["TD", "td", "T", "退订", "回复TD", "退订。", "STOP"])
def test_someone_wants_no_more_messages(text):
    assert parse(text) == OptOut()


@pytest.mark.parametrize("text", ["恢复短信", "开通", "START", "unstop"])
def test_someone_wants_messages_again(text):
    assert parse(text) == OptIn()


@pytest.mark.parametrize(
    "text", ["收到", "好", "好的，谢谢", "收到！", "OK", "Thanks", "嗯嗯", "行", "知道了", "👍", "可以。"]
)
def test_politeness_is_no_answer(text):
    assert parse(text) == Chatter()


def test_none_of_our_own_messages_sent_back_is_ever_an_action():
    shown = {"house": "12号家", "person": "王守望员", "clock": "14:32", "hours": "12", "minutes": "9", "days": "3"} | {
        "copy": "2", "round": "2", "slot": "3", "slots": "3=12号家,4=7号家", "count": "2", "persons": "王守望员、李守望员", "site": "东坪三组", "trouble": "停电", "room": "堂屋", "usual": "3", "homes": "9",
        "places": "2", "requests": "1", "repairs": "3", "fresh": "2", "danger": "烟雾报警", "do_first": "先喊人", "outcome": "已救助", "note": "老人说头晕",
    }  # fmt: skip
    for template in TEMPLATES.values():
        for text in (template.zh, template.en):
            assert isinstance(parse(text.format_map(shown)), NotUnderstood), template.id
            assert isinstance(parse("【示例守望】" + text.format_map(shown)), NotUnderstood), template.id


@given(st.text())
@example("\ud800")
@example("İ" * 39)
@example("十" * 40)
def test_no_text_breaks_the_grammar_and_the_same_text_always_means_the_same(text):
    assert parse(text) == parse(text)


@given(st.text(alphabet="0123456789 ,。一两三十号天家外出回去不了我平安没事误报td?", max_size=12))
def test_whatever_is_read_from_a_jumble_is_a_valid_slot_and_a_possible_number_of_days(text):
    match parse(text):
        case SlotAction(slot=slot):
            assert 1 <= slot <= 9
        case AwayRequested(days=days):
            assert 1 <= days <= 14


def _widened(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


@given(
    slot=st.integers(1, 9),
    digit=st.sampled_from(sorted(DIGITS)),
    wide=st.tuples(st.booleans(), st.booleans()),
    gaps=st.tuples(*[st.text(alphabet=" \t\u3000\u00a0", max_size=3)] * 3),
    ends=st.tuples(*[st.text(alphabet="，。！、,.!\r\n“”《》 ", max_size=3)] * 2),
)
def test_width_gaps_and_punctuation_around_a_code_change_nothing(slot, digit, wide, gaps, ends):
    first = _widened(str(slot)) if wide[0] else str(slot)
    second = _widened(digit) if wide[1] else digit
    text = f"{ends[0]}{gaps[0]}{first}{gaps[1]}{second}{gaps[2]}{ends[1]}"
    assert parse(text) == SlotAction(slot, DIGITS[digit])


@given(number=st.integers(min_value=100, max_value=10**20))
def test_a_long_number_is_never_an_answer(number):
    assert parse(str(number)) == NotUnderstood("number")


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from(sorted(DIGITS))), min_size=2, max_size=4, unique=True),
    st.sampled_from([" ", ",", "，", "、", "\n", "。"]),
)
def test_two_different_codes_are_never_an_answer(codes, between):
    assert isinstance(parse(between.join(f"{slot}{digit}" for slot, digit in codes)), NotUnderstood)


def test_a_slot_names_its_alert_and_no_other():
    assert resolve(SlotAction(3, GOING), {3: "alert-7", 4: "alert-8"}) == Answered("alert-7", GOING)
    assert resolve(SlotAction(5, GOING), {3: "alert-7"}) == UnknownSlot(5)
    assert resolve(SlotAction(5, GOING), {}) == UnknownSlot(5)


def test_a_bare_action_is_taken_only_when_exactly_one_alert_is_open():
    assert resolve(BareAction(SAFE), {4: "alert-8"}) == Answered("alert-8", SAFE)
    assert resolve(BareAction(SAFE), {4: "alert-8", 3: "alert-7"}) == Ambiguous((3, 4))
    assert resolve(BareAction(SAFE), {}) == Nothing()


@pytest.mark.parametrize(
    "reply", [AwayRequested(None, 1), HelpAsked(), OptOut(), Chatter(), NotUnderstood("words")], ids=repr
)
def test_only_an_action_touches_an_alert(reply):
    assert resolve(reply, {3: "alert-7"}) == Nothing()


def test_on_a_keypad_the_action_alone_is_pressed():
    assert [keypad(key) for key in "123459"] == [GOING, SAFE, HELP, FALSE_ALARM, AWAY, CANNOT_GO]
    assert [keypad(key) for key in ["6", "0", "*", "#", "", "31", "１"]] == [None] * 7
