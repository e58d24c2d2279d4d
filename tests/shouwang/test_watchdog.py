"""The watchdog: a frozen, dead or ailing service is told to two people by another way, again each hour, and when it is over."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from shouwang.watchdog.asking import Asking
from shouwang.watchdog.minding import TEXTS, Mind, Sms, Trouble
from shouwang.watchdog.settings import Faults, read
from shouwang.watchdog.telling import Telling
from simulators.aliyun import SimulatedAliyun
from simulators.twilio import SimulatedTwilio
from tests.ports import free_port
from tests.shouwang.running import ROOT, SHOUWANG, until

TWO = ("+8612000000021", "+8612000000022")
WALL = 1_800_000_000.0


class Days:
    """A clock to push, and a provider that takes what it is given unless told otherwise."""

    def __init__(self, trouble: Trouble | None = None) -> None:
        self.at, self.takes = 0.0, True
        self.mind = self._mind(trouble or Trouble())

    def _mind(self, trouble: Trouble) -> Mind:
        return Mind(TWO, patience_s=120, again_s=3600, trouble=trouble)

    def passes(self, why: str, *, minutes: float) -> list[tuple[float, Sms]]:
        """So long, with a look every 30 s; what was sent, and after how many minutes."""
        sent, began = [], self.at
        while self.at < began + minutes * 60:
            for sms in self.mind.look(why, wall=WALL + self.at, mono=self.at):
                if self.takes:
                    self.mind.told(sms, wall=WALL + self.at)
                    sent.append(((self.at - began) / 60, sms))
            self.at += 30
        return sent

    def restarts(self) -> None:
        self.mind = self._mind(Trouble.of(json.loads(json.dumps(vars(self.mind.trouble)))))


def test_two_people_are_told_within_five_minutes_and_again_each_hour() -> None:
    days = Days()
    assert days.passes("", minutes=60) == []
    sent = days.passes("silent", minutes=185)
    assert [sms.to for _, sms in sent] == [*TWO] * 4
    assert sent[0][0] <= 5
    assert [round(at - sent[0][0]) for at, _ in sent] == [0, 0, 60, 60, 120, 120, 180, 180]
    assert "没有应答" in sent[0][1].text


def test_a_restart_that_takes_a_minute_rings_no_phone() -> None:
    days = Days()
    for _ in range(20):
        assert days.passes("silent", minutes=1.5) == []
        assert days.passes("", minutes=5) == []


def test_what_comes_and_goes_is_one_trouble_and_its_end_is_told_once_to_those_who_knew() -> None:
    days = Days()
    days.passes("unwell", minutes=5)
    flapping = [days.passes(why, minutes=1) for _ in range(10) for why in ("", "unwell")]
    assert [sms for part in flapping for sms in part] == []
    over = days.passes("", minutes=30)
    assert [(sms.to, sms.kind) for _, sms in over] == [(number, "well") for number in TWO]
    assert "已恢复" in over[0][1].text
    assert days.passes("silent", minutes=5), "the next trouble is a new one"


def test_its_own_restart_neither_repeats_nor_forgets() -> None:
    days = Days()
    assert len(days.passes("silent", minutes=5)) == 2
    days.restarts()
    assert days.passes("silent", minutes=50) == []
    assert len(days.passes("silent", minutes=10)) == 2, "the hour counts from before"
    days.restarts()
    assert [sms.kind for _, sms in days.passes("", minutes=10)] == ["well", "well"]


def test_whoever_could_not_be_reached_is_tried_again_and_nobody_else_twice() -> None:
    days = Days()
    days.takes = False
    assert days.passes("silent", minutes=10) == []
    days.takes = True
    assert [sms.to for _, sms in days.passes("silent", minutes=10)] == [*TWO]


def test_a_wall_clock_that_is_set_back_silences_nobody() -> None:
    days = Days(Trouble(since=WALL + 9e6, told={}, owed={}))
    days.mind.trouble.told = dict.fromkeys(Trouble.of(vars(Trouble())).told, 0.0)
    assert len(days.passes("silent", minutes=5)) == 2
    days.mind.trouble.told = {name: at + 86400 for name, at in days.mind.trouble.told.items()}
    assert len(days.passes("silent", minutes=1)) == 2


def test_its_texts_fit_one_sms() -> None:
    days = Days()
    texts = [sms.text for why in ("silent", "unwell", "still") for _, sms in Days().passes(why, minutes=5)]
    texts += [sms.text for _, sms in [*days.passes("silent", minutes=5), *days.passes("", minutes=5)]]
    assert len(texts) > 6
    assert all(len(text.encode("utf-16-le")) // 2 <= 70 for text in texts)


@pytest.mark.parametrize(
    "kept", ["", "nonsense", "[]", '{"since": "x"}', '{"since":1,"told":7,"owed":{}}', '{"since":0,"told":{"a":null}}']
)
def test_a_spoilt_memory_is_forgotten_rather_than_believed(kept: str) -> None:
    try:
        found = Trouble.of(json.loads(kept))
    except ValueError:
        return
    assert found == Trouble()


@contextmanager
def answering(health: dict[str, Any], status: int = 200) -> Iterator[str]:
    """Somebody who answers as the service would; `health` may be changed meanwhile."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(health).encode()
            self.send_response(int(health.get("status", status)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/health"
    server.shutdown()
    server.server_close()


def test_unwell_silent_and_standing_still_are_told_apart() -> None:
    health: dict[str, Any] = {"ok": True, "heartbeat_at": 1}
    clock = {"now": 0.0}
    with answering(health) as url:
        asking = Asking(url, stands_s=120, mono=lambda: clock["now"])
        assert asking.ask().well
        clock["now"] = 119
        assert asking.ask().well
        clock["now"] = 121
        assert asking.ask().why == "still", "it answers, and has not looked after itself for two minutes"
        health["heartbeat_at"] = 2
        assert asking.ask().well
        health["status"] = 503
        assert asking.ask().why == "unwell"
        health.update(status=200, ok=False)
        assert asking.ask().why == "unwell"
    assert asking.ask().why == "silent"


def test_every_fault_of_its_settings_is_named_at_once_and_no_number_among_them() -> None:
    with pytest.raises(Faults) as found:
        read({
            "SHOUWANG_WATCHDOG_TO": "+8612000000021,13800", "SHOUWANG_WATCHDOG_URL": "ftp://x", "SHOUWANG_WATCHDOG_EVERY_S": "0",
            "SHOUWANG_WATCHDOG_PATIENCE_S": "900", "SHOUWANG_WATCHDOG_API_BASE": "https://example.org",
            "SHOUWANG_WATCHDOG_AUTH_TOKEN_FILE": "/nowhere",
        })  # fmt: skip
    said = str(found.value)
    for name in ("TO", "URL", "EVERY_S", "PATIENCE_S", "API_BASE", "AUTH_TOKEN_FILE", "ACCOUNT_SID", "FROM"):
        assert f"SHOUWANG_WATCHDOG_{name}" in said
    assert "13800" not in said
    told = subprocess.run(
        [SHOUWANG, "watchdog"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 2
    assert "SHOUWANG_WATCHDOG_TO" in told.stderr


def says(clock: str) -> Sms:
    return Sms(TWO[0], "well", {"clock": clock})


def test_in_the_mainland_it_tells_both_by_aliyun_and_by_what_else_there_is_when_that_refuses() -> None:
    texts = {f"SMS_{kind}": text.replace("{", "${") for kind, text in TEXTS.items()}
    with SimulatedAliyun(texts) as aliyun, SimulatedTwilio() as twilio:
        settings = read({
            "SHOUWANG_WATCHDOG_TO": ",".join(TWO), "SHOUWANG_WATCHDOG_ALIYUN_KEY_ID": aliyun.key_id,
            "SHOUWANG_WATCHDOG_ALIYUN_KEY_SECRET": aliyun.key_secret, "SHOUWANG_WATCHDOG_ALIYUN_SIGN_NAME": aliyun.sign_name,
            "SHOUWANG_WATCHDOG_ALIYUN_TEMPLATE_TROUBLE": "SMS_trouble", "SHOUWANG_WATCHDOG_ALIYUN_TEMPLATE_WELL": "SMS_well",
            "SHOUWANG_WATCHDOG_ALIYUN_API_BASE": aliyun.base_url, "SHOUWANG_WATCHDOG_ACCOUNT_SID": twilio.account_sid,
            "SHOUWANG_WATCHDOG_AUTH_TOKEN": twilio.auth_token, "SHOUWANG_WATCHDOG_FROM": "+8612000009000",
            "SHOUWANG_WATCHDOG_API_BASE": twilio.base_url,
        })  # fmt: skip
        telling = Telling(settings.account, settings.aliyun)
        days = Days()
        sent = [sms for _, sms in [*days.passes("still", minutes=5), *days.passes("", minutes=5)]]
        assert all(telling.send(sms) for sms in sent)
        assert [(f"+86{one.number}", one.text.removeprefix(f"【{aliyun.sign_name}】")) for one in aliyun.sms] == [
            (sms.to, sms.text.removeprefix("【守望】")) for sms in sent
        ]
        assert twilio.exchange.ledger.all() == []
        aliyun.fault("refuse", code=30001)
        assert telling.send(sent[0])
        assert [one.body for one in twilio.exchange.ledger.all()] == [sent[0].text]
        assert not Telling(None, settings.aliyun).send(sent[0]), "it says that it did not"
        assert not Telling(None, settings.aliyun).send(sent[0]._replace(to="+4915100000000"))


def test_half_an_aliyun_account_is_a_fault_of_the_settings() -> None:
    with pytest.raises(Faults) as found:
        read({"SHOUWANG_WATCHDOG_TO": ",".join(TWO), "SHOUWANG_WATCHDOG_ALIYUN_KEY_ID": "id"})
    assert [part for part in ("KEY_ID", "KEY_SECRET", "SIGN_NAME", "TEMPLATE_TROUBLE", "TEMPLATE_WELL")
            if f"ALIYUN_{part} is missing" not in str(found.value)] == ["KEY_ID"]  # fmt: skip


SENDS = """#!/bin/sh
printf '%s %s %s\\n' "$1" "$2" "$3" >> "$SENT"
exit $(cat "$ENDS")
"""


def test_a_program_of_the_house_sends_where_there_is_no_twilio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, sent, ends = tmp_path / "send", tmp_path / "sent", tmp_path / "ends"
    program.write_text(SENDS)
    program.chmod(0o755)
    ends.write_text("0")
    monkeypatch.setenv("SENT", str(sent))
    monkeypatch.setenv("ENDS", str(ends))
    settings = read({"SHOUWANG_WATCHDOG_TO": ",".join(TWO), "SHOUWANG_WATCHDOG_COMMAND": f"'{program}' --modem=2"})
    assert settings.account is None
    telling = Telling(settings.account, settings.aliyun, settings.command)
    assert telling.send(says("'; rm -rf $HOME `x`"))
    assert sent.read_text() == f"--modem=2 {TWO[0]} 【守望】守望服务'; rm -rf $HOME `x`已恢复正常。\n"
    ends.write_text("3")
    assert not telling.send(says("again")), "it says that it did not"
    program.unlink()
    assert not telling.send(says("again")), "nor does one that is gone"


def test_what_twilio_does_not_take_goes_by_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, sent, ends = tmp_path / "send", tmp_path / "sent", tmp_path / "ends"
    program.write_text(SENDS)
    program.chmod(0o755)
    ends.write_text("0")
    monkeypatch.setenv("SENT", str(sent))
    monkeypatch.setenv("ENDS", str(ends))
    with SimulatedTwilio() as provider:
        settings = read({
            "SHOUWANG_WATCHDOG_TO": ",".join(TWO), "SHOUWANG_WATCHDOG_ACCOUNT_SID": provider.account_sid,
            "SHOUWANG_WATCHDOG_AUTH_TOKEN": provider.auth_token, "SHOUWANG_WATCHDOG_FROM": "+8612000009000",
            "SHOUWANG_WATCHDOG_API_BASE": provider.base_url, "SHOUWANG_WATCHDOG_COMMAND": str(program),
        })  # fmt: skip
        telling = Telling(settings.account, settings.aliyun, settings.command)
        assert telling.send(says("one"))
        assert not sent.exists()
        provider.fault("500_before")
        assert telling.send(says("two"))
        assert "two" in sent.read_text()


def test_a_program_that_is_not_there_is_a_fault_of_the_settings() -> None:
    for words, why in (("/nowhere/send", "no program /nowhere/send"), ("'send", "quotation mark")):
        with pytest.raises(Faults, match=why):
            read({"SHOUWANG_WATCHDOG_TO": ",".join(TWO), "SHOUWANG_WATCHDOG_COMMAND": words})


def test_the_process_knows_nothing_of_the_service() -> None:
    code = "import sys, shouwang.watchdog.__main__; print([m for m in sys.modules if m.split('.')[0] in {'alerts', 'events', 'ingest', 'api', 'sqlalchemy'}])"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert told.stdout.strip() == "[]", told.stderr


SERVED = """
import json, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
class Door(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(json.dumps({"ok": True, "heartbeat_at": time.time()}).encode())
    def log_message(self, *_): pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Door).serve_forever()
"""


def test_a_process_that_is_really_frozen_is_told_to_both_and_its_waking_too(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "token").write_text("not-a-secret-of-anybody")
    with SimulatedTwilio() as provider, answering({}) as outside:
        environ = {
            "PATH": os.environ["PATH"], "SHOUWANG_WATCHDOG_URL": f"http://127.0.0.1:{port}/health",
            "SHOUWANG_WATCHDOG_TO": ",".join(TWO), "SHOUWANG_WATCHDOG_ACCOUNT_SID": provider.account_sid,
            "SHOUWANG_WATCHDOG_AUTH_TOKEN_FILE": str(tmp_path / "token"), "SHOUWANG_WATCHDOG_FROM": "+8612000009000",
            "SHOUWANG_WATCHDOG_API_BASE": provider.base_url, "SHOUWANG_WATCHDOG_STATE": str(tmp_path / "memory.json"),
            "SHOUWANG_WATCHDOG_EVERY_S": "0.2", "SHOUWANG_WATCHDOG_PATIENCE_S": "1", "SHOUWANG_WATCHDOG_PING_URL": outside,
        }  # fmt: skip

        def texts() -> list[tuple[str, str]]:
            return sorted((m.recipient, m.body) for m in provider.exchange.ledger.all())

        service = subprocess.Popen([sys.executable, "-c", SERVED, str(port)])
        dog = subprocess.Popen([SHOUWANG, "watchdog"], env=environ, cwd=ROOT)
        try:
            until((tmp_path / "memory.json").exists, "first look")
            time.sleep(1.5)
            assert texts() == []
            service.send_signal(signal.SIGSTOP)
            until(lambda: len(texts()) == 2, "both told of the frozen one")
            assert [to for to, _ in texts()] == list(TWO)
            dog.terminate()
            assert dog.wait(20) == 0
            dog = subprocess.Popen([SHOUWANG, "watchdog"], env=environ, cwd=ROOT)
            service.send_signal(signal.SIGCONT)
            until(lambda: len(texts()) == 4, "both told that it woke")
            assert sum("已恢复" in text for _, text in texts()) == 2
        finally:
            for process in (dog, service):
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
