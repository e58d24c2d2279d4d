"""Read once by the process from which `tests.hatching` forks: all that any program of ours imports."""

import os
from importlib import import_module

os.environ["COLUMNS"] = "200"  # asked for when the command line is read: no sentence is broken over two lines

import shouwang.service  # noqa: F401
from shouwang import cli

for _file, _, _ in (each.partition(":") for each in cli.COMMANDS.values()):
    import_module(f"shouwang.cli.{_file}")
