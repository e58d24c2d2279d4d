"""The tables of docs/performance.md, written from what was saved: nobody types a figure."""

import json
import re
from pathlib import Path
from typing import Any

from measuring.figures import FOLDER, Row, Spread

PAGE = FOLDER.parent / "performance.md"
_PLACE = re.compile(r"(<!-- figures: (?P<name>[a-z-]+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def written(page: str, folder: Path = FOLDER) -> str:
    """The page with the table of every saved file in its place; what was never saved says so."""
    return _PLACE.sub(lambda found: found[1] + _told(folder / f"latest-{found['name']}.json") + found[3], page)


def write() -> None:
    """Bring the page up to date."""
    PAGE.write_text(written(PAGE.read_text()))


def _told(file: Path) -> str:
    if not file.exists():
        return "Not measured yet.\n"
    saved = json.loads(file.read_text())
    on = saved["machine"]
    lines = [_heading(saved["rows"], saved["cases"]), *_rows(saved["rows"], saved["cases"])]
    lines.append("")
    lines.append(
        f"`{saved['command']}`, {saved['at'][:10]}: {on['cores']} cores ({on['cpu']}), {on['file_system']}, "
        f"4 KiB on disk in {on['fdatasync_us'] / 1000:.2f} ms, load before {on['load_before']}, "
        f"{len(saved['cases'][0]['rounds'])} rounds. Median (least - most); **bold**: misses its aim."
    )
    return "\n".join(lines) + "\n"


def _heading(rows: dict[str, Any], cases: list[dict[str, Any]]) -> str:
    names = ["", *(case["case"] for case in cases), *["aim"] * _aimed(rows)]
    return f"| {' | '.join(names)} |\n|{'|'.join(['---', *['---:'] * (len(names) - 1)])}|"


def _rows(rows: dict[str, Any], cases: list[dict[str, Any]]) -> list[str]:
    lines = []
    for key, described in rows.items():
        row = Row(**described)
        cells = []
        for case in cases:
            taken = case["summary"].get(key)
            spread = Spread(**taken) if taken else None
            told = "" if spread is None else spread.told(row.form)
            cells.append(f"**{told}**" if spread is not None and row.misses(spread.median) else told)
        lines.append(f"| {' | '.join([row.told, *cells, *[row.wanted] * _aimed(rows)])} |")
    return lines


def _aimed(rows: dict[str, Any]) -> bool:
    return any(row["aim"] is not None for row in rows.values())
