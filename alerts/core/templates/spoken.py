"""What is said on the telephone around a message: keys, confirmations, and how a call ends."""

from collections.abc import Mapping
from typing import Final

import msgspec


class Spoken(msgspec.Struct, frozen=True):
    """The words of a call in one language; `answer` and `marks` turn an SMS' codes into keys."""

    signed: str
    answer: str  # ends an offer to go
    marks: Mapping[str, str]  # what an SMS asks for by writing is asked for by pressing
    again: str
    taken: str
    correct: str
    not_a_key: str
    no_key: str
    settled: str
    thanks: str
    well: str
    not_well: str


SPOKEN: Final[dict[str, Spoken]] = {
    "zh": Spoken(
        signed="{signature}。{body}",
        answer="去看请按1。去不了请按9。",
        marks={"请回:": "请按:", "去不了回{slot}": "去不了按", "回{slot}": "按", "{slot}": ""},
        again="再听一遍请按星号键。",
        taken="已记下：{action}。",
        correct="按错了请重按。",
        not_a_key="没有这个键。",
        no_key="没有按键。去看请打电话给值班员。再见。",
        settled="这件事已经了结，不用去了。谢谢您。",
        thanks="谢谢您，再见。",
        well="好的，知道您没事。",
        not_well="没有按键，我们会请人来看您。再见。",
    ),
    "en": Spoken(
        signed="{signature}. {body}",
        answer="To go, press 1. If you cannot, press 9. ",
        marks={"Reply:": "Press:", "reply:": "press:", "{slot}": ""},
        again="To hear it again, press star.",
        taken="Noted: {action}.",
        correct="If that was wrong, press again.",
        not_a_key="There is no such key.",
        no_key="No key was pressed. If you are going, please phone the duty desk. Goodbye.",
        settled="This is over, nobody needs to go. Thank you.",
        thanks="Thank you, goodbye.",
        well="Good, you are well.",
        not_well="No key was pressed. We will ask somebody to look in. Goodbye.",
    ),
}
