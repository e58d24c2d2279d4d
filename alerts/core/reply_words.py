"""The actions a person can answer with, their digits, and the words that mean the same."""

from enum import Enum
from typing import Final


class Action(Enum):
    """What a responder can answer; its key is in `DIGITS`."""

    GOING = "going"
    SAFE = "safe"
    NEED_HELP = "need_help"
    FALSE_ALARM = "false_alarm"
    AWAY = "away"
    CANNOT_GO = "cannot_go"


DIGITS: Final[dict[str, Action]] = {
    "1": Action.GOING,
    "2": Action.SAFE,
    "3": Action.NEED_HELP,
    "4": Action.FALSE_ALARM,
    "5": Action.AWAY,
    "9": Action.CANNOT_GO,
}

# English words are written without their spaces. Left out on purpose, because they can mean two things:
# 不用去 (a stand-down?), 到了 (and how is it there?), 不在家 (who?), 去了 (then or now?), 外出了 (who?).
_GOING = (
    "我去 去 马上去 我马上去 这就去 我这就去 现在去 我现在去 我去看看 去看看 我去看 去看 马上到 我马上到 马上过去"
    " 我马上过去 我过去 在路上 我在路上 已在路上 going imgoing iamgoing iwillgo onmyway imonmyway"
)
_SAFE = "平安 人平安 老人平安 没事 人没事 老人没事 safe allsafe"
_NEED_HELP = "要帮忙 需要帮忙 要人帮忙 needhelp ineedhelp"
_FALSE_ALARM = "误报 是误报 falsealarm"
_AWAY = "已外出 外出 老人已外出 isaway"
_CANNOT_GO = (
    "去不了 我去不了 不能去 我不能去 去不成 我去不成 没法去 我没法去 不去 我不去 cannotgo icannotgo cantgo icantgo"
)
_POLITE = "收到 好 好的 好嘞 谢谢 谢谢您 谢谢你 多谢 知道了 明白 嗯 嗯嗯 👍 👌 🙏 ok okay thanks thankyou gotit"

FILLERS: Final = ("回复", "回", "答", "reply")  # 回31
AWAY_WORD: Final = "外出"  # alone or first it asks to set a home away; beside a code it is the action

MEANING: Final[dict[str, Action | None]] = {
    word: action
    for action, words in (
        (Action.GOING, _GOING),
        (Action.SAFE, _SAFE),
        (Action.NEED_HELP, _NEED_HELP),
        (Action.FALSE_ALARM, _FALSE_ALARM),
        (Action.AWAY, _AWAY),
        (Action.CANNOT_GO, _CANNOT_GO),
        (None, _POLITE),
        (None, " ".join(FILLERS)),
    )
    for word in words.split()
}
ALONE_POLITE: Final = frozenset({"行", "可以", "是", "辛苦了", "不客气"})  # beside an action they bend it: 可以不去
HELP: Final = frozenset({"帮助", "help"})
OPT_IN: Final = frozenset({"恢复短信", "开通短信", "开通", "start", "unstop"})  # 恢复 alone may speak of the power
OPT_OUT: Final = frozenset({"td", "t", "退订", "t退订", "td退订", "stop", "unsubscribe", "不要再发", "别再发了"})
