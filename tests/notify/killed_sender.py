"""A service that is to be killed in the middle of a call, or at a fail point: sends the one message of an existing outbox.

With `PLANS` in the environment it plans that message itself, for a sender of its own.
"""

import os
import sys
import threading
import time

from alerts.notify.channels.twilio_sms import TwilioSms
from alerts.notify.senders import Senders
from events.keepers import make_database
from tests.notify.sending_room import intended, write_plan


def main() -> None:
    """Runs until it is killed."""
    file, base_url, sid, token, sender, to, text = sys.argv[1:]
    channel = TwilioSms(account_sid=sid, auth_token=token, sender=sender, api_base=base_url)
    database = make_database(file)
    senders = Senders(
        database,
        {channel.name: channel},
        now=lambda: time.time_ns() // 1000,
        render=lambda _db, _row: text,
        address_of=lambda _db, _phone: to,
        still_wanted=lambda _db, _row: "",
        on_fatal=lambda _error: os._exit(70),
    )
    senders.start()
    if "PLANS" in os.environ:
        while not senders._desks[channel.name]._waiting:
            time.sleep(0.001)
        write_plan(database, intended("m1", at=time.time_ns() // 1000), hands=senders.hands)
    threading.Event().wait()


if __name__ == "__main__":
    main()
