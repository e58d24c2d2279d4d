"""The office's own certificates, as a town uses them: one authority, console and broker behind it, nothing else believed."""

import json
import re
import ssl
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Browser

from tests.shouwang.running import Running, until

pytestmark = pytest.mark.broker
PASSWORD = "a-long-enough-word"


def asks(up: Running, *words: str) -> str:
    told = subprocess.run([up.words[0], "ca", *words], env=up.environ, capture_output=True, text=True, check=True)
    return told.stdout


def publishes(port: int, authority: Path, user: str, password: str, topic: str, said: dict[str, Any]) -> None:
    """As a gateway with the authority's certificate on it."""
    heard = threading.Event()
    device = Client(CallbackAPIVersion.VERSION2, client_id="gateway-1")
    device.tls_set(ca_certs=str(authority))
    device.username_pw_set(user, password)
    device.on_publish = lambda *_: heard.set()
    device.connect("127.0.0.1", port)
    device.loop_start()
    device.publish(topic, json.dumps(said), qos=1)
    assert heard.wait(20)
    device.disconnect()
    device.loop_stop()


def test_console_and_broker_speak_tls_and_the_page_may_sound_and_notify(tmp_path: Path, chromium: Browser) -> None:
    up = Running("up", tmp_path / "home")
    authority = Path(asks(up, "create").split()[0])
    issued = dict(re.findall(r"(SHOUWANG_TLS_\w+)=(\S+)", asks(up, "issue", "localhost", "127.0.0.1")))
    up.environ |= issued
    up.url = up.url.replace("http:", "https:")
    trusting = ssl.create_default_context(cafile=str(authority))
    with up, httpx.Client(verify=trusting, headers={"accept": "text/html"}) as client:

        def well() -> bool:
            try:
                return client.get(f"{up.url}/health").status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

        until(well, "well")
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(f"{up.url}/health", verify=ssl.create_default_context())

        link = until(lambda: re.search(r"https://\S+/login/link/\S+", up.says()), "login link")[0]
        context = chromium.new_context(ignore_https_errors=True)  # its own store of authorities is not ours to fill
        page = context.new_page()
        page.goto(link)
        page.fill("#fresh", PASSWORD)
        page.fill("#again", PASSWORD)
        page.press("#again", "Enter")
        page.wait_for_selector("#lamp[data-state=on]", state="attached")
        assert page.evaluate("window.isSecureContext"), "sound and notifications need it"
        (cookie,) = [
            each for each in context.cookies() if "shouwang" in each["name"] and "language" not in each["name"]
        ]
        assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-shouwang", True, True)

        kept = json.loads((tmp_path / "home" / "broker" / "broker.credentials.json").read_text())
        strange = {"v": 1, "at": time.time(), "bootid": "b1", "seq": 1, "alarm": True, "ppm": 210}
        publishes(up.mqtt, authority, "devices", kept["devices"], "shouwang/v1/dp03/co-9/event", strange)

        def shown() -> bool:
            page.goto(f"{up.url}/quarantine")
            return "co-9" in page.inner_text("main")

        until(shown, "what the gateway said stands in the quarantine")
        context.close()
        assert Path(issued["SHOUWANG_TLS_KEY"]).stat().st_mode & 0o077 == 0
