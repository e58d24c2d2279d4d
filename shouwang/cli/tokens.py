"""`shouwang token ...`: bearer tokens for programs that use the API."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from api.access import tokens
from api.access.audit import note_down
from api.access.who import ROLES, RoleUnknown
from shouwang.cli.speech import err, out, say
from shouwang.exits import Refused
from shouwang.moment import now
from shouwang.operations.memory import BY, memory
from shouwang.settings import TOWN, read_settings

app = typer.Typer(help="程序访问用的令牌 · Bearer tokens for programs that use the API.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="名称，记入日志 · stands in the log for what it did")]


@app.command()
def create(
    name: Name,
    role: Annotated[str, typer.Option(help=f"角色 · {', '.join(ROLES)}")] = "auditor",
) -> None:
    """新建令牌，只显示这一次 · Make a token; it is shown this once and only a digest is kept.

    Example:  curl -H "Authorization: Bearer $(shouwang token create wallboard)" http://127.0.0.1:8000/api/v1/alerts

    Exit codes: 0 ok, 2 the name or role is refused.
    """
    with memory(read_settings()) as database:
        try:
            plain = tokens.create_token(database, name, role, now())
        except tokens.TokenExists:
            raise Refused(f"已有令牌 {name}", f"there is or was a token {name}; choose another name") from None
        except tokens.TokenNameRefused:
            raise Refused("名称不合规", "a name has 1 to 64 letters, digits, dots or dashes") from None
        except RoleUnknown as refused:
            raise Refused("没有这个角色", str(refused)) from None
        note_down(database, at=now(), who=BY, what="token create", ref=name, result=role)
    say(plain)
    err.print("请保存，不会再显示 · keep it, it is not shown again")


@app.command("list")
def show() -> None:
    """列出令牌 · Show all tokens without their secret.

    Example:  shouwang token list
    """
    with memory(read_settings()) as database, database.read() as db:
        known = tokens.list_tokens(db)
    table = Table("名称 name", "角色 role", "创建 created", "撤销 revoked")
    for token in known:
        table.add_row(token.name, token.role, _day(token.created_at), _day(token.revoked_at))
    out.print(table)


@app.command()
def revoke(name: Name) -> None:
    """撤销令牌 · The token opens nothing from now on.

    Example:  shouwang token revoke wallboard

    Exit codes: 0 ok, 2 no such token.
    """
    with memory(read_settings()) as database:
        if not tokens.revoke_token(database, name, now()):
            raise Refused(f"没有令牌 {name}", f"there is no token {name} in force")
        note_down(database, at=now(), who=BY, what="token revoke", ref=name)
    err.print("已撤销 · revoked")


def _day(at: int | None) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(TOWN):%Y-%m-%d %H:%M}"
