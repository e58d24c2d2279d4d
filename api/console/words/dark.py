"""Words about what cannot be seen: area incidents, why a home is dark, blind time."""

from typing import Final

ZH: Final[dict[str, str]] = {
    "why.area_over": "{clock} 起 {of} 户里先有 {count} 户看不到，现已恢复",
    "why.dark": "{sight}，自{clock}起；上次有动静 {last}",
    "why.blind_time": "近30天看不到的时间过长：{spans}",
    "blind.title": "看不到的时间（近30天）",
    "blind.none": "近30天一直看得到。",
    "blind.now": "现在：{sight}，自{clock}起",
    "sight.seen": "看得到",
    "sight.no_power": "停电",
    "sight.gateway_cut": "网关断线",
    "sight.sensor_dead": "传感器没信号",
    "sight.site_cut_off": "全片断线",
    "sight.we_were_down": "本系统中断",
    "sight.never_seen": "从未有信号",
    "sight.quiet": "看得到，没动静",
    "sight.away": "外出",
}

EN: Final[dict[str, str]] = {
    "why.area_over": "since {clock} first {count} of {of} homes could not be seen, all back now",
    "why.dark": "{sight} since {clock}; last movement {last}",
    "why.blind_time": "unseen for too long in 30 days: {spans}",
    "blind.title": "Time unseen (30 days)",
    "blind.none": "Seen all the time in the last 30 days.",
    "blind.now": "Now: {sight}, since {clock}",
    "sight.seen": "seen",
    "sight.no_power": "no power",
    "sight.gateway_cut": "gateway cut off",
    "sight.sensor_dead": "sensors silent",
    "sight.site_cut_off": "the site is cut off",
    "sight.we_were_down": "this service was down",
    "sight.never_seen": "never heard",
    "sight.quiet": "seen, nobody moves",
    "sight.away": "away",
}
