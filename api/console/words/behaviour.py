"""Words of what every page does: sound, silence, keys."""

from typing import Final

ZH: Final[dict[str, str]] = {
    "mute": "静音两分钟",
    "mute.for": "静音还剩 {s} 秒",
    "banner.stale_since": "最后听到：",
    "help.title": "键盘",
    "help.move": "下一条、上一条警情",
    "help.open": "打开",
    "help.acknowledge": "看到了（只停声音）",
    "help.going": "谁去",
    "help.arrived": "人到了",
    "help.escalate": "马上叫下一级",
    "help.note": "记一笔",
    "help.close": "关闭",
    "help.mute": "静音，最多两分钟",
    "help.lock": "锁定",
    "help.go": "值班台、住户、地图、设备、人员、报表、告警负荷、交接班",
    "help.leave": "离开输入框",
    "help.help": "本说明",
}

EN: Final[dict[str, str]] = {
    "mute": "Silence for 2 min",
    "mute.for": "Silent for {s} s",
    "banner.stale_since": "Last heard:",
    "help.title": "Keys",
    "help.move": "Next and previous alert",
    "help.open": "Open",
    "help.acknowledge": "Seen (stops the sound only)",
    "help.going": "Who goes",
    "help.arrived": "Somebody is there",
    "help.escalate": "Next step now",
    "help.note": "Note",
    "help.close": "Close",
    "help.mute": "Silence, two minutes at most",
    "help.lock": "Lock",
    "help.go": "Board, homes, map, devices, people, reports, alarm load, handover",
    "help.leave": "Leave a field",
    "help.help": "This list",
}
