"""The simulated Twilio started from the command line, as the demo starts it."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from twilio.rest import Client
from twilio_customer import ANNA, SERVICE_NUMBER, Rebased

ROOT = Path(__file__).parents[2]
SID = "AC" + "1" * 32


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("secret-of-the-demo\n", "utf-8")
    return file


def start(token_file, *more):
    command = [sys.executable, "-m", "simulators.twilio", "--account-sid", SID, "--auth-token-file", str(token_file)]
    return subprocess.Popen([*command, *more], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_serves_and_ends_in_order_without_naming_a_number(tmp_path, token_file, stop):
    state = tmp_path / "state.jsonl"
    process = start(token_file, "--port", "0", "--state", str(state), "--auto-reply", ANNA + "=60:{slot}1")
    try:
        first = process.stdout.readline()
        base_url = first.split()[-1].rstrip("/")
        client = Client(SID, "secret-of-the-demo", http_client=Rebased(base_url))
        client.messages.create(to=ANNA, from_=SERVICE_NUMBER, body="去看回31")
        requests.get(f"{base_url}/sim/phones/{ANNA}/inbox", timeout=8).raise_for_status()
        requests.post(f"{base_url}/sim/phones/{ANNA}/reply", json={"text": "31"}, timeout=8).raise_for_status()
        assert "自动回复：60 秒" in requests.get(base_url, timeout=8).text
    finally:
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "8612" not in first + out + err
    assert "Traceback" not in err
    assert len(state.read_text("utf-8").splitlines()) >= 2


def test_a_busy_port_is_named_with_what_to_set(token_file):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start(token_file, "--port", port)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert port in err
    assert "--port" in err


@pytest.mark.parametrize(
    "wrong",
    [
        ("--inbound-url", "http://192.0.2.1/x"),
        ("--action", "开窗|http://192.0.2.1/x"),
        ("--action", "no url"),
        ("--auto-reply", "+8612000000001"),
        ("--auto-reply", "+8612000000001=soon:31"),
        ("--town", "/nowhere/town.yaml"),
    ],
)
def test_wrong_arguments_end_it_with_a_sentence(token_file, wrong):
    process = start(token_file, "--port", "0", *wrong)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.startswith("cannot start: ")
    assert "Traceback" not in err
