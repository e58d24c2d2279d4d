"""How the service explains itself: why this person, why this way, why now, and what happens next."""

from collections.abc import Mapping
from typing import Final

import msgspec


class Explaining(msgspec.Struct, frozen=True):
    """`person` and `now` by why somebody was to be told, `way` by why a channel was chosen, `next` by what comes."""

    message: str
    informed: str
    answer: str
    lost: str
    lost_informed: str
    person: Mapping[str, str]
    now: Mapping[str, str]
    way: Mapping[str, str]
    lost_why: Mapping[str, str]
    levels: Mapping[str, str]
    channels: Mapping[str, str]
    next: Mapping[str, str]
    nothing: str
    ended: str
    instead: str
    nobody: str
    and_: str


ZH: Final = Explaining(
    message="通知{person}：{who}。现在：{now}。用{channel}：{way}。",
    informed="告知{person}：{who}。用{channel}：{way}。",
    answer="答复{person}：对方发来了消息，用{channel}回到来信的电话。",
    lost="{person}没有通知到：{why}；不再等，马上找下一个人。",
    lost_informed="{person}没有告知到：{why}。",
    person={
        "step": "这户第{step}级负责人（{levels}）",
        "other_going": "之前叫过，现在有别人去，要让他知道",
        "also_going": "说要去，要知道还有谁去",
        "stand_down": "有人说他不用去了",
        "cancel_pressed": "正在去，老人按了取消，仍请去看",
        "refired": "正在去或刚到，又报警了要当心",
        "refired_first": "上次是他去的，又报警先告诉他",
        "arrival_asked": "说去了还没有报到",
        "ask_outcome": "有人到了还没有结案，请他问结果",
        "outcome": "叫过他，要知道怎么了结",
        "audit": "系统管理员",
        "desk": "值班员让发给他的",
    },
    now={
        "due": "到了第{round}轮第{step}步的时间",
        "lost": "前面的人没通知到，提前叫下一个",
        "declined": "有人回了去不了，马上叫下一个",
        "overdue": "说去的人逾期没到，马上叫下一个",
        "need_help": "现场的人要帮忙，马上叫下一个",
        "still_active": "有人到场十分钟仍在报警，继续叫人",
        "refired": "又报警，再叫人",
        "standstill": "服务停过，补上该发的",
        "empty": "前一级没有人，直接叫这一级",
        "stood_down": "去的人不用去了，又没有别人，继续叫人",
        "escalated": "值班员要求马上叫下一个",
    },
    way={
        "": "这里只有这一条路",
        "first_choice": "他首选的方式",
        "voice_first": "他要先接电话",
        "all_at_once": "生命安全，所有方式同时用",
        "failed_before": "上一种方式没有成功",
        "provider_slow": "上一家迟迟没有接收",
        "receipt_missing": "短信没有送达回执，加打电话",
        "budget": "上一种方式今天的条数用完了",
        "answer": "回到他发来消息的电话",
    },
    lost_why={
        "refused": "退订或拒收短信",
        "no_phone": "没有核实过的电话",
        "on_leave": "请假且无人代班",
        "budget": "今天的条数用完了",
        "failed": "所有方式都没有成功",
    },
    levels={
        "watcher": "守望员",
        "second_watcher": "第二守望员",
        "grid_member": "网格员",
        "village": "村",
        "town": "镇",
    },
    channels={
        "twilio_sms": "短信",
        "twilio_voice": "电话",
        "logbook": "日志（不真正发出）",
        "aliyun_sms": "短信",
        "aliyun_voice": "电话",
        "modem_sms": "短信",
        "wecom_group": "企业微信群",
    },
    next={
        "prealarm_ends": "{clock}以前老人可以取消；没有取消就通知{persons}。",
        "step": "{clock}还没有人说去，就叫第{step}级：{persons}。",
        "round": "{clock}还没有人说去，就从第一级再叫一轮：{persons}。",
        "arrival": "{clock}{persons}还没报到，就再叫下一级，并问他到了没有。",
        "outcome": "{clock}还没有结案，就再问结果：{persons}。",
        "still_active": "{clock}仍在报警，就继续叫人。",
        "refired": "又报警了，到场的人可能已经走了：{clock}还没有了结，就继续叫人。",
    },
    nothing="不会自动再做什么，等值班员处理。",
    ended="已经结束，不会再做什么。",
    instead="{person}代{place}",
    nobody="没有人",
    and_="、",
)

EN: Final = Explaining(
    message="{person} is asked: {who}. Now: {now}. By {channel}: {way}.",
    informed="{person} is informed: {who}. By {channel}: {way}.",
    answer="{person} is answered by {channel}, on the phone the message came from.",
    lost="{person} was not reached: {why}; the next person is asked at once.",
    lost_informed="{person} was not informed: {why}.",
    person={
        "step": "answers for this home at step {step} ({levels})",
        "other_going": "was asked before, and somebody else goes now",
        "also_going": "goes, and must know who else does",
        "stand_down": "somebody said that they need not go",
        "cancel_pressed": "is going, the elder pressed cancel, please look all the same",
        "refired": "is going or just arrived, and it is in alarm again",
        "refired_first": "went last time, so is told first",
        "arrival_asked": "said they go and has not reported",
        "ask_outcome": "somebody arrived, and nobody has closed it",
        "outcome": "was asked, and must hear how it ended",
        "audit": "is an administrator",
        "desk": "the duty desk had it sent to them",
    },
    now={
        "due": "step {step} of round {round} is due",
        "lost": "somebody before was not reached, so the next one comes early",
        "declined": "somebody cannot go, so the next one is asked at once",
        "overdue": "whoever goes has not arrived in time, so the next one is asked at once",
        "need_help": "help is needed there, so the next one is asked at once",
        "still_active": "still in alarm ten minutes after somebody arrived",
        "refired": "in alarm again, so a new round begins at the first step",
        "standstill": "the service stood still, and sends what was due",
        "empty": "the step before has nobody",
        "stood_down": "whoever went need not go, and nobody else does",
        "escalated": "the duty desk wants the next step now",
    },
    way={
        "": "the only way there is",
        "first_choice": "their first choice",
        "voice_first": "they want a call first",
        "all_at_once": "life-safety uses all ways at once",
        "failed_before": "the way before did not succeed",
        "provider_slow": "the provider before did not take it in time",
        "receipt_missing": "the text has no receipt, so a call goes beside it",
        "budget": "the way before has used up its day's budget",
        "answer": "the phone their message came from",
    },
    lost_why={
        "refused": "refuses our SMS",
        "no_phone": "has no verified phone",
        "on_leave": "is on leave with nobody in their place",
        "budget": "the day's budget is used up",
        "failed": "no way succeeded",
    },
    levels={
        "watcher": "watcher",
        "second_watcher": "second watcher",
        "grid_member": "grid member",
        "village": "village",
        "town": "town",
    },
    channels={
        "twilio_sms": "SMS",
        "twilio_voice": "call",
        "logbook": "the log only, nothing is really sent",
        "aliyun_sms": "SMS",
        "aliyun_voice": "call",
        "modem_sms": "SMS",
        "wecom_group": "the WeCom group",
    },
    next={
        "prealarm_ends": "The elder can cancel until {clock}; otherwise {persons} is told.",
        "step": "If nobody goes by {clock}, step {step} is told: {persons}.",
        "round": "If nobody goes by {clock}, a new round begins: {persons}.",
        "arrival": "If {persons} has not arrived by {clock}, the next step is told, and they are asked.",
        "outcome": "If it is not closed by {clock}, the outcome is asked for again: {persons}.",
        "still_active": "If it is still in alarm at {clock}, the steps go on.",
        "refired": "It fired again and whoever was there may have left: if it is not closed by {clock}, the steps go on.",
    },
    nothing="Nothing happens by itself; it waits for the duty desk.",
    ended="It is over; nothing happens any more.",
    instead="{person} in place of {place}",
    nobody="nobody",
    and_=", ",
)

EXPLAINING: Final = {"zh": ZH, "en": EN}
