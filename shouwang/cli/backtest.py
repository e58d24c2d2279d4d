"""`shouwang backtest`: what would have happened under other settings, over the log or over a plain file of rows."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from alerts.backtest import Judged, Replayed, RowsRefused, compare_rows, judge_rows, read_rows, replay_log
from alerts.backtest.plotting import Point, as_html, as_svg
from alerts.backtest.results import Delays
from alerts.backtest.rows import SHANGHAI
from alerts.core.policy import CLASSES
from alerts.core.setting_forms import SettingRefused
from alerts.replay.source import DatabaseLog, FileLog, NotALog
from events.types.fact import HOUR, SECOND
from shouwang.cli.speech import err, out
from shouwang.exits import Refused
from shouwang.operations.memory import open_memory
from shouwang.settings import read_settings

_SHOWN = 30


def backtest(
    rule: Annotated[str, typer.Argument(help="判断规则 · the rule, e.g. no_activity")] = "no_activity",
    from_: Annotated[str, typer.Option("--from", help="起 · from this local day or moment on")] = "",
    to: Annotated[str, typer.Option(help="止 · until then")] = "",
    home: Annotated[list[str] | None, typer.Option(help="只看这户 · only these homes")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="设置 · key=value above those of then")] = None,
    collapse: Annotated[int, typer.Option(min=0, help="模拟倒地次数 · simulated collapses a home")] = 0,
    rows: Annotated[list[Path] | None, typer.Option(help="记录文件或文件夹 · files of rows instead of the log")] = None,
    log: Annotated[Path | None, typer.Option(help="日志文件 · a log in a file", dir_okay=False)] = None,
    after: Annotated[float, typer.Option(min=0, help="几天后开始计 · rows: count after so many days")] = 30,
    strays: Annotated[
        float, typer.Option(min=0, help="倒地后每几小时误触 · rows: a lone trigger every so many hours")
    ] = 0,
    compare: Annotated[bool, typer.Option("--compare", help="比较多种限值 · rows: fixed limits and budgets")] = False,
    seed: Annotated[int, typer.Option(help="种子 · seed of the collapses")] = 1,
    json_: Annotated[Path | None, typer.Option("--json", help="结果存成JSON · write the result here")] = None,
    plot: Annotated[Path | None, typer.Option(help="画图 · write the trade-off here (.svg or .html)")] = None,
) -> None:
    """换一组设置重新判断：当时与现在的警情、差别和原因、误报率、发现有多快 · Judge again under other settings.

    Examples:
      shouwang backtest no_activity --from 2026-10-01 --set routine.budget=2 --collapse 300

      shouwang backtest no_activity --rows recordings/ --after 30 --collapse 500 --compare --plot trade-off.html

    Reads only. Exit codes: 0 judged, 2 bad input.

    """
    settings = _settings(set_ or [])
    if rule not in CLASSES:
        raise Refused(f"没有规则 {rule}", f"no rule is named {rule}")
    try:
        if rows:
            _over_rows(_files(rows), settings, after, collapse, strays, seed, compare, json_, plot)
            return
        _over_log(log, rule, settings, _moment(from_, 0), _moment(to, None), home or [], collapse, seed, json_, plot)
    except RowsRefused as fault:
        raise Refused("文件读不懂", str(fault)) from None
    except SettingRefused as fault:
        raise Refused("设置不对", str(fault)) from None
    except NotALog as fault:
        raise Refused("这不是完整的日志文件", str(fault)) from None


def _settings(given: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in given:
        name, _, text = one.partition("=")
        try:
            found[name] = json.loads(text)
        except ValueError:
            raise Refused(f"设置写成 名=值：{one}", f"a setting is name=value, the value as JSON: {one}") from None
    return found


def _moment(text: str, default: int | None) -> Any:
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"时间写成 2026-10-01：{text}", f"a time is like 2026-10-01: {text}") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).timestamp()) * SECOND


def _files(given: list[Path]) -> list[Path]:
    found = [file for path in given for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    if missing := [str(file) for file in found if not file.is_file()]:
        raise Refused(f"没有文件 {', '.join(missing)}", f"no such file: {', '.join(missing)}")
    return found


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True)


def _over_rows(
    files: list[Path], settings: dict[str, Any], after: float, collapse: int, strays: float, seed: int, compare: bool,
    json_: Path | None, plot: Path | None,
) -> None:  # fmt: skip
    judged: dict[str, list[tuple[str, Judged]]] = {}
    with _bar() as bar:
        for file in files:
            known = read_rows(file)
            task = bar.add_task(file.name, total=None)
            step = lambda done, total, task=task: bar.update(task, completed=done, total=total)  # noqa: E731
            if compare:
                found = compare_rows(
                    known, settings=settings, after_days=after, collapses=collapse, seed=seed, progress=step
                )
            else:
                found = [("judged", judge_rows(
                    known, settings=settings, after_days=after, collapses=collapse, strays_every_h=strays, seed=seed,
                    progress=step,
                ))]  # fmt: skip
            for name, one in found:
                judged.setdefault(name, []).append((file.name, one))
            bar.remove_task(task)
    points = _tell_rows(judged)
    if json_ is not None:
        plain = {name: {file: one.figures() for file, one in each} for name, each in judged.items()}
        json_.write_text(json.dumps({"seed": seed, "ways": plain}, ensure_ascii=False, indent=1), encoding="utf-8")
    _draw(points, plot)


def _tell_rows(judged: dict[str, list[tuple[str, Judged]]]) -> list[Point]:
    table = Table(
        "", "天 days", "误报 false alarms", "/30 d", "最多一户 worst home", "median h", "p90 h", "告知 told h"
    )
    points = []
    for name, each in judged.items():
        span = sum(one.ends - one.judged_from for _, one in each)
        alarms = sum(one.false_alarms for _, one in each)
        rate = alarms * 30 * 24 * HOUR / span if span > 0 else 0.0
        worst = max(one.false_alarms_30d for _, one in each)
        pooled = Delays(
            [d for _, one in each for d in one.delays.suspected], [d for _, one in each for d in one.delays.told]
        )
        told = pooled.figures()
        table.add_row(
            name, f"{span / 24 / HOUR:.0f}", str(alarms), f"{rate:.2f}", f"{worst:.2f}",
            *(f"{told[key]:.2f}" if told else "—" for key in ("suspected_median_h", "suspected_p90_h", "told_median_h")),
        )  # fmt: skip
        if told:
            points.append(Point(name, rate, told["suspected_median_h"], told["suspected_p90_h"]))
        strays = Delays([d for _, one in each for d in one.delays_with_strays.suspected], [])
        if strays.suspected:
            both = (strays.hours("suspected", share) for share in (0.5, 0.9))
            table.add_row(f"{name} +误触 strays", "", "", "", "", *(f"{value:.2f}" for value in both), "")
    out.print(table)
    return points


def _over_log(
    file: Path | None, rule: str, settings: dict[str, Any], since: int, until: int | None, homes: list[str],
    collapse: int, seed: int, json_: Path | None, plot: Path | None,
) -> None:  # fmt: skip
    database = None if file is not None else open_memory(read_settings())
    try:
        source = FileLog(file) if file is not None else DatabaseLog(database)  # type: ignore[arg-type]  # one of the two
        with _bar() as bar:
            task = bar.add_task("重新判断 judging again", total=None)
            found = replay_log(
                source, rule, settings=settings, since=since, until=until, homes=homes, collapses=collapse, seed=seed,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )  # fmt: skip
    finally:
        if database is not None:
            database.close()
    _tell_log(found)
    if json_ is not None:
        json_.write_text(json.dumps(found.figures(), ensure_ascii=False, indent=1), encoding="utf-8")
    _draw([
        Point(name, found.rate(name), d.hours("suspected", 0.5), d.hours("suspected", 0.9))
        for name, d in found.delays.items() if d.told
    ], plot)  # fmt: skip


def _tell_log(found: Replayed) -> None:
    table = Table(found.rule, "当时 then", "现在 now")
    table.add_row("警情 alerts", str(len(found.then)), str(len(found.now)))
    table.add_row("误报 false alarms", str(found.false_alarms("then")), str(found.false_alarms("now")))
    table.add_row("误报 / 30 天 · in 30 days of a home", f"{found.rate('then'):.2f}", f"{found.rate('now'):.2f}")
    for which in ("suspected", "told"):
        for share, word in ((0.5, "median"), (0.9, "p90")):
            cells = [
                f"{found.delays[name].hours(which, share):.2f}" if found.delays.get(name, Delays()).told else "—"
                for name in ("then", "now")
            ]
            table.add_row(
                f"{'疑似 to suspected' if which == 'suspected' else '首条 to first message'}, {word} h", *cells
            )
    out.print(table)
    for each in found.differences[:_SHOWN]:
        at = datetime.fromtimestamp((each.then or each.now or 0) / SECOND, SHANGHAI)
        out.print(f"{at:%Y-%m-%d %H:%M}  {each.home}  {each.what}: {each.why}", markup=False)
    if len(found.differences) > _SHOWN:
        out.print(f"… {len(found.differences) - _SHOWN} more", markup=False)


def _draw(points: list[Point], plot: Path | None) -> None:
    if plot is None:
        return
    drawn = as_svg(points) if plot.suffix == ".svg" else as_html(points, "误报与发现时间 false alarms and delay")
    plot.write_text(drawn, encoding="utf-8")
    out.print(f"{plot}", markup=False)
