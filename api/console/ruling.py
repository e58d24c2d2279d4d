"""Administration: who may come in and as what, tokens, open sessions, the record of what was done, and how the service is."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from alerts.projections.shifts import anchors
from alerts.registry import people, places
from api.access import audit, second_factor, sessions, tokens, users
from api.access.who import ROLES, RoleUnknown
from api.asking import Administrator, Reader, Serving, Snapshot
from api.console.rendering import page, sentences_for
from api.problems import Problem
from api.services import Services
from events.types.fact import MINUTE, SECOND

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

LINK_VALID: int = 15 * MINUTE
UserName = Annotated[str, Path(max_length=64)]
Role = Annotated[str, Form(max_length=32)]
Scope = Annotated[str, Form(max_length=500)]


@router.get("/admin")
def administration(request: Request, db: Snapshot, who: Reader, serving: Serving) -> Response:
    """Users, tokens, sessions and health; an auditor only looks."""
    del who
    return _admin(request, db, serving)


def _admin(
    request: Request, db: Connection, serving: Services, *, wrong: str = "", secret: str = "", status: int = 200
) -> Response:
    say = sentences_for(request, db, serving)
    known = users.list_users(db)
    return page(
        request, "admin.html", say, status=status, wrong=wrong, secret=secret, users=known, roles=ROLES,
        with_code={user.name for user in known if second_factor.has(db, user.name)}, tokens=tokens.list_tokens(db),
        sessions=sessions.open_sessions(db, say.now), villages=places.villages(db), people=people.people(db),
        latest=audit.latest(db, limit=15), chain=audit.verify(db, anchors(db)), link_minutes=LINK_VALID // MINUTE,
    )  # fmt: skip


@router.get("/admin/audit")
def record(
    request: Request, db: Snapshot, who: Reader, serving: Serving,
    before: Annotated[int | None, Query(ge=1, le=1 << 62)] = None,
    by: Annotated[str, Query(max_length=80)] = "",
) -> Response:  # fmt: skip
    """Page by page, of one person if asked."""
    del who
    found = audit.latest(db, before=before, who=by, limit=100)
    return page(request, "audit.html", sentences_for(request, db, serving), entries=found, by=by, before=before)


@router.post("/admin/users")
def create_user(
    request: Request, db: Snapshot, who: Administrator, serving: Serving,
    name: Annotated[str, Form(max_length=64)], role: Role, scope: Scope = "",
) -> Response:  # fmt: skip
    """A user without a password; the link that lets them in once, and choose one, is shown this once."""
    del who
    say, now = sentences_for(request, db, serving), serving.now()
    try:
        users.create_user(serving.database, name, role, None, scope=_named(db, role, scope), now=now)
    except (users.UserExists, users.NameRefused, users.ScopeMissing, RoleUnknown) as refused:
        return _admin(request, db, serving, wrong=say.t(f"admin.{type(refused).__name__}"), status=422)
    return _fresh(request, serving, _link(serving, name))


def _named(db: Connection, role: str, scope: str) -> tuple[str, ...]:
    """Only what there is: a misspelt village would be a user who sees nothing."""
    known = {village.id for village in places.villages(db)} if role == "village" else {p.id for p in people.people(db)}
    return tuple(each for each in scope.replace(",", " ").split() if each in known)


def _link(serving: Services, name: str) -> str:
    path = sessions.make_login_link(serving.database, name, serving.now(), LINK_VALID / SECOND)
    return serving.public_base_url + path


def _fresh(request: Request, serving: Services, secret: str = "") -> Response:
    """The page as it is after what was done."""
    with serving.database.read() as db:
        return _admin(request, db, serving, secret=secret)


@router.post("/admin/users/{user}/link")
def make_link(request: Request, user: UserName, who: Administrator, serving: Serving) -> Response:
    """A link that logs this user in once."""
    del who
    try:
        return _fresh(request, serving, _link(serving, user))
    except sessions.UserUnknown:
        raise Problem(404) from None


@router.post("/admin/users/{user}/role")
def change_role(
    request: Request, user: UserName, db: Snapshot, who: Administrator, serving: Serving, role: Role, scope: Scope = ""
) -> Response:
    """Another role from the next request on; nobody takes their own away."""
    say = sentences_for(request, db, serving)
    if user == who.name:
        return _admin(request, db, serving, wrong=say.t("admin.not_oneself"), status=409)
    try:
        known = users.set_role(serving.database, user, role, _named(db, role, scope))
    except (users.ScopeMissing, RoleUnknown) as refused:
        return _admin(request, db, serving, wrong=say.t(f"admin.{type(refused).__name__}"), status=422)
    return _back(known)


@router.post("/admin/users/{user}/disable")
def disable(request: Request, user: UserName, db: Snapshot, who: Administrator, serving: Serving) -> Response:
    """No login any more, and all their sessions end; nobody shuts themselves out."""
    if user == who.name:
        say = sentences_for(request, db, serving)
        return _admin(request, db, serving, wrong=say.t("admin.not_oneself"), status=409)
    return _back(users.disable_user(serving.database, user, now=serving.now()))


@router.post("/admin/users/{user}/enable")
def enable(user: UserName, who: Administrator, serving: Serving) -> Response:
    """They may log in again."""
    del who
    return _back(users.enable_user(serving.database, user))


@router.post("/admin/users/{user}/unpair")
def unpair(user: UserName, who: Administrator, serving: Serving) -> Response:
    """A lost phone: no code is asked any more."""
    del who
    return _back(second_factor.forget(serving.database, user))


@router.post("/admin/sessions/{session}/end")
def end_session(session: Annotated[str, Path(max_length=64)], who: Administrator, serving: Serving) -> Response:
    """Out at once."""
    del who
    return _back(sessions.end_session_by_key(serving.database, session, serving.now()))


@router.post("/admin/tokens")
def create_token(
    request: Request, db: Snapshot, who: Administrator, serving: Serving,
    name: Annotated[str, Form(max_length=64)], role: Role,
) -> Response:  # fmt: skip
    """A bearer token for a program, shown this once."""
    del who
    say = sentences_for(request, db, serving)
    try:
        return _fresh(request, serving, tokens.create_token(serving.database, name, role, serving.now()))
    except (tokens.TokenExists, tokens.TokenNameRefused, RoleUnknown) as refused:
        return _admin(request, db, serving, wrong=say.t(f"admin.{type(refused).__name__}"), status=422)


@router.post("/admin/tokens/{token}/revoke")
def revoke(token: Annotated[str, Path(max_length=64)], who: Administrator, serving: Serving) -> Response:
    """It opens nothing from now on."""
    del who
    return _back(tokens.revoke_token(serving.database, token, serving.now()))


def _back(known: bool) -> Response:
    if not known:
        raise Problem(404)
    return RedirectResponse("/admin", 303)
