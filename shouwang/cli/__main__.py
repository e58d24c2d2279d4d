"""`python -m shouwang.cli` is the same as `shouwang`."""

from shouwang.cli import main

main()
