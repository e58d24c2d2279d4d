"""`shouwang user ...`: who may log in to the console."""

from typing import Annotated

import typer
from rich.markup import escape

from api.access import second_factor, sessions, users
from api.access.audit import note_down
from api.access.who import ROLES, RoleUnknown
from shouwang.cli.speech import err, say
from shouwang.exits import Exit, Refused
from shouwang.moment import now
from shouwang.operations.memory import BY, memory
from shouwang.settings import read_settings

app = typer.Typer(help="控制台用户 · People who may log in to the console.", no_args_is_help=True)

LINK_VALID_S = 15 * 60.0
Name = Annotated[str, typer.Argument(help="登录名 · the name they log in with")]
ByStdin = Annotated[bool, typer.Option("--password-stdin", help="从标准输入读密码 · read the password from stdin")]


@app.command()
def create(
    name: Name,
    role: Annotated[str, typer.Option(help=f"角色 · {', '.join(ROLES)}")] = "operator",
    scope: Annotated[
        list[str] | None, typer.Option(help="村（village）或登记的人（watcher） · villages, or the person a watcher is")
    ] = None,
    password_stdin: ByStdin = False,
    link: Annotated[
        bool, typer.Option("--link", help="不设密码，给一次性链接 · no password yet, a one-time link")
    ] = False,
) -> None:
    """新建用户 · Add a user; asks for the password twice.

    Examples:
      shouwang user create zhang --role operator

      shouwang user create li --role auditor --link

      shouwang user create dongping --role village --scope dp --link

    Exit codes: 0 ok, 2 the name, role or password is refused.

    """
    password = None if link else _password(from_stdin=password_stdin)
    settings = read_settings()
    with memory(settings) as database:
        try:
            users.create_user(database, name, role, password, scope=scope or (), now=now())
        except users.UserExists:
            raise Refused(f"已有用户 {name}", f"there is a user {name} already") from None
        except (RoleUnknown, users.ScopeMissing, users.NameRefused, users.PasswordTooShort) as refused:
            raise Refused("未创建", str(refused)) from None
        if link:
            say(settings.console_url + sessions.make_login_link(database, name, now(), LINK_VALID_S))
        note_down(database, at=now(), who=BY, what="user create", ref=name, result=role)
    err.print(f"已创建 {escape(name)}（{escape(role)}） · created")


@app.command("link")
def make_link(name: Name) -> None:
    """一次性登录链接，15 分钟内有效 · A link that logs this user in once, within 15 minutes.

    Example:  shouwang user link operator

    Exit codes: 0 ok, 2 no such user.
    """
    settings = read_settings()
    with memory(settings) as database:
        try:
            say(settings.console_url + sessions.make_login_link(database, name, now(), LINK_VALID_S))
        except sessions.UserUnknown:
            raise Refused(f"没有用户 {name}", f"there is no user {name}, or they are disabled") from None
        note_down(database, at=now(), who=BY, what="user link", ref=name)


@app.command("password")
def change_password(name: Name, password_stdin: ByStdin = False) -> None:
    """设置新密码，同时解锁 · Set a new password; this also unlocks the user.

    Example:  shouwang user password zhang

    Exit codes: 0 ok, 2 no such user or a password that is too short.
    """
    password = _password(from_stdin=password_stdin)
    with memory(read_settings()) as database:
        try:
            known = users.set_password(database, name, password)
        except users.PasswordTooShort as refused:
            raise Refused("密码太短", str(refused)) from None
        if not known:
            raise Refused(f"没有用户 {name}", f"there is no user {name}")
        note_down(database, at=now(), who=BY, what="user password", ref=name)
    err.print("密码已更新 · the password is set")


@app.command("unpair")
def unpair(name: Name) -> None:
    """手机丢了：不再问验证码 · The phone is lost: no code is asked any more.

    Example:  shouwang user unpair zhang

    Exit codes: 0 ok, 2 this user has none.
    """
    with memory(read_settings()) as database:
        if not second_factor.forget(database, name):
            raise Refused(f"{name} 没有开验证码", f"{name} has no second factor")
        note_down(database, at=now(), who=BY, what="user unpair", ref=name)
    err.print("已关闭 · it is off")


@app.command()
def disable(name: Name) -> None:
    """停用并立即退出登录 · No login any more; all their sessions end now.

    Example:  shouwang user disable zhang

    Exit codes: 0 ok, 2 no such user.
    """
    with memory(read_settings()) as database:
        if not users.disable_user(database, name, now=now()):
            raise Refused(f"没有用户 {name}", f"there is no user {name}")
        note_down(database, at=now(), who=BY, what="user disable", ref=name)
    err.print("已停用 · disabled")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return typer.get_text_stream("stdin").readline().rstrip("\n")
    try:
        given: str = typer.prompt("密码 password", hide_input=True, confirmation_prompt="再输一次 again", err=True)
    except typer.Abort:
        raise Refused("没有密码", "no password was given", code=Exit.BAD_INPUT) from None
    return given
