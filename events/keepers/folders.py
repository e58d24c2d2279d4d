"""Folders and the names in them, made so that a power cut forgets neither."""

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """With its name on the disk: a folder that is forgotten takes everything in it along."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        keep_names(made.parent)


def keep_names(folder: Path) -> None:
    """What lies in it will still be called so after a power cut. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
