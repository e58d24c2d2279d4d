"""Who asks, and which roles there are."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final, Literal, get_args

Role = Literal["operator", "village", "watcher", "administrator", "auditor"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
SCOPED: Final[frozenset[Role]] = frozenset({"village", "watcher"})
"""They see only what is theirs: `rows.py` says which rows."""
MAY_ACT: Final[frozenset[Role]] = frozenset(ROLES) - {"auditor"}
MAY_READ: Final[frozenset[Role]] = frozenset(ROLES)
MAY_RULE: Final[frozenset[Role]] = frozenset({"administrator"})


@dataclass(frozen=True)
class Who:
    """Somebody the gate has let in. `id` goes into the log: `user:<name>` or `token:<name>`.

    `scope`: ids of villages, or of one person in the registry, for the roles that see only a part.
    """

    id: str
    role: Role
    name: str
    by_cookie: bool = False
    session: str = ""
    scope: tuple[str, ...] = ()
    locked: bool = False
    code_due: bool = False
    password_due: bool = False

    @property
    def scoped(self) -> bool:
        """Do they see only a part of the homes?"""
        return self.role in SCOPED


class RoleUnknown(Exception):
    """No such role."""


def checked_role(role: str) -> Role:
    """The role, or RoleUnknown."""
    for known in ROLES:
        if role == known:
            return known
    raise RoleUnknown(f"no role {role!r}; there are {', '.join(ROLES)}")


def fresh_secret() -> str:
    """256 bits from the system's generator."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is stored instead of a secret; it has 256 bits, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
