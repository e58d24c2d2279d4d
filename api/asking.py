"""What a route may ask for: the services, who asks in which role, names, and to be seen after a command."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy import Connection

from alerts.projections.standings import Standing, Standings, standings
from alerts.projections.words import Language
from api.access.rows import narrowed
from api.access.who import MAY_ACT, MAY_READ, MAY_RULE, Role, Who
from api.language import language_of
from api.problems import Problem
from api.services import Services


def services_of(request: Request) -> Services:
    """The services this application was made with."""
    services: Services = request.app.state.services
    return services


def _in_role(roles: frozenset[Role]) -> Callable[[Request], Who]:
    def check(request: Request) -> Who:
        who: Who = request.state.who
        if who.role not in roles:
            raise Problem(403, "role_not_allowed", role=who.role)
        return who

    return check


def _snapshot(request: Request, services: Annotated[Services, Depends(services_of)]) -> Iterator[Connection]:
    """What this reader may see, as of one moment: who answers for a part finds only its rows."""
    with services.database.read() as db:
        yield narrowed(db, getattr(request.state, "who", None))


def _standing(
    request: Request, db: Annotated[Connection, Depends(_snapshot)], services: Annotated[Services, Depends(services_of)]
) -> Mapping[str, Standing]:
    """How every home of this reader stands; of a part it is read from their own rows, of the whole town it is remembered."""
    who: Who = request.state.who
    known: Standings = request.app.state.standings
    return standings(db, services.now()) if who.scoped else known.at(db, services.now())


def _seen_version(if_match: Annotated[str | None, Header(description='The version seen, as `"7"`.')] = None) -> int:
    if if_match is None:
        raise Problem(428)
    number = if_match.strip().removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Problem(400, "malformed_version")
    return int(number)


Serving = Annotated[Services, Depends(services_of)]
Reader = Annotated[Who, Depends(_in_role(MAY_READ))]
Operator = Annotated[Who, Depends(_in_role(MAY_ACT))]
Administrator = Annotated[Who, Depends(_in_role(MAY_RULE))]
Snapshot = Annotated[Connection, Depends(_snapshot)]
Homes = Annotated[Mapping[str, Standing], Depends(_standing)]
SeenVersion = Annotated[int, Depends(_seen_version)]
Spoken = Annotated[Language, Depends(language_of)]
