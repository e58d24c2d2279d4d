"""Each kind of entry in the file, read into what it asks for; references are looked at later, when all is read."""

from collections.abc import Mapping
from typing import Any, Final

from alerts.core.wording import WordingError, render
from alerts.registry.importing.duty import Place, levels
from alerts.registry.importing.fields import Fields
from alerts.registry.importing.planned import (
    Dated,
    PlannedGrid,
    PlannedHome,
    PlannedPerson,
    PlannedPhone,
    PlannedResident,
    PlannedSite,
    PlannedTown,
    PlannedVillage,
)
from alerts.registry.importing.sensors import devices
from alerts.registry.people import ROLES
from alerts.registry.phones import E164, normal_number

Models = Mapping[str, Mapping[str, Any]]
_HOUR_S: Final = 3600


def town(f: Fields) -> PlannedTown:
    """The town itself; its signature is tried on a message."""
    signature = f.text("signature", needed=True)
    signature_en = f.text("signature_en") or "Shouwang"
    for key, language, value in (("signature", "zh", signature), ("signature_en", "en", signature_en)):
        try:
            if value:
                render("nothing_open", {}, "zh" if language == "zh" else "en", value)
        except WordingError:
            f.fault(
                key,
                "签名只能是文字，不带【】，中文最多6个字，英文最多16个字母",
                "a signature is letters without brackets, at most 6 Chinese or 16 English ones",
            )
    return PlannedTown(f.id("id"), f.text("name", needed=True), f.text("name_en"), signature, signature_en)


def person(f: Fields, dated: list[Dated], place: Place) -> PlannedPerson:
    """Somebody in a chain. `demo` and `auto` are for simulators and are not looked at."""
    phones = None
    if f.has("phones"):
        phones = [
            _phone(Fields(node, path, f.faults, "number verified sms voice"), dated) for path, node in f.items("phones")
        ]
    return PlannedPerson(
        *f.place(), f.id("id"), f.text("name", needed=True), f.text("name_en"), f.choice("role", ROLES),
        f.choice("language", ("zh", "en"), "zh"), phones,
        place(f.id("holiday_cover", needed=False)) if f.has("holiday_cover") else None,
        bool(f.flag("voice_first")), bool(f.flag("slow_speech")),
    )  # fmt: skip


def _phone(f: Fields, dated: list[Dated]) -> PlannedPhone:
    number = f.text("number", needed=True)
    if number and not E164.fullmatch(number):
        meant = normal_number(number)
        f.fault(
            "number",
            f"号码应写成国际格式，如 {meant or '+8612000000001'}",
            f"a number is written in full, like {meant or '+8612000000001'}",
        )
    verified, sms, voice = f.moment("verified", dated), f.flag("sms") is not False, f.flag("voice") is not False
    if not (sms or voice):
        f.fault("voice", "既不收短信也不接电话的号码没有用", "a phone that takes neither texts nor calls is of no use")
    return PlannedPhone(*f.place(), number, verified, sms, voice)


def village(f: Fields, place: Place) -> PlannedVillage:
    """A village."""
    return PlannedVillage(
        *f.place(), f.id("id"), f.text("name", needed=True), f.text("name_en"), place(f.id("head"))
    )  # fmt: skip


def grid(f: Fields, place: Place) -> PlannedGrid:
    """A grid."""
    return PlannedGrid(
        *f.place(), f.id("id"), f.id("village"), f.text("name", needed=True), f.text("name_en"), place(f.id("member"))
    )


def site(f: Fields) -> PlannedSite:
    """A site; on high ground the same mass of a gas is more of the air."""
    return PlannedSite(
        *f.place(), f.id("id"), f.id("grid"), f.text("name", needed=True), f.text("name_en"),
        f.number("altitude_m", 0, 6000),
    )  # fmt: skip


_FAR: Final = 1_000_000
"""Where a home lies may be said on any scale: degrees, metres, or rows and columns of a sketch."""


def home(f: Fields, models: Models, dated: list[Dated], place: Place) -> PlannedHome:
    """A home with its residents and devices. `demo` and `auto` are for simulators and are not looked at."""
    hours = f.number("no_activity_hours", 1, 72, needed=True)
    site_id = f.id("site")
    return PlannedHome(
        *f.place(),
        id=f.id("id"),
        site=site_id,
        number=f.whole("number", 1, 9999, needed=True) or 0,
        address=f.text("address", needed=True, longest=120),
        notes=f.text("notes", longest=1000, lines=True),
        way_in=f.text("way_in", longest=200) or None,
        stove=f.text("stove", longest=100) or None,
        east=f.number("east", -_FAR, _FAR, needed=f.has("north")),
        north=f.number("north", -_FAR, _FAR, needed=f.has("east")),
        no_activity_s=round((hours or 0) * _HOUR_S),
        since=f.moment("since", dated),
        watcher=[place(id) for id in f.ids("watcher")],
        second_watcher=[place(id) for id in f.ids("second_watcher", needed=False)],
        chain=levels(f, place),
        consent=f.moment("consent", dated),
        residents=[
            _resident(Fields(node, path, f.faults, "name born notes phone speech"))
            for path, node in f.items("residents")
        ],
        devices=devices(f, site_id, models, dated),
    )


def _resident(f: Fields) -> PlannedResident:
    """`phone` is their own, which nobody texts: whoever is on duty calls it, and so does the soft check."""
    phone = f.text("phone", longest=40)
    number = normal_number(phone) if phone else None
    if phone and number is None:
        f.fault("phone", "这不是电话号码", "this is no phone number")
    return PlannedResident(
        f.text("name", needed=True), f.whole("born", 1900, 2100), f.text("notes", longest=1000, lines=True), number,
        f.text("speech", longest=60) or None,
    )  # fmt: skip
