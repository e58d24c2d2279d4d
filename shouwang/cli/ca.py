"""`shouwang ca ...`: certificates for console and broker on a network without internet."""

from typing import Annotated

import typer
from rich.markup import escape

from alerts.registry import places
from events.keepers import make_database
from shouwang.cli.speech import err, say
from shouwang.operations import local_ca
from shouwang.operations.memory import has_history
from shouwang.settings import Settings, read_settings

app = typer.Typer(
    help="本地证书，让办公网里的网页也安全 · Certificates for console and broker on a local network.",
    no_args_is_help=True,
)


@app.command()
def create(
    name: Annotated[
        list[str] | None, typer.Option(help="另外允许的域名 · domains beyond local names that it may vouch for")
    ] = None,
) -> None:
    """建本地证书机构 · Make a certificate authority of your own; its certificate is installed once on each PC.

    It can only vouch for local names and addresses (.lan, .local, 192.168..., 10...) and for what `--name` adds.

    Examples:
      shouwang ca create

      shouwang ca create --name watch.shili.example

    Exit codes: 0 ok, 2 there is one already.

    """
    settings = read_settings()
    made = local_ca.create_authority(settings.home / "ca", _town(settings), names=tuple(name or ()))
    say(str(made))
    err.print(f"指纹 fingerprint SHA-256 {local_ca.fingerprint(made)}")
    err.print(
        "装到每台值班电脑一次；钥匙留在本机 · install it once on each PC; the key beside it never leaves this machine"
    )


@app.command()
def issue(
    hosts: Annotated[list[str], typer.Argument(help="名称或地址 · names or addresses, e.g. watch.lan 192.168.1.10")],
) -> None:
    """签发证书给控制台和设备消息服务 · A certificate for console and broker, good for 397 days.

    Example:  shouwang ca issue watch.lan 192.168.1.10

    Exit codes: 0 ok, 2 no authority yet, or it may not vouch for that name.
    """
    settings = read_settings()
    made = local_ca.issue(settings.home / "ca", tuple(hosts))
    say(f"SHOUWANG_TLS_CERT={made.cert}")
    say(f"SHOUWANG_TLS_KEY={made.key}")
    err.print(f"有效到 good until {made.until:%Y-%m-%d}: {escape(', '.join(hosts))}")


@app.command()
def show() -> None:
    """证书机构的文件和指纹 · Where the authority's certificate lies, and its fingerprint, to compare on each PC.

    Example:  shouwang ca show
    """
    cert, _ = local_ca.authority(read_settings().home / "ca")
    say(f"{cert}\n{local_ca.fingerprint(cert)}" if cert.exists() else "还没有 · none yet")


def _town(settings: Settings) -> str:
    if settings.database_url is None and not has_history(settings):
        return ""
    database = make_database(settings.database)
    try:
        with database.read() as db:
            town = places.town(db)
    finally:
        database.close()
    return (town.name_en or town.name) if town else ""
