"""The command line as people meet it: every command explains itself, and every refusal has its sentence and exit code."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shouwang.cli import app
from shouwang.exits import Exit
from shouwang.premises import FolderLock
from tests import hatching

ROOT = Path(__file__).resolve().parents[2]
SHOUWANG = Path(sys.executable).parent / "shouwang"
COMMANDS = [
    "up", "ingest", "alerts", "api", "demo", "import", "tail", "verify", "rebuild", "check", "watchdog", "templates lint", "templates show", "templates export", "templates card", "simulate scenario", "simulate replay", "simulate world",
    "token create", "token list", "token revoke", "user create", "user link", "user password", "user unpair", "user disable",
    "lint chain", "backtest", "backup", "restore", "ca create", "ca issue", "ca show", "audit verify", "audit show",
]  # fmt: skip


def around(home: Path, environ: dict[str, str]) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SHOUWANG_", "TWILIO_"))}
    return clean | {"SHOUWANG_HOME": str(home), "COLUMNS": "200"} | environ


def installed(*words: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """By the command that was installed, from its start on."""
    return subprocess.run(
        [SHOUWANG, *words], env=around(home, environ), capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )


def shouwang(*words: str, home: Path, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """The same without its start: there are many, and each reads much."""
    return hatching.run("shouwang.cli:main", *words, environ=around(home, environ), stdin=stdin)


def helps(*words: str) -> str:
    """The help of a command, asked without a process of its own."""
    told = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--help"], prog_name="shouwang")
    assert told.exit_code == Exit.OK, told.output
    return told.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_two_languages_with_an_example(command: str) -> None:
    told = helps(*command.split())
    assert re.search("[\u4e00-\u9fff]", told)
    assert "Example" in told
    assert f"shouwang {command}" in told


def test_all_commands_are_in_the_list_above(tmp_path: Path) -> None:
    listed = re.findall(r"│ ([a-z]+) ", installed("--help", home=tmp_path).stdout)
    assert set(listed) == {command.split()[0] for command in COMMANDS}
    for group in ("simulate", "token", "user", "templates", "ca", "audit"):
        listed = re.findall(r"│ ([a-z]+) ", helps(group))
        assert {f"{group} {name}" for name in listed} == {c for c in COMMANDS if c.startswith(f"{group} ")}


def test_a_wrong_configuration_is_named_whole_and_nothing_is_begun(tmp_path: Path) -> None:
    told = installed("up", home=tmp_path / "new", SHOUWANG_HTTP_PORT="x", TWILIO_FROM="+8612000009000")
    assert told.returncode == Exit.BAD_INPUT
    for name in ("SHOUWANG_HTTP_PORT", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        assert name in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("room", ["ingest", "alerts", "api"])
def test_a_room_of_its_own_is_refused_without_a_database_for_many(room: str, tmp_path: Path) -> None:
    told = shouwang(room, home=tmp_path / "new", MQTT_URL="mqtt://127.0.0.1:1")
    assert told.returncode == Exit.BAD_INPUT
    assert "need PostgreSQL: set DATABASE_URL" in told.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", [["tail"], ["user", "create", "zhang"]])
def test_a_database_that_cannot_be_reached_is_said_in_a_sentence_without_its_password(
    command: list[str], tmp_path: Path
) -> None:
    url = "postgresql://shouwang:hush-hush@127.0.0.1:1/shouwang"
    told = shouwang(*command, home=tmp_path, stdin="long-enough-a-password\n" * 2, DATABASE_URL=url)
    assert told.returncode == Exit.FAILED
    assert "DATABASE_URL" in told.stderr
    assert "Traceback" not in told.stderr
    assert "hush-hush" not in told.stderr + told.stdout


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_second_start_names_the_process_that_is_there(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "demo" if command == "demo" else tmp_path
    lock = FolderLock(folder)
    told = shouwang(command, home=tmp_path)
    lock.release()
    assert told.returncode == Exit.BUSY
    assert str(os.getpid()) in told.stderr


@pytest.mark.parametrize(
    ("command", "variable"),
    [
        ("up", "SHOUWANG_HTTP_PORT"), ("up", "SHOUWANG_MQTT_PORT"),
        ("demo", "SHOUWANG_HTTP_PORT"), ("demo", "SHOUWANG_DEMO_PHONES_PORT"),
    ],
)  # fmt: skip
def test_a_busy_port_is_named_with_what_to_set(command: str, variable: str, tmp_path: Path) -> None:
    free = {}
    with socket.socket() as taken, socket.socket() as one, socket.socket() as two:
        for door in (taken, one, two):
            door.bind(("127.0.0.1", 0))
        taken.listen()
        names = ["SHOUWANG_HTTP_PORT", "SHOUWANG_MQTT_PORT", "SHOUWANG_DEMO_PHONES_PORT"]
        names.remove(variable)
        free = {name: str(door.getsockname()[1]) for name, door in zip(names, (one, two), strict=True)}
        busy = str(taken.getsockname()[1])
        one.close()
        two.close()
        told = shouwang(command, home=tmp_path, **free, **{variable: busy})
    assert told.returncode == Exit.BUSY
    assert variable in told.stderr
    assert busy in told.stderr


def test_a_token_is_shown_once_and_its_name_is_taken_for_ever(tmp_path: Path) -> None:
    made = installed("token", "create", "wallboard", "--role", "auditor", home=tmp_path)
    assert made.returncode == Exit.OK
    plain = made.stdout.strip()
    assert plain.startswith("sw_")
    assert "wallboard" in (listed := shouwang("token", "list", home=tmp_path).stdout)
    assert plain not in listed
    assert plain.encode() not in b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    again = shouwang("token", "create", "wallboard", home=tmp_path)
    assert (again.returncode, again.stdout) == (Exit.BAD_INPUT, "")
    assert shouwang("token", "revoke", "wallboard", home=tmp_path).returncode == Exit.OK
    assert shouwang("token", "revoke", "wallboard", home=tmp_path).returncode == Exit.BAD_INPUT
    assert shouwang("token", "create", "x", "--role", "emperor", home=tmp_path).returncode == Exit.BAD_INPUT


def test_a_user_gets_a_password_from_a_pipe_or_a_link_and_never_a_weak_one(tmp_path: Path) -> None:
    def create(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return shouwang("user", "create", *words, home=tmp_path, stdin=stdin)

    assert create("zhang", "--password-stdin", stdin="short\n").returncode == Exit.BAD_INPUT
    assert create("zhang", "--password-stdin", stdin="long enough to keep\n").returncode == Exit.OK
    assert create("zhang", "--password-stdin", stdin="long enough to keep\n").returncode == Exit.BAD_INPUT
    linked = create("li", "--role", "auditor", "--link")
    assert linked.stdout.startswith("http://127.0.0.1:8000/login/link/")
    assert shouwang("user", "link", "nobody", home=tmp_path).returncode == Exit.BAD_INPUT
    assert shouwang("user", "disable", "li", home=tmp_path).returncode == Exit.OK
    assert shouwang("user", "link", "li", home=tmp_path).returncode == Exit.BAD_INPUT


def test_importing_is_checked_first_and_safe_to_repeat(tmp_path: Path) -> None:
    town = ROOT / "examples" / "recorded-week.yaml"
    home = tmp_path / "new"
    assert shouwang("import", "--check", str(town), home=home).returncode == Exit.OK
    assert not home.exists()
    first = installed("import", str(town), home=home)
    assert (first.returncode, "HomeEnrolled 1" in first.stdout) == (Exit.OK, True)
    assert "nothing new" in shouwang("import", str(town), home=home).stdout
    broken = tmp_path / "broken.yaml"
    broken.write_text(town.read_text("utf-8").replace("p-rw01, name", "p-rw01, nane", 1), encoding="utf-8")
    refused = shouwang("import", str(broken), home=home)
    assert refused.returncode == Exit.BAD_INPUT
    line = next(n for n, text in enumerate(broken.read_text("utf-8").splitlines(), 1) if "nane" in text)
    assert f"line {line}" in refused.stderr


def test_tail_prints_the_facts_asked_for(tmp_path: Path) -> None:
    assert shouwang("tail", home=tmp_path).returncode == Exit.BAD_INPUT
    shouwang("import", "examples/recorded-week.yaml", home=tmp_path)
    told = shouwang("tail", "--stream", "home-", "--type", "HomeEnrolled", home=tmp_path)
    (line,) = told.stdout.splitlines()
    assert line.startswith("2016-07-12 00:00:00 #")
    assert "home-tm000-1 HomeEnrolled home=tm000-1 site=tm000 no_activity_s=43200" in line
    assert len(shouwang("tail", "-n", "3", home=tmp_path).stdout.splitlines()) == 3
    assert shouwang("tail", "--type", "Nonsense", home=tmp_path).returncode == Exit.BAD_INPUT


def test_the_facts_clock_keeps_to_a_folder_of_its_own(tmp_path: Path) -> None:
    facts = ("up", "--clock", "facts", "--from", "2016-07-12")
    shouwang("import", "examples/recorded-week.yaml", home=tmp_path)
    other = shouwang(*facts, home=tmp_path)
    assert (other.returncode, "history" in other.stderr) == (Exit.BAD_INPUT, True)
    assert shouwang("up", "--clock", "facts", home=tmp_path).returncode == Exit.BAD_INPUT
    replayed = tmp_path / "replayed"
    replayed.mkdir()
    (replayed / "clock-facts").write_text("1468252800000000\n")
    real = shouwang("up", home=replayed)
    assert (real.returncode, "another clock" in real.stderr) == (Exit.BAD_INPUT, True)
    shouwang("import", "examples/recorded-week.yaml", home=replayed)
    sites = shouwang("tail", "--type", "SiteRegistered", home=replayed).stdout
    assert sites.startswith("2016-07-12 00:00:00")
