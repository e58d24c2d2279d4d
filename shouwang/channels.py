"""By which channel messages go out: the one place that makes one of what the settings say."""

from alerts.notify.channel import Channel
from alerts.notify.channels.logbook import Logbook
from alerts.notify.channels.twilio_sms import TwilioSms
from shouwang.settings import Settings


def channel_of(settings: Settings) -> Channel:
    """The SMS channel the settings name: Twilio, or without credentials the logbook, which sends nothing."""
    twilio = settings.twilio
    if twilio is None:
        return Logbook()
    return TwilioSms(
        account_sid=twilio.account_sid,
        auth_token=twilio.auth_token,
        sender=twilio.sender or "",
        messaging_service_sid=twilio.messaging_service or "",
        public_base_url=settings.public_base_url,
        api_base=twilio.api_base or "",
    )
