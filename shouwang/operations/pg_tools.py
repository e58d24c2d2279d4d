"""PostgreSQL's own dump and restore. The password goes by the environment: a command line can be read by everybody."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict

from shouwang.exits import Exit, Refused

_NAMES: Final = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "passfile": "PGPASSFILE",
}  # fmt: skip
"""Parts of a connection's address -> libpq's variables (PostgreSQL manual, chapter 32.15)."""


def dump(url: str, to: Path) -> None:
    """The database as of one moment, in the custom format; its list of contents is read back. Raises Refused."""
    _run("pg_dump", url, "--format=custom", f"--file={to}")
    to.chmod(0o600)
    listed = _run("pg_restore", url, "--list", str(to))
    if " TABLE DATA " not in listed or " events " not in listed:
        raise Refused("备份里没有事件日志", "the dump holds no log", code=Exit.FAILED)


def restore(url: str, dumped: Path) -> None:
    """Into an empty database, all of it or nothing. Raises Refused."""
    _run(
        "pg_restore", url, "--no-owner", "--exit-on-error", "--single-transaction", "--dbname", _name(url), str(dumped)
    )


def _run(program: str, url: str, *words: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise Refused(
            f"没有 {program}，请安装 postgresql-client", f"{program} is missing: install the package postgresql-client"
        )
    told = subprocess.run(  # noqa: S603  # PostgreSQL's own program
        [found, *words], env=os.environ | _environ(url), capture_output=True, text=True, check=False
    )
    if told.returncode != 0:
        said = told.stderr.strip().splitlines()[-1:] or [str(told.returncode)]
        raise Refused(f"{program} 没有成功：{said[0]}", f"{program} did not succeed", code=Exit.FAILED)
    return told.stdout


def _environ(url: str) -> dict[str, str]:
    known = conninfo_to_dict(_plain(url))
    return {variable: str(known[name]) for name, variable in _NAMES.items() if known.get(name)}


def _name(url: str) -> str:
    return str(conninfo_to_dict(_plain(url)).get("dbname", ""))


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
