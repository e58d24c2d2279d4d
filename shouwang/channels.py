"""By which channels messages go out: the one place that makes them of what the settings say, in the order of preference."""

from collections.abc import Sequence

from alerts.notify.channel import Channel
from alerts.notify.channels.logbook import Logbook
from alerts.notify.channels.twilio_sms import TwilioSms
from alerts.notify.channels.twilio_voice import TwilioVoice
from shouwang.settings import Settings


def channels_of(settings: Settings) -> list[Channel]:
    """All ways to a person that have credentials, the preferred one first; without any the logbook, which sends nothing."""
    made = [*_twilio(settings)]
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
