"""The watchers' card as a page to print, made of the catalogue's words and nothing else."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.core.templates.card import CARD_DANGERS, CARD_EN, CARD_ZH
from alerts.core.wording import danger_name

_HERE = Path(__file__).parent


def card() -> str:
    """The whole page, A4 portrait."""
    pages = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return pages.get_template("card.html").render(
        zh=CARD_ZH,
        en=CARD_EN,
        dangers=CARD_DANGERS,
        danger_zh={row: "、".join(danger_name(name, "zh") for name in names) for row, names in CARD_DANGERS.items()},
        danger_en={row: ", ".join(danger_name(name, "en") for name in names) for row, names in CARD_DANGERS.items()},
    )
