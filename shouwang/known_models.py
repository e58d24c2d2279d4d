"""The device models of this program, as plain values: for the town file and for who hangs up a device by hand."""

from typing import Any

import msgspec

from ingest.models import load_models


def known_models() -> dict[str, dict[str, Any]]:
    """Every model by its name."""
    return {name: msgspec.to_builtins(model) for name, model in load_models().items()}
