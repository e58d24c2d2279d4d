"""Words of the pages of places."""

from typing import Final

ZH: Final[dict[str, str]] = {
    "nav.places": "地图",
    "places.title": "各村情况",
    "places.map": "方块图",
    "places.list": "名单",
    "places.sketch": "示意图，上北下南",
    "places.house": "{number}号",
    "places.place": "地方",
    "places.worst": "最要紧的",
    "places.homes": "{count} 户",
    "places.how": "方块表示谁和谁在一个网格；名册里写了方位的，另画示意图，大致对，不按比例。",
    "places.none": "这里还没有登记住户。",
    "places.site_alert": "不属于哪一户的警情",
    "state.class1": "一类警情",
    "state.class2": "二类警情",
    "state.class3": "三类警情",
    "state.area": "片区看不到",
}

EN: Final[dict[str, str]] = {
    "nav.places": "Map",
    "places.title": "How each village stands",
    "places.map": "Tiles",
    "places.list": "List",
    "places.sketch": "Sketch, north above",
    "places.house": "No. {number}",
    "places.place": "Place",
    "places.worst": "Worst",
    "places.homes": "{count} homes",
    "places.how": "Tiles show who belongs to the same grid; homes whose place is registered are sketched too, roughly and not to scale.",
    "places.none": "No home is registered here yet.",
    "places.site_alert": "Alerts of no single home",
    "state.class1": "Class 1 alert",
    "state.class2": "Class 2 alert",
    "state.class3": "Class 3 alert",
    "state.area": "Area unseen",
}
