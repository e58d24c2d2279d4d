"""x"""
from tests.house import TOWN


def two_homes() -> str:
    second = TOWN[TOWN.index("  - id: dp03-12"):].replace("dp03-12", "dp03-13").replace("number: 12", "number: 13")
    for device in ("hall-1", "bed-1", "door-1", "co-1", "co-2", "smoke-1", "sos-1"):
        second = second.replace(f"id: {device}", f"id: b-{device}")
    return TOWN + second
