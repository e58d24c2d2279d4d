"""The rules of the house itself: arrows between rooms, names that are ours, and files that promise what exists."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from shouwang.cli import app
from shouwang.variables import SECRETS, VARIABLES, known

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
OURS = re.compile(
    r"\b(?:SHOUWANG_[A-Z_]+|TWILIO_[A-Z_]+|ALIYUN_[A-Z_]+|WECOM_[A-Z_]+|DATABASE_URL(?:_FILE)?|MQTT_URL(?:_FILE)?|PUBLIC_BASE_URL)\b"
)


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "Dockerfile", *sorted((ROOT / "docs").rglob("*.md"))]


def commands() -> dict[str, Any]:
    """`token create` and the like -> click command."""
    found: dict[str, Any] = {}

    def walk(prefix: str, command: Any) -> None:
        for name, child in getattr(command, "commands", {}).items():
            found[f"{prefix}{name}"] = child
            walk(f"{prefix}{name} ", child)

    walk("", typer.main.get_command(app))
    return found


def test_the_arrows_between_the_rooms_hold() -> None:
    told = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert " 0 broken" in told.stdout


@pytest.mark.parametrize("name", ["events", "ingest", "alerts", "api", "simulators", "shouwang", "migrations"])
def test_the_rooms_are_ours_and_not_an_installed_stranger(name: str) -> None:
    assert Path(str(importlib.import_module(name).__file__)) == ROOT / name / "__init__.py"


def test_every_variable_named_in_the_documents_exists() -> None:
    for document in documents():
        strange = set(OURS.findall(document.read_text("utf-8"))) - known()
        assert not strange, f"{document.name} names {strange}"


def test_every_variable_is_explained_in_the_documents() -> None:
    explained = "".join(document.read_text("utf-8") for document in documents())
    assert [name for name in VARIABLES if name not in explained] == []
    assert set(SECRETS) <= VARIABLES.keys()


def test_every_variable_the_code_reads_is_in_the_table() -> None:
    for file in ROOT.glob("shouwang/**/*.py"):
        strange = set(re.findall(r'"(SHOUWANG_[A-Z_]+)"', file.read_text("utf-8"))) - known()
        assert not strange, f"{file.name} reads {strange}"


def test_every_command_the_documents_show_exists() -> None:
    exists = commands()
    shown = 0
    for document in documents():
        for line in re.findall(
            r"(?:^|`|\$ |\./|bin/)shouwang ([a-z]+(?: [a-z]+)?)", document.read_text("utf-8"), re.MULTILINE
        ):
            first, _, second = line.partition(" ")
            assert first in exists, f"{document.name} shows `shouwang {line}`"
            if any(name.startswith(f"{first} ") for name in exists):
                assert f"{first} {second}" in exists or not second, f"{document.name} shows `shouwang {line}`"
            shown += 1
    assert shown > 5


def test_every_make_target_the_documents_show_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"help", "demo", "up", "test", "lint", "format", "bench", "screenshots"} <= targets
    for document in documents():
        shown = set(re.findall(r"(?:^|`)make ([a-z]+)", document.read_text("utf-8"), re.MULTILINE))
        assert shown <= targets, f"{document.name} shows {shown - targets}"


def test_compose_starts_commands_that_exist() -> None:
    exists = commands()
    ours = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
    assert set(ours) == {"shouwang", "demo"}
    for service in ours.values():
        words = service["command"]
        assert words[0] in exists
        options = {option for parameter in exists[words[0]].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options


def test_compose_sets_only_variables_that_exist() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    for service in ("shouwang", "demo"):
        assert set(COMPOSE["services"][service].get("environment", {})) <= known()
    asked_of_env_file = {"NATS_PASSWORD"}  # the broker's own, on both sides of one connection
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) <= known() | asked_of_env_file
    assert set(re.findall(r"\$([A-Z_]+)", (ROOT / "docker/nats.conf").read_text("utf-8"))) <= (
        COMPOSE["services"]["nats"]["environment"].keys()
    )


def test_compose_pins_every_image_and_declares_what_it_mounts() -> None:
    for name, service in COMPOSE["services"].items():
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?(-[a-z0-9]+)?", service["image"]), name
        for secret in service.get("secrets", []):
            assert secret in COMPOSE["secrets"], name
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"], mount
        for needed in service.get("depends_on", {}):
            assert needed in COMPOSE["services"], name
    assert COMPOSE["services"]["demo"]["profiles"] == ["demo"]
    assert {"nats", "postgres"} <= COMPOSE["services"].keys()


def test_the_broker_of_compose_keeps_what_it_acknowledged() -> None:
    broker = (ROOT / "docker/nats.conf").read_text("utf-8")
    assert "sync_interval: always" in broker
    assert 'ack_wait: "5s"' in broker
    server = Path(sys.executable).parent / "nats-server"
    told = subprocess.run(
        [server, "-t", "-c", ROOT / "docker/nats.conf"],
        env={"NATS_PASSWORD": "n0123456789abcdef"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr


def test_no_region_of_a_page_that_fetches_itself_makes_its_buttons_wait_in_its_own_line() -> None:
    """htmx hands `hx-sync` down: a button within would queue with the region's own fetches, and be dropped for the next."""
    tags = [
        tag
        for page in (ROOT / "api/console/templates").glob("*.html")
        for tag in re.findall(r"<[^>]*hx-sync[^>]*>", page.read_text("utf-8"))
    ]
    assert len(tags) >= 8
    assert [tag for tag in tags if 'hx-disinherit="hx-sync"' not in tag] == []
