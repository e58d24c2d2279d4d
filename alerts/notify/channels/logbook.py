"""The channel of a service without credentials: it writes down that it would have sent, and sends nothing."""

import logging
from collections.abc import Collection

from alerts.notify.channel import Capabilities, Outgoing, Report, Sent

log = logging.getLogger("shouwang.logbook")


class Logbook:
    """Nobody is told by it: `really_sends` is False, so that every screen can say so in red."""

    name = "logbook"
    capabilities = Capabilities(two_way=False, links=False, receipts=False, keypad=False)
    really_sends = False

    def send(self, outgoing: Outgoing) -> Sent:
        """Write the message's id down; its text and number are no business of a log file."""
        log.warning(
            "NOT SENT, there is no provider: message %s of class %d, %d characters",
            outgoing.message,
            outgoing.alert_class,
            len(outgoing.text),
        )
        return Sent(f"logbook-{outgoing.message}", "logged")

    def find(self, to: str, text: str, *, since: int, known: Collection[str], within_s: float) -> Sent | None:  # noqa: ARG002  (the promise's own shape)
        """Writing it down twice does no harm, so it is never looked for."""
        return None

    def fetch(self, provider_id: str) -> Report:  # noqa: ARG002  (the promise's own shape)
        """Nothing ever becomes of it."""
        return Report("logged", "")
