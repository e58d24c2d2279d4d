"""The trade-off as a picture: false alarms in 30 days to the right, hours until somebody is told upwards. SVG, or a page."""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

_W: Final = 640
_H: Final = 400
_LEFT: Final = 60
_LOW: Final = 50
_STEPS: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


class Point(NamedTuple):
    """One way to judge."""

    name: str
    false_alarms_30d: float
    median_h: float
    p90_h: float


def as_svg(points: Sequence[Point]) -> str:
    """Each way a dot at its median, with a thin line up to its p90."""
    step_x, most_x = _steps(max([1.0, *(p.false_alarms_30d for p in points)]))
    step_y, most_y = _steps(max([1.0, *(p.p90_h for p in points)]))

    def x(value: float) -> float:
        return _LEFT + value / most_x * (_W - _LEFT - 20)

    def y(value: float) -> float:
        return _H - _LOW - value / most_y * (_H - _LOW - 20)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_W} {_H}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_W}" height="{_H}" fill="#fff"/>',
        f'<path d="M{_LEFT} 20V{_H - _LOW}H{_W - 20}" fill="none" stroke="#333"/>',
        f'<text x="{_W / 2}" y="{_H - 12}" text-anchor="middle">30 天误报 false alarms in 30 days</text>',
        f'<text transform="translate(16 {_H / 2}) rotate(-90)" text-anchor="middle">小时 hours (• median, | p90)</text>',
    ]
    for tick in range(round(most_x / step_x) + 1):
        at = tick * step_x
        out.append(f'<text x="{x(at):.1f}" y="{_H - _LOW + 16}" text-anchor="middle">{at:g}</text>')
    for tick in range(round(most_y / step_y) + 1):
        at = tick * step_y
        out.append(f'<text x="{_LEFT - 8}" y="{y(at) + 4:.1f}" text-anchor="end">{at:g}</text>')
    for point in points:
        colour = "#06c" if point.name.startswith("learned") else "#a40"
        px, py = x(point.false_alarms_30d), y(point.median_h)
        out.append(f'<path d="M{px:.1f} {py:.1f}V{y(point.p90_h):.1f}" stroke="{colour}" stroke-width="1"/>')
        out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="{colour}"/>')
        anchor, beside = ("start", px + 7) if px < _W * 2 / 3 else ("end", px - 7)
        named = f'y="{py + 4:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(point.name)}</text>'
        out.append(f'<text x="{beside:.1f}" {named}')
    return "\n".join([*out, "</svg>"])


def _steps(most: float) -> tuple[float, float]:
    """A round step, and the end of an axis of whole steps on which `most` has room."""
    step = next(s for s in _STEPS if most <= 6 * s or s == _STEPS[-1])
    return step, step * (int(most / step) + 1)


def as_html(points: Sequence[Point], title: str) -> str:
    """The picture and its numbers as one page that needs nothing else."""
    rows = "".join(
        f"<tr><td>{escape(p.name)}</td><td>{p.false_alarms_30d:.2f}</td><td>{p.median_h:.2f}</td><td>{p.p90_h:.2f}</td></tr>"
        for p in points
    )
    head = "<tr><th></th><th>30 天误报 false alarms / 30 d</th><th>median h</th><th>p90 h</th></tr>"
    return (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{escape(title)}</title>'
        "<style>body{font-family:sans-serif;max-width:50em;margin:2em auto;padding:0 1em}td,th{padding:.3em .8em;text-align:right}"
        f"</style><h1>{escape(title)}</h1>{as_svg(points)}<table>{head}{rows}</table></html>"
    )
