"""`shouwang demo` from an empty folder to a message on a phone, and on again after Ctrl-C."""

from pathlib import Path

import pytest

from shouwang.exits import Exit
from tests.shouwang.running import Running, processes_naming, until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(400)]


def alarms(demo: Running) -> list[str]:
    """What reached the phones about carbon monoxide."""
    bodies = [m["body"] for m in demo.asking.get(f"http://127.0.0.1:{demo.phones}/sim/messages", timeout=5).json()]
    return [body for body in bodies if "一氧化碳" in body]


def test_the_demo_brings_an_alarm_to_a_phone_stops_cleanly_and_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Running(
        "demo", home, TWILIO_ACCOUNT_SID="AC" + "9" * 32, DATABASE_URL="postgresql://not/for/the/demo"
    ) as demo:
        until(demo.well, "healthy")
        assert demo.link().startswith(demo.url)
        until(lambda: alarms(demo), "an SMS about the leak", 180)
        assert demo.interrupted() == Exit.OK
    assert processes_naming(str(home)) == []
    assert {path.name for path in home.iterdir()} == {"demo"}
    assert (home / "demo" / "twilio-token").stat().st_mode & 0o077 == 0
    size = (home / "demo" / "shouwang.db").stat().st_size

    (home / "mine").write_text("not the demo's")
    with Running("demo", home, SHOUWANG_DEMO_SECONDS="25") as demo:
        until(demo.well, "healthy again")
        assert alarms(demo)  # the phones remember
        assert demo.process.wait(90) == Exit.OK
    assert (home / "demo" / "shouwang.db").stat().st_size >= size

    with Running("demo", home, "--fresh", SHOUWANG_DEMO_SECONDS="8") as demo:
        assert demo.process.wait(90) == Exit.OK
    assert (home / "demo" / "shouwang.db").stat().st_size < size
    assert (home / "mine").exists()
    assert processes_naming(str(home)) == []
