"""By which channels messages go out: the one place that makes them of what the settings say, in the order of preference."""

from collections.abc import Sequence

from alerts.notify.channel import Channel
from alerts.notify.channels.logbook import Logbook
from alerts.notify.channels.modem.sms import ModemSms
from alerts.notify.channels.twilio_sms import ANYWHERE, MAINLAND, TwilioSms
from alerts.notify.channels.twilio_voice import TwilioVoice
from alerts.notify.channels.wecom_group import WeComGroup
from shouwang.providers import Aliyun, Modem, WeCom
from shouwang.settings import Settings


def channels_of(settings: Settings) -> list[Channel]:
    """All ways to a person that have credentials, the preferred one first; without any the logbook, which sends nothing."""
    accounts = settings.providers
    made = [*_twilio(settings), *_aliyun(accounts.aliyun), *_modem(accounts.modem), *_wecom(accounts.wecom)]
    order = {name: place for place, name in enumerate(settings.providers.order)}
    return sorted(made, key=lambda one: order.get(one.name, len(order))) or [Logbook()]


def first_sms(channels: Sequence[Channel]) -> Channel:
    """The channel of short messages that comes first, or whatever there is."""
    return next((one for one in channels if one.capabilities.medium == "sms"), channels[0])


def _twilio(settings: Settings) -> list[Channel]:
    twilio = settings.twilio
    if twilio is None:
        return []
    made: list[Channel] = [
        TwilioSms(
            account_sid=twilio.account_sid,
            auth_token=twilio.auth_token,
            sender=twilio.sender or "",
            messaging_service_sid=twilio.messaging_service or "",
            public_base_url=settings.public_base_url,
            api_base=twilio.api_base or "",
            capabilities=MAINLAND if twilio.mainland else ANYWHERE,
        )
    ]
    if twilio.voice_from:
        made.append(
            TwilioVoice(
                account_sid=twilio.account_sid,
                auth_token=twilio.auth_token,
                caller=twilio.voice_from,
                public_base_url=settings.public_base_url,
                api_base=twilio.api_base or "",
            )
        )
    return made


def _aliyun(aliyun: Aliyun | None) -> list[Channel]:
    if aliyun is None:
        return []
    # Its clients take a second to load: who has no account there does not wait for them.
    from alerts.notify.channels.aliyun_sms import AliyunSms  # noqa: PLC0415
    from alerts.notify.channels.aliyun_voice import AliyunVoice  # noqa: PLC0415

    made: list[Channel] = []
    key_id, key_secret, api_base = aliyun.key_id, aliyun.key_secret, aliyun.api_base or ""
    if aliyun.sms:
        made.append(
            AliyunSms(
                key_id=key_id,
                key_secret=key_secret,
                sign_name=aliyun.sign_name,
                templates=aliyun.sms,
                api_base=api_base,
            )
        )
    if aliyun.voice:
        made.append(
            AliyunVoice(
                key_id=key_id, key_secret=key_secret, templates=aliyun.voice, show_number=aliyun.show_number,
                api_base=api_base,
            )
        )  # fmt: skip
    return made


def _wecom(wecom: WeCom | None) -> list[Channel]:
    return [] if wecom is None else [WeComGroup(key=wecom.key, api_base=wecom.api_base or "")]


def _modem(modem: Modem | None) -> list[Channel]:
    return [] if modem is None else [ModemSms(modem.device, baud=modem.baud, pin=modem.pin or "")]
