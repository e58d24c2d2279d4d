"""English texts, in ASCII alone so that a message stays one segment of 160."""

from typing import Final

from alerts.core.templates.texts import Texts

_OFFERS: Final = {
    "first_carbon_monoxide": "{house}: carbon monoxide alarm at {clock}. Call out and get the windows open first. ",
    "first_smoke": "{house}: smoke alarm at {clock}. Get everyone out first; if you see fire call 119. ",
    "first_gas": "{house}: gas alarm at {clock}. Get everyone out first; no lights, no flames. ",
    "first_sos": "{house}: the elder pressed SOS at {clock}. Call out first; if ill or hurt call 120. ",
    "first_help": "{house}: the elder asked for help at {clock}. Not urgent, please visit today. ",
    "first_no_activity": "{house}: no movement for {hours} hours (since {clock}). Please go and knock. ",
    "visit_dark": "{house}: devices cut off, nothing seen for {hours} hours. Please visit today. ",
    "again": "Call {round}: {house}, {danger} since {clock}, nobody there yet. {do_first}. ",
    "refired": "{house}: alarm again at {clock}, {danger}. {do_first}. ",
    "escalated": "{house}: {danger} since {clock}, nobody before you answered. {do_first}. ",
    "someone_else_going": "{house}: {danger} ({clock}). {person} is going. Please go too if you can. ",
    "arrival_overdue": "{house}: {danger}. {person} went, no word for {minutes} min. Please go. ",
    "need_help_on_site": "{person} wants help at {house} ({danger}), {clock}. Go; if hurt call 120. ",
    "town_class_1": "{house}: {danger} since {clock}, nobody there. Call 119 or 120, send people. ",
}

_MESSAGES: Final = {
    "refired_responder": "{house}: alarm again at {clock}, {danger}. You said you are going: take care. {do_first}.",
    "also_going": "Noted: you go to {house}, so does {person}. There, reply: safe {slot}2, need help {slot}3, false alarm {slot}4",
    "stand_down": "{house}: no need to go, said {person} at {clock}. Thank you.",
    "cancel_pressed": "{house}: the elder pressed cancel at {clock}. Please go all the same. There, reply: safe {slot}2, need help {slot}3",
    "cancel_pressed_call": "{house}: the elder pressed cancel at {clock}. Please go all the same, then phone the duty desk.",
    "arrival_asked": "You went to {house} {minutes} minutes ago. There? Reply: safe {slot}2, need help {slot}3, false alarm {slot}4, cannot go {slot}9",
    "ask_outcome": "{house}: {danger}, somebody came {hours} hours ago, not closed. Reply: safe {slot}2, false alarm {slot}4, away {slot}5",
    "ask_outcome_call": "{house}: {danger}, somebody came {hours} hours ago, not closed. Please phone the duty desk with the outcome.",
    "outcome_told": "{house}: closed at {clock}, {outcome}. Thank you.",
    "taken_going": "Noted: you go to {house}. There, reply: safe {slot}2, need help {slot}3, false alarm {slot}4. Cannot go: {slot}9",
    "taken_safe": "Noted: all safe in {house}. Closed. Thank you.",
    "taken_safe_needs_operator": "Noted: you are at {house}, all safe. The alarm is still on, the duty desk will check with you. Thank you.",
    "taken_need_help": "Noted: help needed in {house}, we are calling people. If ill or hurt call 120 now, fire 119.",
    "taken_false_alarm": "Noted: false alarm in {house}. Closed. Thank you.",
    "taken_false_alarm_needs_operator": "Noted: you are at {house} and say false alarm. The duty desk must check first, please wait outside.",
    "taken_away": "Noted: {house} is away. Closed. Thank you.",
    "taken_away_needs_operator": "Noted: you say {house} is away. The duty desk will check and close it. Thank you.",
    "taken_cannot_go": "That is all right. Noted: you cannot go to {house}, we are asking others. Thank you.",
    "which_slot": "Several are open. Put its number first, like {slot}1. Open: {slots}",
    "unknown_slot": "Nothing open under number {slot}. Open: {slots}",
    "nothing_open": "Nothing waits for your answer now. If urgent, phone the duty desk. Thank you.",
    "not_understood": "Not understood, nothing was changed. Reply with number and digit only. Reply HELP to see how; if urgent phone the duty desk.",
    "help_text": "Reply number and digit: 1 going 2 safe 3 need help 4 false alarm 5 away 9 cannot go. To set away: AWAY house days, like AWAY 12 3",
    "away_set": "Noted: {house} away for {days} days, quiet raises no alarm. If back early, phone the duty desk.",
    "away_told": "{house} is noted as away for {days} days, quiet raises no alarm. If wrong, phone the duty desk.",
    "away_refused": "Not set as away. Please write: AWAY house days (1 to 14), like AWAY 12 3",
    "already_closed": "{house}: closed at {clock} ({outcome}), no answer needed. Thank you.",
}

_OUTCOMES: Final = {
    "rescued": "rescued",
    "hospital": "taken to hospital",
    "deceased": "passed away",
    "safe_at_home": "safe at home",
    "away_unreported": "away, not reported",
    "elder_cancelled": "cancelled by the elder",
    "device_false_alarm": "false alarm of the device",
    "device_fault": "device fault",
    "request_done": "request done",
    "drill": "drill",
    "resolved_itself": "resolved by itself",
    "fixed": "fixed",
}

EN: Final = Texts(
    signed="{signature}: {body}",
    messages=_MESSAGES,
    offers=_OFFERS,
    answer="Going: reply {slot}1, cannot: {slot}9",
    call="Either way phone the duty desk.",
    danger_names={
        "carbon_monoxide": "Carbon monoxide",
        "smoke": "Smoke",
        "gas": "Gas leak",
        "sos": "SOS",
        "help": "Help asked",
        "no_activity": "No activity",
        "device_silent": "Device silent",
        "unknown_device_alarm": "Alarm of an unknown device",
        "site_area": "Area cut off",
        "water": "Water leak",
        "low_temperature": "Low temperature",
    },
    dangers={
        "carbon_monoxide": "carbon monoxide",
        "smoke": "smoke alarm",
        "gas": "gas alarm",
        "sos": "SOS pressed",
        "help": "help asked",
        "no_activity": "no movement",
        "device_silent": "device silent",
        "unknown_device_alarm": "unknown alarm",
        "site_area": "homes cut off",
        "water": "water alarm",
        "low_temperature": "very cold room",
    },
    do_first={
        "carbon_monoxide": "First open windows",
        "smoke": "First get all out",
        "gas": "Get all out, no flame",
        "sos": "First call out",
        "help": "First phone",
        "no_activity": "First knock",
        "device_silent": "First check the plug",
        "unknown_device_alarm": "Ask the duty desk",
        "site_area": "Ask about a blackout",
        "water": "First close the tap",
        "low_temperature": "First see the stove",
    },
    what_to_do={
        "carbon_monoxide": "Phone the elder: open the windows, leave the house. Whoever arrives calls from outside, opens door and windows "
        "before going in, and comes out when dizzy. No switches, no flames. Bring everyone to fresh air, put the stove out. "
        "If someone does not wake or feels ill, call 120 at once.",
        "smoke": "Phone the elder: leave the house. Ask the nearest neighbour to look. At flames or thick smoke call 119 at once; "
        "everyone out, nobody goes back for belongings.",
        "gas": "Get the elder out. No switches, no flames, no phone inside. Close the main valve from outside, air the house, "
        "stay upwind. If the smell stays call 119 and the gas company.",
        "sos": "Phone the elder at once and send the nearest neighbour. No answer counts as an emergency. If ill or hurt call 120; "
        "do not move an injured person.",
        "help": "Phone the elder, ask what is needed, see to it today, and close with what was done.",
        "no_activity": "Phone the elder. No answer: send someone to knock, call out and look through the windows. Still nothing: "
        "enter together with a village officer. If ill or hurt call 120.",
        "device_silent": "Ask about a blackout or a loose plug, then look at battery and network. Until it is mended this home is "
        "not protected: have someone look in every day.",
        "unknown_device_alarm": "A device nobody registered is in alarm. Find its home now: ask the grid member of that site, "
        "phone the homes around, then register it.",
        "site_area": "Many homes went dark together, most likely a blackout or a lost uplink. Ask the power station and the carrier; "
        "have the grid member see how those who live alone keep warm.",
        "water": "Phone the elder, have the valve closed, cut the power before stepping into water. In frost look for burst pipes.",
        "low_temperature": "Phone the elder about the heating; have someone look at stove, bedding and health today. "
        "A lit stove needs an open vent.",
    },
    classes={
        "1": "Life safety",
        "2": "Person",
        "3": "Environment and requests",
        "4": "Equipment",
        "area": "Area",
    },
    outcomes=_OUTCOMES,
    outcomes_told=_OUTCOMES | {"deceased": "please ask the duty desk"},
    actions={
        "going": "Going",
        "safe": "Safe",
        "need_help": "Need help",
        "false_alarm": "False alarm",
        "away": "Away",
        "cannot_go": "Cannot go",
    },
    roles={
        "watcher": "Watcher",
        "grid_member": "Grid member",
        "village_head": "Village officer",
        "town_officer": "Town officer",
        "operator": "Duty desk",
    },
    roles_unnamed={
        "watcher": "a watcher",
        "grid_member": "a grid member",
        "village_head": "a village officer",
        "town_officer": "a town officer",
        "operator": "the duty desk",
    },
    house="House {number}",
    house_at_site="House {number} {site}",
)
