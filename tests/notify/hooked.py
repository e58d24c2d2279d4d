"""A door that is to fail while it takes the provider's word: `hooked.py ADDRESS AT receipt|reply {words as JSON}`."""

import json
import sys

from alerts.commands.replies import take_reply
from alerts.notify.receipts import take_receipt
from events.keepers import make_database

TAKES = {"receipt": take_receipt, "reply": take_reply}


def main() -> None:
    """Says "answered" when the provider would be."""
    address, at, kind, words = sys.argv[1:]
    database = make_database(address)
    TAKES[kind](database, **json.loads(words), at=int(at))
    print("answered", flush=True)
    database.close()


if __name__ == "__main__":
    main()
