"""The whole house with every provider at once: who is told by what, and that answers come home by every door."""

import dataclasses
import time
from pathlib import Path

import msgspec

from alerts.core.wording import TEMPLATES
from alerts.registry.importing import apply, check
from events.keepers import make_database
from events.store import New, append, read
from events.types.alert import ResponderDeclined, ResponderEnRoute
from events.types.device import CarbonMonoxideReported
from events.types.message import MessageDelivered, MessagePlanned
from ingest.models import load_models
from shouwang.house import House
from shouwang.settings import read_settings
from simulators.aliyun import SimulatedAliyun
from simulators.modem import SimulatedModem
from simulators.twilio import SimulatedTwilio
from simulators.wecom import KEY, SimulatedWeCom
from tests.house import TOWN
from tests.ports import free_port

TOKEN = "a-token-of-the-test-0123456789"
WANG, ZHAO = "+8612000000001", "+8612000000003"


def environment(folder: Path, port: int, codes: dict[str, str], base: dict[str, str], device: str) -> dict[str, str]:
    file = folder / "codes.yaml"
    file.write_text("sms:\n" + "".join(f"  {name}: {code}\n" for name, code in codes.items()), "utf-8")
    return {
        "SHOUWANG_HOME": str(folder), "SHOUWANG_HTTP_PORT": str(port), "SHOUWANG_MQTT_PORT": str(free_port()),
        "TWILIO_VOICE_FROM": "+8612000009000", "TWILIO_FROM": "+8612000009000", "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "not-a-secret-of-anybody", "ALIYUN_ACCESS_KEY_ID": "LTAI-simulated",
        "ALIYUN_ACCESS_KEY_SECRET": "not-a-secret-of-anybody", "ALIYUN_HOOK_TOKEN": TOKEN,
        "ALIYUN_TEMPLATES": str(file), "ALIYUN_SIGN_NAME": "示例守望", "WECOM_GROUP_KEY": KEY, "SHOUWANG_MODEM": device,
        **base,
    }  # fmt: skip


def until(holds, what: str, seconds: float = 30.0):
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)
    return found


def test_class_1_goes_by_text_call_and_group_and_answers_come_home_by_every_door(tmp_path: Path) -> None:
    port = free_port()
    codes = {name: f"SMS_{place}" for place, name in enumerate(TEMPLATES)}
    texts = {codes[name]: one.zh.replace("{", "${") for name, one in TEMPLATES.items()}
    hooks = {kind: f"http://127.0.0.1:{port}/hooks/aliyun/{TOKEN}/{kind}" for kind in ("sms-report", "sms-up")}
    with (
        SimulatedTwilio() as twilio, SimulatedAliyun(texts, hooks=hooks) as aliyun, SimulatedWeCom() as wecom,
        SimulatedModem(tmp_path) as modem,
    ):  # fmt: skip
        base = {
            "TWILIO_API_BASE": twilio.base_url, "ALIYUN_API_BASE": aliyun.base_url, "WECOM_API_BASE": wecom.base_url,
        }  # fmt: skip
        link = tmp_path / "ttyModem"
        settings = read_settings(environment(tmp_path, port, codes, base, "/dev/ttyNothing"))
        accounts = dataclasses.replace(
            settings.providers, modem=dataclasses.replace(settings.providers.modem, device=str(link))
        )  # type: ignore[type-var]
        settings = dataclasses.replace(settings, providers=accounts, rooms=frozenset({"alerts", "api"}))
        at = time.time_ns() // 1000
        database = make_database(settings.database_path)
        database.create()
        models = {name: msgspec.to_builtins(model) for name, model in load_models().items()}
        apply(database, check(TOWN.replace("2026-12-01", "2026-02-01"), models), at - 3_600_000_000)
        database.close()
        twilio.takes_calls(WANG, pick_up="answers", keys="1")
        house = House(settings)
        house.start()
        try:
            until(lambda: house.health().get("modem_there"), "the modem")
            co = CarbonMonoxideReported(device="dp03/co-1", alarm=True, ppm=210.0)
            fact = New("device-dp03/co-1", "dp03", co, at, key="co")
            house.database.write(lambda db: append(db, [fact], recorded_at=at))

            def said(kind: type) -> list:
                with house.database.read() as db:
                    return [one.event for one in read(db, 0, limit=100_000) if isinstance(one.event, kind)]

            until(lambda: said(ResponderEnRoute), "a key pressed in a call")
            assert {one.number for one in aliyun.sms} >= {WANG.removeprefix("+86"), ZHAO.removeprefix("+86")}
            until(lambda: wecom.texts, "the group")
            until(lambda: any(one.channel == "aliyun_sms" for one in said(MessagePlanned)), "a plan")
            until(lambda: len(said(MessageDelivered)) >= 3, "receipts of texts and of the call")
            slot = next(one.slot for one in said(MessagePlanned) if one.person == "g1" and one.slot)
            aliyun.reply(ZHAO, f"{slot}1")
            until(lambda: {one.who for one in said(ResponderEnRoute)} == {"w1", "g1"}, "an answer by text")
            modem.text_comes(WANG, "19")
            until(lambda: [one.who for one in said(ResponderDeclined)] == ["w1"], "an answer by the modem")
            assert {one["status"] for one in twilio.callbacks} == {200}
            assert modem.submitted == []  # Aliyun comes first, and took everything
        finally:
            house.stop()
