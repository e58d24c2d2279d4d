"""The words of the card that watchers keep by the door: digits and what to do, one language a table."""

from collections.abc import Mapping
from typing import Final

import msgspec


class CardWords(msgspec.Struct, frozen=True):
    """`digits`: what each answer means in a sentence; `at_the_door`: what to do, by danger, for whoever arrives."""

    title: str
    subtitle: str
    how: str
    example: str
    by_phone: str
    digits: Mapping[str, str]
    several: str
    more: tuple[tuple[str, str], ...]
    door: str
    more_dangers: str  # ends the name of the last row
    at_the_door: Mapping[str, str]
    always: tuple[str, ...]
    desk: str


CARD_DANGERS: Final[dict[str, tuple[str, ...]]] = {
    "carbon_monoxide": ("carbon_monoxide",),
    "smoke": ("smoke",),
    "gas": ("gas",),
    "sos": ("sos",),
    "no_activity": ("no_activity",),
    "not_home": ("not_home_by_night", "outer_door_open"),
    "others": ("help", "water"),
}
"""A row of the card -> the dangers that name it; what can wait until the day has the last one in common."""

CARD_ZH: Final = CardWords(
    title="邻里守望员 回复卡",
    subtitle="贴在门边。收到【守望】短信或电话时照着做。",
    how="回短信：编号 + 一个数字",
    example="短信里写着编号。编号是 3，要去就回 31，去不了就回 39。",
    by_phone="电话里只按一个数字，不用编号；没听清按 *。",
    digits={
        "1": "我这就去",
        "2": "我到了，人平安",
        "3": "我到了，要人帮忙",
        "4": "我到了，是设备误报",
        "5": "老人外出，不在家",
        "9": "我去不了（没关系，会找别人）",
    },
    several="只有一件事时，只回一个数字也行。",
    more=(
        ("帮助", "看看有哪些事、怎么回"),
        ("外出12 3", "12号家外出3天，最多14天"),
        ("TD", "不再收短信。那样就叫不到您了，请先告诉值班员"),
    ),
    door="到了门口",
    more_dangers="等",
    at_the_door={
        "carbon_monoxide": "先在门外喊人。开门开窗再进，头晕就出来。不开灯、不点火。把人扶到通风处，灭炉子。叫不醒打120。",
        "smoke": "喊人出屋。看见火、浓烟，先打119。人出来了不要再进去。",
        "gas": "喊人出屋。不开灯、不点火、屋里不打电话。屋外关总阀，开门窗。味道不散打119。",
        "sos": "喊人、敲门，看窗户。有伤有病打120，不要随便搬动。",
        "no_activity": "敲门、喊人、看窗户。没人应，给村干部打电话，一起进门。",
        "not_home": "打电话、问邻居、到常去的地方找。门开着就进屋看看。天黑还找不到，告诉村干部。",
        "others": "不急。当天去看看，照短信里写的做：漏水关水阀，太冷看炉子，太热开窗。",
    },
    always=(
        "先顾自己安全，再救人。",
        "到了一定要回：平安 2，要帮忙 3，误报 4。不回，别人会一直被叫起来。",
        "只有值班员或去的人说不用去了，才不用去。",
    ),
    desk="值班电话",
)

CARD_EN: Final = CardWords(
    title="Reply card for watchers",
    subtitle="Keep it by the door. Follow it when our message or call comes.",
    how="Reply by SMS: number + one digit",
    example="The message says its number. Number 3: going, reply 31; cannot go, reply 39.",
    by_phone="In a call press the digit alone, * to hear it again.",
    digits={
        "1": "I am going",
        "2": "I am there, all safe",
        "3": "I am there and need help",
        "4": "I am there, false alarm",
        "5": "The elder is away",
        "9": "I cannot go (that is all right, others are asked)",
    },
    several="While only one alert is open, the digit alone will do.",
    more=(
        ("HELP", "what is open, and how to reply"),
        ("AWAY 12 3", "house 12 is away for 3 days, at most 14"),
        ("TD", "no more messages; tell the duty desk first, for nobody could call you"),
    ),
    door="At the door",
    more_dangers=" and others",
    at_the_door={
        "carbon_monoxide": "Call from outside. Open door and windows before going in; dizzy: get out. No switches, no flames. Fresh air, stove out. Does not wake: 120.",
        "smoke": "Call everyone out. Fire or thick smoke: 119 first. Never go back in.",
        "gas": "Call everyone out. No switches, no flames, no phone inside. Close the main valve from outside, air the house. Smell stays: 119.",
        "sos": "Call, knock, look through the windows. Ill or hurt: 120; do not move the person.",
        "no_activity": "Knock, call, look through the windows. No answer: phone the village officer and enter together.",
        "not_home": "Phone, ask the neighbours, look where the elder often goes. Door open: look inside. Not found by dark: tell the village officer.",
        "others": "Not urgent: visit today and do what the message says: close the tap, see to the stove, open the windows.",
    },
    always=(
        "Your own safety first.",
        "Once there, always reply: safe 2, need help 3, false alarm 4. Without it others go on being woken.",
        "Only the duty desk or whoever goes may tell you not to go.",
    ),
    desk="Duty desk",
)
