"""`shouwang lint`: what would go wrong, looked for before it does."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from alerts.registry.homes import homes, house_label
from alerts.registry.linting import Looked, lint
from alerts.registry.people import people
from alerts.registry.rosters import rotas
from events.types.life import Hole
from shouwang.cli.speech import out
from shouwang.exits import Exit
from shouwang.moment import now
from shouwang.operations.memory import open_memory
from shouwang.settings import TOWN, read_settings

app = typer.Typer(help="查找隐患 · Look for what would go wrong", no_args_is_help=True)

_SAID = {
    "uncovered": ("前两级叫不到任何人", "nobody of the first two levels can be told"),
    "one_phone": ("前两级只有一部能用的电话", "the first two levels have one phone only"),
    "nobody": ("这一步没有人", "this step means nobody"),
    "no_phone": ("这一步的人都没有核实过的电话", "nobody of this step has a verified phone"),
    "twice": ("同一个人连续两步", "a person is told by two steps in a row"),
}


@app.callback()
def _lint() -> None:
    """查找隐患 · Look for what would go wrong."""


@app.command("chain")
def chain(json: Annotated[bool, typer.Option("--json", help="以 JSON 输出 · as JSON")] = False) -> None:
    """检查每户的通知链：未来7天任何时候都叫得到人吗 · Does every home's chain hold, at any time of the next 7 days?

    Examples:
      shouwang lint chain

      shouwang lint chain --json

    Counts rotas, leave, holidays and verified phones; reads only. The service does the same by itself when a home or its
    people change, and each night. Exit codes: 0 no holes, 1 some home's chain has one, 2 bad configuration.

    """
    database = open_memory(read_settings())
    try:
        with database.read() as db:
            found = lint(db, now())
            labels = {home.id: house_label(home, with_site=True) for home in homes(db)}
            names = {person.id: person.name for person in people(db)} | {f"@{r.id}": r.name for r in rotas(db)}
    finally:
        database.close()
    if json:
        out.print(msgspec.json.encode([_plain(each) for each in found if each.holes]).decode(), markup=False)
    else:
        for each in found:
            for hole in each.holes:
                out.print(f"{labels.get(each.home, each.home)} {each.home}: {_words(hole, names)}", markup=False)
        holed = sum(bool(each.holes) for each in found)
        out.print(f"{len(found)} 户，{holed} 户有缺口 · {len(found)} homes, {holed} with a hole", markup=False)
    raise typer.Exit(Exit.FAILED if any(each.holes for each in found) else Exit.OK)


def _plain(looked: Looked) -> dict[str, Any]:
    return {"home": looked.home, "holes": [msgspec.to_builtins(hole) for hole in looked.holes]}


def _words(hole: Hole, names: dict[str, str]) -> str:
    zh, en = _SAID[hole.what]
    step = f" · {hole.alert_class}级第{hole.step}步 class {hole.alert_class} step {hole.step}" if hole.step else ""
    who = f" · {'、'.join(names.get(person, person) for person in hole.persons)}" if hole.persons else ""
    return f"{zh} · {en}{step}{who} · {_day(hole.since)} – {_day(hole.until)}"


def _day(at: int) -> str:
    """Month, day and hour in the town."""
    return f"{datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(TOWN):%m-%d %H:%M}"
