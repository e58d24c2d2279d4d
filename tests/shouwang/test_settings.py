"""The configuration: sensible without a word, refused as a whole and with every reason when it is wrong."""

import dataclasses
from pathlib import Path

import pytest

from alerts.core.wording import TEMPLATES
from shouwang.channels import channels_of
from shouwang.settings import ConfigurationFaults, Settings, read_settings
from shouwang.variables import SECRETS, VARIABLES, misspelt

TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "not-a-secret-of-anybody",
    "TWILIO_FROM": "+8612000009000",
    "TWILIO_API_BASE": "http://127.0.0.1:8010",
}


FIRST = [name for name in TEMPLATES if name.startswith("first_") and not name.endswith(("_call", "_again"))]


def every_provider(folder: Path) -> dict[str, str]:
    """All accounts there can be, each whole."""
    codes = folder / "templates.yaml"
    codes.write_text("sms:\n" + "".join(f"  {name}: SMS_1\n" for name in FIRST) + "voice: {any: TTS_1}\n")
    return TWILIO | {
        "TWILIO_VOICE_FROM": "+8612000009000",
        "ALIYUN_ACCESS_KEY_ID": "LTAI0",
        "ALIYUN_ACCESS_KEY_SECRET": "not-a-secret-of-anybody",
        "ALIYUN_HOOK_TOKEN": "x" * 24,
        "ALIYUN_TEMPLATES": str(codes),
        "ALIYUN_SIGN_NAME": "示例守望",
        "ALIYUN_API_BASE": "http://127.0.0.1:8011",
        "WECOM_GROUP_KEY": "not-a-secret",
        "WECOM_API_BASE": "http://127.0.0.1:8012",
        "SHOUWANG_MODEM": "/dev/ttyUSB2",
        "SHOUWANG_MODEM_PIN": "1234",
    }


def faults_of(**environ: str) -> list[str]:
    with pytest.raises(ConfigurationFaults) as refused:
        read_settings(environ)
    return refused.value.faults


def test_without_a_word_it_listens_on_this_machine_only_and_sends_nothing() -> None:
    settings = read_settings({})
    assert (settings.http_bind, settings.http_port) == ("127.0.0.1", 8000)
    assert (settings.mqtt_bind, settings.mqtt_port) == ("127.0.0.1", 1883)
    assert settings.home == Path("var").absolute()
    assert settings.database_path == settings.home / "shouwang.db"
    assert settings.twilio is None
    assert settings.mqtt_url is None
    assert settings.public_base_url == "http://127.0.0.1:8000"


def test_all_faults_are_named_at_once() -> None:
    faults = faults_of(
        SHOUWANG_HTTP_PORT="eighty",
        SHOUWANG_MQTT_BIND="everywhere",
        DATABASE_URL="mysql://somewhere/else",
        MQTT_URL="http://broker",
        PUBLIC_BASE_URL="watch.example.org",
        TWILIO_FROM="+8612000009000",
        SHOUWANG_CLOCK_FROM="last tuesday",
    )
    for name in (
        "SHOUWANG_HTTP_PORT", "SHOUWANG_MQTT_BIND", "DATABASE_URL", "MQTT_URL", "PUBLIC_BASE_URL",
        "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SHOUWANG_CLOCK_FROM",
    ):  # fmt: skip
        assert sum(fault.startswith(name) for fault in faults) == 1, (name, faults)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_takes_the_place_of_the_file_and_its_password_is_not_shown(scheme: str) -> None:
    settings = read_settings({"DATABASE_URL": f"{scheme}://shouwang:hush-hush@db:5432/shouwang"})
    assert settings.database == f"{scheme}://shouwang:hush-hush@db:5432/shouwang"
    assert "hush-hush" not in repr(settings)


@pytest.mark.parametrize("url", ["postgresql://", "postgresql://user:hush-hush@db", "postgresql://u:hush-hush@db:x/y"])
def test_half_an_address_of_postgresql_is_a_fault_that_repeats_nothing(url: str) -> None:
    (fault,) = faults_of(DATABASE_URL=url)
    assert fault.startswith("DATABASE_URL must read postgresql://")
    assert "hush-hush" not in fault


def test_rooms_apart_need_a_database_and_a_broker_that_all_of_them_reach() -> None:
    assert read_settings({}).whole
    for room in ("ingest", "alerts", "api"):
        (*_, fault) = faults_of(SHOUWANG_ROOMS=room, MQTT_URL="mqtt://broker")
        assert "need PostgreSQL: set DATABASE_URL" in fault
    url = "postgresql://shouwang@db/shouwang"
    (fault,) = faults_of(SHOUWANG_ROOMS="ingest", DATABASE_URL=url)
    assert "set MQTT_URL" in fault
    assert read_settings({"SHOUWANG_ROOMS": "alerts, api", "DATABASE_URL": url}).rooms == {"alerts", "api"}
    assert "SHOUWANG_ROOMS=kitchen" in faults_of(SHOUWANG_ROOMS="kitchen", DATABASE_URL=url)[0]


def test_sqlite_may_lie_elsewhere(tmp_path: Path) -> None:
    assert read_settings({"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}).database_path == tmp_path / "other.db"


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_half_an_account_is_a_fault_and_not_silence(missing: str) -> None:
    (fault,) = faults_of(**{name: value for name, value in TWILIO.items() if name != missing})
    assert missing in fault


def test_a_messaging_service_takes_the_place_of_a_number() -> None:
    environ = {**TWILIO, "TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32}
    assert "choose one" in faults_of(**environ)[0]
    del environ["TWILIO_FROM"]
    twilio = read_settings(environ).twilio
    assert twilio is not None
    assert (twilio.sender, twilio.messaging_service) == (None, "MG" + "0" * 32)


def test_another_api_address_must_be_this_machine() -> None:
    (fault,) = faults_of(**TWILIO | {"TWILIO_API_BASE": "https://api.example.org"})
    assert fault.startswith("TWILIO_API_BASE")


def test_a_real_account_needs_an_address_for_its_receipts() -> None:
    real = {name: value for name, value in TWILIO.items() if name != "TWILIO_API_BASE"}
    (fault,) = faults_of(**real)
    assert fault.startswith("PUBLIC_BASE_URL")
    assert read_settings({**real, "PUBLIC_BASE_URL": "https://watch.example.org/"}).public_base_url == (
        "https://watch.example.org"
    )
    assert "https" in faults_of(**real, PUBLIC_BASE_URL="http://watch.example.org")[0]


def test_the_facts_clock_is_refused_with_a_real_channel() -> None:
    real = {name: value for name, value in TWILIO.items() if name != "TWILIO_API_BASE"}
    faults = faults_of(**real, PUBLIC_BASE_URL="https://watch.example.org", SHOUWANG_CLOCK_FROM="2016-07-12")
    assert len(faults) == 1
    assert "facts clock" in faults[0]


def test_a_plain_date_is_midnight_in_the_town() -> None:
    midnight = 1_468_252_800_000_000  # 2016-07-12T00:00:00+08:00
    assert read_settings({"SHOUWANG_CLOCK_FROM": "2016-07-12"}).clock_from == midnight
    assert read_settings({"SHOUWANG_CLOCK_FROM": "2016-07-11T16:00:00+00:00"}).clock_from == midnight


def test_beyond_this_machine_needs_tls(tmp_path: Path) -> None:
    assert len(faults_of(SHOUWANG_HTTP_BIND="0.0.0.0")) == 1
    assert len(faults_of(SHOUWANG_MQTT_BIND="0.0.0.0")) == 1
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_text("a certificate")
    key.write_text("its key")
    tls = {"SHOUWANG_TLS_CERT": str(cert), "SHOUWANG_TLS_KEY": str(key)}
    wide = {"SHOUWANG_HTTP_BIND": "0.0.0.0", "SHOUWANG_MQTT_BIND": "::"}
    assert len(faults_of(**wide)) == 2
    settings = read_settings({**wide, **tls})
    assert settings.tls is not None
    assert settings.console_url == "https://127.0.0.1:8000"
    assert "SHOUWANG_TLS_KEY" in faults_of(SHOUWANG_TLS_CERT=str(cert))[0]


def secrets_of(settings: Settings) -> list[str | None]:
    aliyun, wecom, modem = settings.providers.aliyun, settings.providers.wecom, settings.providers.modem
    assert aliyun is not None
    assert wecom is not None
    assert modem is not None
    return [aliyun.key_secret, aliyun.hook_token, wecom.key, modem.pin]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_from_a_file_is_either_read_or_the_one_fault_named(name: str, tmp_path: Path) -> None:
    full = every_provider(tmp_path)
    full.pop(name, None)
    faults = faults_of(**full, **{f"{name}_FILE": str(tmp_path / "absent")})
    assert [fault.startswith(f"{name}_FILE=") for fault in faults] == [True]
    empty = tmp_path / "empty"
    empty.write_text("\n")
    assert [f"{name}_FILE" in fault for fault in faults_of(**full, **{f"{name}_FILE": str(empty)})] == [True]
    value = {"MQTT_URL": "mqtt://u:hush@broker", "DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}.get(
        name, "1234" if name.endswith("PIN") else "hush-" * 6
    )
    secret = tmp_path / "secret"
    secret.write_text(f"{value}\n")
    settings = read_settings({**full, f"{name}_FILE": str(secret)})
    assert value in {
        settings.mqtt_url, settings.twilio and settings.twilio.auth_token, *secrets_of(settings),
        f"sqlite:///{settings.database_path}",
    }  # fmt: skip
    assert "both set" in faults_of(**full, **{name: value, f"{name}_FILE": str(secret)})[0]


def test_a_fault_or_a_printed_setting_never_repeats_a_secret() -> None:
    faults = faults_of(MQTT_URL="ftp://user:hush-hush@broker", DATABASE_URL="oracle://user:hush-hush@db")
    assert "hush-hush" not in " ".join(faults)
    settings = read_settings({**TWILIO, "MQTT_URL": "mqtt://user:hush-hush@broker"})
    assert "hush-hush" not in repr(settings)
    assert TWILIO["TWILIO_AUTH_TOKEN"] not in repr(settings)


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_settings({}).http_port = 1  # type: ignore[misc]
    assert Settings.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_a_misspelt_variable_is_hinted_at() -> None:
    assert misspelt({"SHOUWANG_HTP_PORT": "1", "SHOUWANG_HOME": "x", "PATH": "y"}) == [
        ("SHOUWANG_HTP_PORT", "SHOUWANG_HTTP_PORT")
    ]
    assert misspelt(dict.fromkeys(VARIABLES, "")) == []


@pytest.mark.parametrize(
    "missing",
    [
        "ALIYUN_ACCESS_KEY_ID", "ALIYUN_ACCESS_KEY_SECRET", "ALIYUN_HOOK_TOKEN", "ALIYUN_TEMPLATES", "ALIYUN_SIGN_NAME",
        "WECOM_GROUP_KEY", "SHOUWANG_MODEM",
    ],
)  # fmt: skip
def test_half_of_any_provider_is_a_fault(missing: str, tmp_path: Path) -> None:
    full = every_provider(tmp_path)
    (fault,) = faults_of(**{name: value for name, value in full.items() if name != missing})
    assert fault.startswith(f"{missing} is missing")


def test_every_fault_of_every_provider_is_named_at_once(tmp_path: Path) -> None:
    codes = tmp_path / "wrong.yaml"
    codes.write_text("sms: {first_smoke: SMS_1, no_such_text: SMS_2}\nfax: {}\n")
    wrong = {
        "ALIYUN_TEMPLATES": str(codes), "ALIYUN_HOOK_TOKEN": "short", "ALIYUN_API_BASE": "http://192.168.1.5",
        "WECOM_GROUP_KEY": "https://qyapi.weixin.qq.com/x?key=y", "SHOUWANG_MODEM": "COM3", "SHOUWANG_MODEM_PIN": "12ab",
        "TWILIO_VOICE_FROM": "5550006", "SHOUWANG_CHANNELS": "twilio_sms,pigeon",
    }  # fmt: skip
    faults = "\n".join(faults_of(**every_provider(tmp_path) | wrong))
    for said in (
        "no_such_text", "kind fax", "no sms code for first_", "ALIYUN_HOOK_TOKEN must", "ALIYUN_API_BASE may",
        "WECOM_GROUP_KEY must", "SHOUWANG_MODEM=COM3", "SHOUWANG_MODEM_PIN must", "TWILIO_VOICE_FROM=5550006", "pigeon",
    ):  # fmt: skip
        assert said in faults
    for secret in ("short", "12ab", "x?key=y"):
        assert secret not in faults


def test_channels_are_made_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    here = every_provider(tmp_path)
    del here["SHOUWANG_MODEM"], here["SHOUWANG_MODEM_PIN"]
    names = [one.name for one in channels_of(read_settings(here))]
    assert names == ["aliyun_sms", "twilio_sms", "aliyun_voice", "twilio_voice", "wecom_group"]
    turned = [one.name for one in channels_of(read_settings(here | {"SHOUWANG_CHANNELS": "twilio_voice, twilio_sms"}))]
    assert turned == ["twilio_voice", "twilio_sms", "aliyun_sms", "aliyun_voice", "wecom_group"]
    assert [one.name for one in channels_of(read_settings({}))] == ["logbook"]


def test_in_mainland_china_nobody_waits_for_an_answer_by_twilios_sms() -> None:
    there, elsewhere = (channels_of(read_settings(TWILIO | {"TWILIO_MAINLAND": flag}))[0] for flag in ("1", "0"))
    assert (there.capabilities.two_way, there.capabilities.identical_a_day) == (False, 2)
    assert elsewhere.capabilities.two_way


def test_before_other_programs_only_where_no_database_of_another_program_is_kept_waiting():
    beside = {"DATABASE_URL": "postgresql://someone:secret@db/shouwang", "MQTT_URL": "mqtt://broker"}
    assert read_settings({}).precedence == "realtime"
    assert read_settings(beside).precedence == "none"
    assert read_settings(beside | {"SHOUWANG_PRECEDENCE": "nice"}).precedence == "nice"
    assert read_settings({"SHOUWANG_PRECEDENCE": "none"}).precedence == "none"
    with pytest.raises(ConfigurationFaults, match="SHOUWANG_PRECEDENCE=first: one of realtime, nice, none"):
        read_settings({"SHOUWANG_PRECEDENCE": "first"})


def test_a_console_alone_and_a_replay_wait_for_everybody():
    first = {"SHOUWANG_PRECEDENCE": "realtime"}
    beside = first | {"DATABASE_URL": "postgresql://someone:secret@db/shouwang", "MQTT_URL": "mqtt://broker"}
    assert read_settings(first).precedence == "realtime"
    assert read_settings(beside | {"SHOUWANG_ROOMS": "ingest"}).precedence == "realtime"
    assert read_settings(beside | {"SHOUWANG_ROOMS": "api"}).precedence == "none"
    assert read_settings(first | {"SHOUWANG_CLOCK_FROM": "2016-07-12"}).precedence == "none"
    assert read_settings({"SHOUWANG_CLOCK_FROM": "2016-07-12"}).precedence == "none"
