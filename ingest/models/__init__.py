"""Device models: what a kind of device is like, one YAML file each; copied into the log when a device is assigned."""

from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

from events.types.home import DeviceKind

_FOLDER = Path(__file__).parent
_Seconds = Annotated[float, msgspec.Meta(gt=0, le=604_800)]


class ModelFaulty(Exception):
    """A model file does not say what it must; the message names file and field."""


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people call it."""

    zh: str
    en: str


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`interval_s`: how often it says that it is alive. `pulse`: it only ever sends "on", so each new id is an edge.

    `retrigger_s`: how soon it can fire again. `use_floor`: use above it is a sign of life; None: use never counts.
    """

    kind: DeviceKind
    name: Names
    interval_s: _Seconds
    battery: bool
    pulse: bool = False
    retrigger_s: _Seconds = 60.0
    use_floor: Annotated[float, msgspec.Meta(gt=0)] | None = None


@cache
def load_models(folder: Path = _FOLDER) -> dict[str, Model]:
    """Every model by its file's name. Raises ModelFaulty."""
    found: dict[str, Model] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            found[path.stem] = msgspec.yaml.decode(path.read_bytes(), type=Model)
        except msgspec.DecodeError as fault:
            raise ModelFaulty(f"{path.name}: {fault}") from fault
    return found
