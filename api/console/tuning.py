"""Rules: the numbers in force, what a change would have done in the last 30 days, and saving it with who and why."""

import math
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from alerts.backtest.apart import Asked
from alerts.backtest.reach import Reach, Target, reached, within
from alerts.commands.settings import SettingRefused, change_settings, check
from alerts.projections import responses, rules
from alerts.projections.blindness import last_days
from alerts.registry import homes, places
from api.access.audit import note_down
from api.asking import Administrator, Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.console.sentences import Sentences
from api.console.spans import span
from api.console.trials import TooMany, Trial, Trials
from api.problems import Problem

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Scope = Annotated[str, Query(max_length=80)]
Name = Annotated[str, Path(max_length=64)]
_LEVELS: Final = rules.ORDER
_CHOICE: Final = 200
"""Among more homes than so many a village is chosen first."""


def _scopes(db: Connection, say: Sentences, scope: str) -> dict[str, str]:
    """Where a number may hold, by the name people say; in a county villages, and of the chosen one its groups and homes."""
    found = {"all": say.t("rules.town")}
    for each in places.villages(db):
        found[f"village:{each.id}"] = f"{say.t('people.village')} · {say.names.of(each.name, each.name_en)}"
    village = ""
    if homes.count(db) > _CHOICE:
        village = _village_of(db, scope)
        if not village:
            return found
    at_home = homes.watched_in(db, village)
    for site in dict.fromkeys(at_home.values()):
        found[f"site:{site}"] = f"{say.t('rules.site')} · {say.names.site(site)}"
    say.names.expect(home_ids=at_home)
    return found | {home: say.names.home(home) for home in at_home}


def _village_of(db: Connection, scope: str) -> str:
    kind, _, id = scope.partition(":")
    if kind == "village":
        return id
    some = rules.homes_of_scope(db, scope)[:1] if scope != "all" else []
    where = places.above(db, some[0]) if some else None
    return where.village[0] if where else ""


def _known(db: Connection, say: Sentences, scope: str) -> dict[str, str]:
    found = _scopes(db, say, scope)
    if scope not in found:
        raise Problem(404, "scope_unknown")
    return found


def shown(say: Sentences, name: str, value: Any) -> str:
    """A number as people read it."""
    if value is None:
        return say.t("rules.differs")
    match rules.kind_of(name):
        case "steps":
            told = rules.as_minutes(value)
            in_order = sorted(told, key=lambda each: (told[each], _LEVELS.index(each)))
            return " · ".join(
                say.t("rules.step", level=say.t(f"level.{level}"), after=_after(say, told[level])) for level in in_order
            )
        case "hours":
            return say.t("rules.never") if value[0] == value[1] else f"{value[0]:g}:00–{value[1]:g}:00"
        case "switch":
            return say.t("reports.yes" if value else "reports.no")
        case "minutes" | "seconds":
            return span(rules.seconds_as_micros(value), say.language)
    return f"{value:g}"


def _after(say: Sentences, minutes: float) -> str:
    return span(rules.seconds_as_micros(minutes * 60), say.language) if minutes else say.t("rules.at_once")


@router.get("/rules")
def all_rules(request: Request, db: Snapshot, who: Reader, serving: Serving, scope: Scope = "all") -> HTMLResponse:
    """The numbers in force in a scope."""
    del who
    say = sentences_for(request, db, serving)
    scopes = _known(db, say, scope)
    groups: dict[str, list[rules.Rule]] = {}
    for each in rules.in_force(db, scope):
        groups.setdefault(each.group, []).append(each)
    return page(
        request, "rules.html", say, groups=groups, scope=scope, scopes=scopes,
        shown=lambda name, value: shown(say, name, value),
    )  # fmt: skip


@router.get("/rules/{name}")
def one_rule(
    request: Request, name: Name, db: Snapshot, who: Reader, serving: Serving, scope: Scope = "all"
) -> HTMLResponse:
    """One number: what holds, who changed it when and why, and the form for another."""
    del who
    return _one(request, db, serving, name, scope)


def _one(request: Request, db: Connection, serving: Serving, name: str, scope: str, wrong: str = "") -> HTMLResponse:
    say = sentences_for(request, db, serving)
    scopes, rule = _known(db, say, scope), rules.rule(db, name, scope)
    if rule is None:
        raise Problem(404, "rule_unknown")
    return page(
        request, "rule.html", say, status=422 if wrong else 200, rule=rule, scope=scope, scopes=scopes, wrong=wrong,
        history=rules.history(db, name, scope), shown=lambda name, value: shown(say, name, value),
        minutes=rules.as_minutes(rule.value) if rule.kind == "steps" else {}, levels=_LEVELS,
    )  # fmt: skip


Text = Annotated[str, Form(max_length=32)]


def _form(
    value: Text = "", begins: Annotated[str, Form(alias="from", max_length=8)] = "",
    ends: Annotated[str, Form(alias="to", max_length=8)] = "",
    watcher: Text = "", second_watcher: Text = "", grid_member: Text = "", village: Text = "", town: Text = "",
) -> dict[str, str]:  # fmt: skip
    """Whatever the form of a number may hold."""
    levels = dict(zip(_LEVELS, (watcher, second_watcher, grid_member, village, town), strict=True))
    return {"value": value, "from": begins, "to": ends, **levels}


@router.post("/rules/{name}/try")
def try_it(
    request: Request, name: Name, db: Snapshot, who: Administrator, serving: Serving,
    form: Annotated[dict[str, str], Depends(_form)], scope: Annotated[str, Form(max_length=80)] = "all",
) -> Response:  # fmt: skip
    """Judge a change over the last 30 days; nothing is changed by it."""
    say = sentences_for(request, db, serving)
    _known(db, say, scope)
    rule = rules.rule(db, name, scope)
    if rule is None:
        raise Problem(404, "rule_unknown")
    try:
        value = _given(rule, form)
        check(name, value)
    except SettingRefused as refused:
        return _one(request, db, serving, name, scope, say.t("rules.refused", detail=str(refused)))
    except (ValueError, OverflowError):
        return _one(request, db, serving, name, scope, say.t("rules.no_number"))
    if value == rule.value:
        return _one(request, db, serving, name, scope, say.t("rules.same"))
    trials: Trials = request.app.state.trials
    try:
        trial = trials.begin(**_asked(db, serving, rule, scope, value, who.id))
    except TooMany:
        raise Problem(429, "trials_waiting") from None
    return RedirectResponse(f"/rules/trials/{trial.id}", 303)


def _given(rule: rules.Rule, form: dict[str, str]) -> Any:
    """What the form says, as the setting has it. Raises ValueError."""
    if rule.kind == "steps":
        told = {level: form[level].strip() for level in _LEVELS}
        return rules.as_steps({level: _number(text) for level, text in told.items() if text})
    if rule.kind == "hours":
        return [int(_number(form["from"])), int(_number(form["to"]))]
    number = _number(form["value"])
    number = round(number * 60, 3) if rule.kind == "minutes" else number
    return int(number) if number == int(number) else number


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _asked(db: Connection, serving: Serving, rule: rules.Rule, scope: str, value: Any, by: str) -> dict[str, Any]:
    now = serving.now()
    since, until = last_days(now, rules.DAYS)
    mine = [] if scope == "all" else rules.homes_of_scope(db, scope)
    asked = Asked(
        str(serving.database.address), rules.judged_by(db, rule.name, now), {rule.name: value}, since, until, mine
    )
    levels, target = _counted(db, rule, value, mine, since, until, now)
    return {
        "name": rule.name, "scope": scope, "homes": mine, "was": rule.value, "value": value, "by": by, "at": now,
        "asked": asked, "reached": levels, "target": target,
    }  # fmt: skip


def _counted(
    db: Connection, rule: rules.Rule, value: Any, mine: list[str], since: int, until: int, now: int
) -> tuple[list[Reach], Target | None]:
    """For steps and targets: from what people did, without judging anything again."""
    head, _, tail = rule.name.partition(".")
    if not head.startswith("class") or rule.value is None:
        return [], None
    rows = [
        row for row in responses.rows(db, since, until)
        if row["class"] == int(head.removeprefix("class")) and (not mine or row["home"] in mine)
    ]  # fmt: skip
    if tail == "steps":
        return reached(rows, rule.value, value, _LEVELS, now), None
    what = {"answer_within_s": "answer", "arrive_within_s": "arrive"}.get(tail)
    return [], within(rows, what, rule.value, value) if what else None


def _trial(request: Request, id: str) -> Trial:
    trials: Trials = request.app.state.trials
    found = trials.get(id)
    if found is None:
        raise Problem(404, "trial_unknown")
    return found


@router.get("/rules/trials/{trial}")
def one_trial(
    request: Request, trial: Annotated[str, Path(max_length=32)], db: Snapshot, who: Reader, serving: Serving
) -> HTMLResponse:
    """How far it is, or what the change would have done; and then the form that saves it."""
    del who
    say, found = sentences_for(request, db, serving), _trial(request, trial)
    trials: Trials = request.app.state.trials
    return page(
        request, "trial.html", say, trial=found, scopes=_scopes(db, say, found.scope), limit_s=trials.limit_s, days=rules.DAYS,
        shown=lambda name, value: shown(say, name, value),
    )  # fmt: skip


@router.post("/rules/trials/{trial}/save")
def save(
    request: Request, trial: Annotated[str, Path(max_length=32)], db: Snapshot, who: Administrator, serving: Serving,
    why: Annotated[str, Form(min_length=1, max_length=2000)],
) -> Response:  # fmt: skip
    """The change is in force from now on, with who and why; only what was judged first, and once."""
    found, now = _trial(request, trial), serving.now()
    rule = rules.rule(db, found.name, found.scope)
    if not found.over:
        raise Problem(409, "trial_running")
    if found.saved or rule is None or rule.value != found.was:
        raise Problem(409, "trial_overtaken")
    change_settings(
        serving.database, {found.name: found.value}, by=who.id, at=now, scope=rules.recorded_as(found.scope),
        homes=[home for home in found.homes if home != found.scope], why=why,
    )  # fmt: skip
    found.saved = True
    note_down(serving.database, at=now, who=who.id, what=f"setting {found.name}", ref=found.scope)
    return RedirectResponse(f"/rules/{found.name}?scope={found.scope}", 303)
