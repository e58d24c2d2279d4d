"""How the first person gets in: a service without users makes one and prints a link that logs in once."""

from api.access import sessions, users
from api.access.audit import note_down
from shouwang.moment import now
from shouwang.operations.memory import BY, memory
from shouwang.settings import Settings

FIRST_USER = "operator"
FIRST_LINK_S = 24 * 3600.0


def first_link(settings: Settings, *, always: bool = False) -> str | None:
    """A link for the first user, who is made when there is none; None when there are users already.

    There is no default password: the link leads to choosing one, and nothing else opens before.

    `always`: also later, for a demonstration; in service a link at every start would lie in every log.
    """
    with memory(settings) as database:
        with database.read() as db:
            known = users.any_user(db)
        if not known:
            users.create_user(database, FIRST_USER, "administrator", None, now=now())
        elif not always:
            return None
        link = sessions.make_login_link(database, FIRST_USER, now(), FIRST_LINK_S)
        note_down(database, at=now(), who=BY, what="user link", ref=FIRST_USER)
    return settings.console_url + link
