"""Lanes: a fixed hash spreads the log over 64 lanes, so that several readers can share it. Pure, fixed for ever."""

import zlib
from functools import lru_cache

LANES = 64
ALL = 64
"""The lane every reader also reads: settings and what concerns the whole service."""


@lru_cache(maxsize=65536)
def lane_of(key: str) -> int:
    """The lane of a site or a person: crc32(key) mod 64; "all" is the lane everybody reads."""
    return ALL if key == "all" else zlib.crc32(key.encode()) % LANES
