"""Ingest, alerts and the API as processes of their own, meeting in PostgreSQL: the alarm comes through all three."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest

from ingest.broker import Broker
from shouwang.exits import Exit
from tests.ports import free_port
from tests.postgres import Databases
from tests.shouwang.running import ROOT, SHOUWANG, Running, processes_naming, until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path / "broker", port=free_port())
    made.start()
    made.wait_ready()
    yield made
    made.stop()


def service_of(home: Path) -> list[int]:
    return [
        pid for pid in processes_naming(f"SHOUWANG_HOME={home}\0")
        if b"shouwang.service" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]  # fmt: skip


class Device:
    """Speaks MQTT like any other."""

    def __init__(self, url: httpx.URL) -> None:
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="a-device")
        self._client.username_pw_set(url.username, url.password)
        self._client.connect(url.host, url.port or 1883)
        self._client.loop_start()
        self._seq = 0

    def says(self, site: str, device: str, kind: str, data: dict[str, Any]) -> None:
        self._seq += 1
        source = f"shouwang/v1/{site}/{device}"
        body = {
            "specversion": "1.0", "id": f"b1-{self._seq}", "source": source, "type": f"shouwang.{kind}.v1",
            "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), "clock": "ntp",
            "bootid": "b1", "seq": self._seq, "data": data,
        }  # fmt: skip
        self._client.publish(f"{source}/event", json.dumps(body), qos=1).wait_for_publish(10)

    def leaves(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_an_alarm_comes_through_three_processes_and_a_killed_one_loses_nothing(
    postgresql: Databases, broker: Broker, tmp_path: Path
) -> None:
    with postgresql.fresh(empty=True) as url:
        shared = {"DATABASE_URL": url, "MQTT_URL": broker.service_url}

        def asked(*words: str) -> str:
            environ = os.environ | shared | {"SHOUWANG_HOME": str(tmp_path / "desk")}
            return subprocess.run([SHOUWANG, *words], env=environ, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout  # fmt: skip

        asked("import", "examples/town.yaml")
        token = asked("token", "create", "desk", "--role", "operator").strip()
        with (
            Running("alerts", tmp_path / "alerts", **shared),
            Running("ingest", tmp_path / "ingest", **shared),
            Running("api", tmp_path / "api", **shared) as api,
            httpx.Client(base_url=f"{api.url}/api/v1", headers={"authorization": f"Bearer {token}"}) as desk,
        ):
            until(api.well, "the api is well when all three are", 90)
            device = Device(httpx.URL(broker.devices_url))

            def open_ones() -> list[dict[str, Any]]:
                return [a for a in desk.get("/alerts").json()["alerts"] if a["status"] == "raised"]

            began = time.monotonic()
            device.says("dp03", "co-12", "co", {"alarm": True, "ppm": 310, "test": False})
            (alert,) = until(open_ones, "the alarm is on the board", 30)
            assert alert["danger"] == "carbon_monoxide"
            assert time.monotonic() - began < 5
            made = desk.post(f"/alerts/{alert['id']}/acknowledge")
            assert made.status_code == 200, made.text
            assert made.json()["acknowledged_at"], "what was just done is seen in the answer"

            (first,) = service_of(tmp_path / "alerts")
            os.kill(first, signal.SIGKILL)
            device.says("dp03", "sos-12", "button", {"action": "sos"})
            until(lambda: len(open_ones()) == 2, "an alarm during the death of alerts", 60)
            device.leaves()

            second = Running("ingest", tmp_path / "ingest", **shared)
            told = subprocess.run(
                second.words, env=second.environ, capture_output=True, text=True, timeout=60, check=False
            )
            assert told.returncode == Exit.BUSY
        assert [processes_naming(f"SHOUWANG_HOME={tmp_path / room}\0") for room in ("ingest", "alerts", "api")] == [
            []
        ] * 3
        assert "postgresql://" not in "".join(file.read_text("utf-8", "replace") for file in tmp_path.glob("*.log"))
