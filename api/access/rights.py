"""Which role may use which route: one table of every route, asked by the gate before anything else happens.

A route that is missing here answers 404 to everybody; a test walks the application and names it.
"""

import re
from dataclasses import dataclass
from typing import Final

from api.access.who import ROLES, Role

Roles = frozenset[Role]

ALL: Final[Roles] = frozenset(ROLES)
TOWN: Final[Roles] = frozenset({"operator", "administrator", "auditor"})
"""Whoever answers for the whole town, and who looks over their shoulder."""
DUTY: Final[Roles] = frozenset({"operator", "administrator"})
HEADS: Final[Roles] = DUTY | {"village"}
GOING: Final[Roles] = HEADS | {"watcher"}
ANSWERING: Final[Roles] = HEADS | {"auditor"}
"""The duty desk, whoever answers for a village, and who looks over their shoulder."""
RULES: Final[Roles] = frozenset({"administrator"})
LOOKS: Final[Roles] = frozenset({"administrator", "auditor"})

RIGHTS: Final[dict[str, Roles]] = {
    # one's own way in and out
    "GET /api/v1/openapi.json": ALL,
    "POST /logout": ALL,
    "POST /lock": ALL,
    "POST /active": ALL,
    "GET /locked": ALL,
    "GET /locked/live": ALL,
    "POST /unlock": ALL,
    "GET /login/code": ALL,
    "POST /login/code": ALL,
    "GET /account": ALL,
    "POST /account/password": ALL,
    "POST /account/second-factor": ALL,
    "POST /account/second-factor/off": ALL,
    # pages
    "GET /": ALL,
    "GET /board": ALL,
    "GET /pulse": ALL,
    "GET /alerts/{alert_id}": ALL,
    "GET /alerts/{alert_id}/live": ALL,
    "GET /homes": ALL,
    "GET /homes/{home_id}": ALL,
    "GET /homes/{home_id}/live": ALL,
    "GET /homes/{home_id}/acts": ALL,
    "GET /places": ALL,
    "GET /places/live": ALL,
    "GET /places/villages/{village_id}": ALL,
    "GET /places/villages/{village_id}/live": ALL,
    "GET /places/grids/{grid_id}": ALL,
    "GET /places/grids/{grid_id}/live": ALL,
    "GET /devices": ALL,
    "GET /devices/live": ALL,
    "GET /devices/new": DUTY,
    "POST /devices": DUTY,
    "GET /devices/{site}/{device}": ALL,
    "GET /devices/{site}/{device}/live": ALL,
    "POST /devices/{site}/{device}/trial": HEADS,
    "POST /devices/{site}/{device}/trial/sign": HEADS,
    "POST /devices/{site}/{device}/trial/failed": HEADS,
    "GET /quarantine": TOWN,
    "GET /quarantine/{number}": DUTY,
    "POST /quarantine/{number}/redecode": DUTY,
    "POST /homes/{home_id}/away": DUTY,
    "POST /homes/{home_id}/back": DUTY,
    "POST /homes/{home_id}/consent": DUTY,
    "POST /homes/{home_id}/consent/withdraw": DUTY,
    "POST /homes/{home_id}/prove": DUTY,
    "POST /homes/{home_id}/pause": DUTY,
    "POST /homes/{home_id}/resume": DUTY,
    "POST /homes/{home_id}/retire": DUTY,
    "POST /homes/{home_id}/visits": DUTY,
    "POST /homes/{home_id}/drill": DUTY,
    # who answers for homes
    "GET /people": ANSWERING,
    "GET /people/chains": ANSWERING,
    "GET /people/{person_id}": ANSWERING,
    "POST /people/{person_id}/leave": DUTY,
    "POST /people/{person_id}/leave/{since}/cancel": DUTY,
    # reports
    "GET /reports": ANSWERING,
    "GET /reports/behind": ANSWERING,
    "GET /reports/workbook": ANSWERING,
    "POST /reports/close": DUTY,
    "GET /reports/load": ANSWERING,
    "GET /reports/load/behind": ANSWERING,
    # rules
    "GET /rules": TOWN,
    "GET /rules/{name}": TOWN,
    "GET /rules/trials/{trial}": TOWN,
    "POST /rules/{name}/try": RULES,
    "POST /rules/trials/{trial}/save": RULES,
    # the duty desk and its administration
    "GET /handover": TOWN,
    "POST /handover": DUTY,
    "POST /handover/promises": DUTY,
    "POST /handover/promises/{promise_id}/kept": DUTY,
    "GET /admin": LOOKS,
    "GET /admin/audit": LOOKS,
    "POST /admin/users": RULES,
    "POST /admin/users/{user}/link": RULES,
    "POST /admin/users/{user}/role": RULES,
    "POST /admin/users/{user}/disable": RULES,
    "POST /admin/users/{user}/enable": RULES,
    "POST /admin/users/{user}/unpair": RULES,
    "POST /admin/sessions/{session}/end": RULES,
    "POST /admin/tokens": RULES,
    "POST /admin/tokens/{token}/revoke": RULES,
    # what people do about an alert
    "POST /alerts/{alert_id}/acknowledge": GOING,
    "POST /alerts/{alert_id}/en-route": GOING,
    "POST /alerts/{alert_id}/arrived": GOING,
    "POST /alerts/{alert_id}/declined": GOING,
    "POST /alerts/{alert_id}/note": GOING,
    "POST /alerts/{alert_id}/stand-down": HEADS,
    "POST /alerts/{alert_id}/close": HEADS,
    "POST /alerts/{alert_id}/escalate": HEADS,
    "POST /alerts/{alert_id}/message": HEADS,
    "POST /alerts/{alert_id}/shelve": DUTY,
    "POST /alerts/{alert_id}/unshelve": DUTY,
    "POST /alerts/{alert_id}/outcome": DUTY,
    "POST /alerts/{alert_id}/confirm-death": DUTY,
    "POST /alerts/{alert_id}/undo-death": DUTY,
    # REST
    "GET /api/v1/alerts": ALL,
    "GET /api/v1/alerts/{alert_id}": ALL,
    "GET /api/v1/alerts/{alert_id}/explain": ALL,
    "POST /api/v1/alerts/{alert_id}/acknowledge": GOING,
    "POST /api/v1/alerts/{alert_id}/en-route": GOING,
    "POST /api/v1/alerts/{alert_id}/arrived": GOING,
    "POST /api/v1/alerts/{alert_id}/declined": GOING,
    "POST /api/v1/alerts/{alert_id}/notes": GOING,
    "POST /api/v1/alerts/{alert_id}/stand-down": HEADS,
    "POST /api/v1/alerts/{alert_id}/close": HEADS,
    "POST /api/v1/alerts/{alert_id}/escalate": HEADS,
    "POST /api/v1/alerts/{alert_id}/shelve": DUTY,
    "POST /api/v1/alerts/{alert_id}/unshelve": DUTY,
    "POST /api/v1/alerts/{alert_id}/outcome": DUTY,
    "GET /api/v1/homes": ALL,
    "GET /api/v1/homes/{home_id}": ALL,
    "GET /api/v1/homes/{home_id}/blindness": ALL,
    "GET /api/v1/homes/{home_id}/soft-checks": ALL,
    "GET /api/v1/blindness": ALL,
    "POST /api/v1/homes/{home_id}/away": DUTY,
    "GET /api/v1/homes/{home_id}/life": ALL,
    "POST /api/v1/homes/{home_id}/consent": DUTY,
    "POST /api/v1/homes/{home_id}/consent/withdraw": DUTY,
    "POST /api/v1/homes/{home_id}/prove": DUTY,
    "POST /api/v1/homes/{home_id}/pause": DUTY,
    "POST /api/v1/homes/{home_id}/resume": DUTY,
    "POST /api/v1/homes/{home_id}/retire": DUTY,
    "POST /api/v1/homes/{home_id}/visits": DUTY,
    "POST /api/v1/drills": DUTY,
    "GET /api/v1/drills/{drill}": DUTY,
    "GET /api/v1/leave": DUTY,
    "GET /api/v1/rotas": DUTY,
    "POST /api/v1/people/{person}/leave": DUTY,
    "DELETE /api/v1/people/{person}/leave/{since}": DUTY,
    "POST /api/v1/homes/{home_id}/back": DUTY,
    "GET /api/v1/devices": ALL,
    "GET /api/v1/devices/{site}/{device}": ALL,
    "POST /api/v1/devices/{site}/{device}/commands": DUTY,
    "GET /api/v1/people": DUTY,
    "GET /api/v1/quarantine": TOWN,
    "GET /api/v1/quarantine/{number}": DUTY,
    "POST /api/v1/quarantine/{number}/redecode": DUTY,
    "GET /api/v1/events": TOWN,
    "GET /api/v1/stream": ALL,
    "GET /api/v1/settings": TOWN,
    "GET /api/v1/figures": ALL,
    "GET /api/v1/reports/{month}": ANSWERING,
    "GET /api/v1/load": ANSWERING,
    "GET /metrics": TOWN,
}


@dataclass(frozen=True)
class Route:
    """What the table says of an address: who may, and what stands in its blanks."""

    rule: str
    roles: Roles
    blanks: dict[str, str]


class MethodUnknown(Exception):
    """The address exists, by other methods. `allowed` names them."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(", ".join(allowed))
        self.allowed = allowed


def _compiled(rule: str) -> tuple[str, re.Pattern[str]]:
    method, _, path = rule.partition(" ")
    return method, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))


# Without blanks first: `/alerts/{alert_id}` must not answer for an address that is written out.
_TABLE: Final = [(*_compiled(rule), rule, roles) for rule, roles in sorted(RIGHTS.items(), key=lambda r: "{" in r[0])]


def route_of(method: str, path: str) -> Route | None:
    """The rule for this request, None when there is no such address. Raises MethodUnknown."""
    method, others = "GET" if method == "HEAD" else method, []
    for known, pattern, rule, roles in _TABLE:
        if found := pattern.fullmatch(path):
            if known == method:
                return Route(rule, roles, found.groupdict())
            others.append(known)
    if others:
        raise MethodUnknown(sorted(others))
    return None


def may(role: Role | None, rule: str) -> bool:
    """May this role do it? For pages, so that nobody is shown a button that refuses."""
    return role is not None and role in RIGHTS[rule]
