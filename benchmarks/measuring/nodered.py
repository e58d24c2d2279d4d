"""Node-RED doing the same job: from the same broker into SQLite, a state per home, and an HTTP call for an alarm."""

import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from measuring.lines import BrokerStalled, free_port
from measuring.provider import ACCOUNT

_WANTED = {"node-red": "4.1.15", "node-red-node-sqlite": "1.1.1"}
_PATIENCE_S = 60.0

_JUDGE = """
const said = msg.payload, home = said.source.split('-').pop();
const homes = flow.get('homes') || {};
const known = homes[home] || (homes[home] = {last: null, open: false});
if (said.type === 'shouwang.motion.v1' && said.data.occupied) known.last = said.time;
flow.set('homes', homes);
const row = {params: {$topic: msg.topic, $id: said.id, $at: said.time, $data: JSON.stringify(said)}};
if (!(said.type === 'shouwang.co.v1' && said.data.alarm && !known.open)) return [row, null];
known.open = true;
return [row, {
  headers: {'content-type': 'application/x-www-form-urlencoded'},
  payload: {To: '+8612000000001', From: '+15005550006', Body: home + '号家一氧化碳超标'}
}];
"""
_TABLE = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS readings "
    "(position INTEGER PRIMARY KEY, topic TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL, data TEXT NOT NULL);"
)
_INSERT = "INSERT INTO readings (topic, id, at, data) VALUES ($topic, $id, $at, $data)"


class NotInstalled(Exception):
    """Node-RED is not there and could not be fetched."""


def installed(cache: Path) -> Path:
    """Its folder, fetched by npm the first time."""
    folder = cache / "node-red"
    if not (folder / "node_modules" / "node-red" / "red.js").exists():
        if shutil.which("npm") is None:
            raise NotInstalled("node and npm are needed")
        folder.mkdir(parents=True, exist_ok=True)
        # npm runs no install script unasked any more; without its own, sqlite3 has no library to load.
        package = {"private": True, "dependencies": _WANTED, "allowScripts": {"sqlite3": True}}
        (folder / "package.json").write_text(json.dumps(package))
        command = ["npm", "install", "--no-audit", "--no-fund", "--omit=dev"]
        fetched = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=900)
        if fetched.returncode:
            raise NotInstalled(fetched.stderr[-2000:])
    return folder


def versions(cache: Path) -> dict[str, str]:
    """Of what is compared with."""
    modules = installed(cache) / "node_modules"
    found = {name: json.loads((modules / name / "package.json").read_text())["version"] for name in _WANTED}
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {"node": node, **found}


@contextmanager
def node_red(cache: Path, folder: Path, mqtt_url: str, provider_port: int) -> Iterator[int]:
    """Its process id, once its flow runs and is connected."""
    home, program = folder / "node-red", installed(cache)
    home.mkdir()
    (home / "node_modules").symlink_to(program / "node_modules")
    (home / "settings.js").write_text(
        "module.exports = {httpAdminRoot: false, httpNodeRoot: false, credentialSecret: false, "
        f"uiHost: '127.0.0.1', uiPort: {free_port()}, flowFile: 'flows.json', "
        "logging: {console: {level: 'info'}}};"
    )
    to = urlsplit(mqtt_url)
    (home / "flows.json").write_text(json.dumps(_flow(to.hostname, to.port, folder / "readings.db", provider_port)))
    secret = {"user": unquote(to.username or ""), "password": unquote(to.password or "")}
    (home / "flows_cred.json").write_text(json.dumps({"broker": secret}))
    command = ["node", str(program / "node_modules" / "node-red" / "red.js"), "--userDir", str(home)]
    with (folder / "node-red.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=home, env={"PATH": os.environ["PATH"]})
        try:
            _wait_until_connected(process, folder / "node-red.log")
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def rows(folder: Path) -> int:
    """What it has stored."""
    with sqlite3.connect(folder / "readings.db") as db:
        return int(db.execute("SELECT coalesce(max(position), 0) FROM readings").fetchone()[0])


def _wait_until_connected(process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up and process.poll() is None:
        if "Connected to broker" in log.read_text():
            time.sleep(1.0)  # its subscription and its table follow
            return
        time.sleep(0.1)
    raise BrokerStalled(f"Node-RED did not come up:\n{log.read_text()[-2000:]}")


def _flow(host: str | None, port: int | None, database: Path, provider_port: int) -> list[dict[str, Any]]:
    at = {"z": "tab", "x": 0, "y": 0}
    to = f"http://127.0.0.1:{provider_port}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    return [
        {"id": "tab", "type": "tab", "label": "measured"},
        {
            "id": "broker", "type": "mqtt-broker", "broker": host, "port": str(port), "clientid": "node-red",
            "autoConnect": True, "protocolVersion": "4", "keepalive": "60", "cleansession": False, "usetls": False,
        },
        {"id": "db", "type": "sqlitedb", "db": str(database), "mode": "RWC"},
        {
            "id": "in", "type": "mqtt in", "topic": "shouwang/v1/#", "qos": "1", "datatype": "json",
            "broker": "broker", "inputs": 0, "wires": [["judge"]], **at,
        },
        {"id": "judge", "type": "function", "func": _JUDGE, "outputs": 2, "wires": [["store"], ["tell"]], **at},
        {
            "id": "store", "type": "sqlite", "mydb": "db", "sqlquery": "prepared", "sql": _INSERT,
            "wires": [[]], **at,
        },
        {"id": "tell", "type": "http request", "method": "POST", "ret": "txt", "url": to, "wires": [[]], **at},
        {
            "id": "begin", "type": "inject", "once": True, "onceDelay": 0, "topic": _TABLE, "payload": "",
            "payloadType": "str", "props": [{"p": "topic", "vt": "str"}], "wires": [["make"]], **at,
        },
        {"id": "make", "type": "sqlite", "mydb": "db", "sqlquery": "batch", "wires": [[]], **at},
    ]  # fmt: skip
