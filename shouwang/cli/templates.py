"""`shouwang templates`: the texts that are sent, held against what carriers take, and handed out for their approval."""

from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from alerts.core.catalogue import banned_words, body, full, in_form, limit, lint, units, variables
from alerts.core.wording import TEMPLATES, Language, WordingError
from shouwang.cli.speech import err, out
from shouwang.exits import Exit, Refused
from shouwang.operations.approval import as_csv, as_markdown, rows
from shouwang.operations.card import card as card_page

app = typer.Typer(help="短信模板 · The texts that are sent.", no_args_is_help=True)


class Spoken(StrEnum):
    """In which language."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


_LANGUAGES: Final[dict[Spoken, tuple[Language, ...]]] = {
    Spoken.ZH: ("zh",), Spoken.EN: ("en",), Spoken.BOTH: ("zh", "en"),
}  # fmt: skip


def shipped_banned() -> list[str]:
    """The list that comes with the program."""
    return banned_words((files("alerts.core.templates") / "banned.txt").read_text("utf-8"))


@app.command("lint")
def lint_(
    banned: Annotated[
        Path | None,
        typer.Option(help="禁用词，一行一个 · words no message may hold, one a line", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """检查全部模板的最长写法 · Render each at full length: one SMS, no link, nothing like a phone number, no banned word.

    Examples:
      shouwang templates lint

      shouwang templates lint --banned carrier.txt

    Exit codes: 0 all may be sent, 1 some may not.

    """
    words = shipped_banned() if banned is None else banned_words(banned.read_text("utf-8"))
    faults = lint(words)
    for fault in faults:
        err.print(f"{fault.template} ({fault.language}): {fault.what}: {fault.detail}", markup=False)
    checked = f"{len(TEMPLATES)} 个模板，{len(faults)} 处问题 · {len(TEMPLATES)} templates in two languages, {len(faults)} faults"
    out.print(checked, markup=False)
    raise typer.Exit(Exit.FAILED if faults else Exit.OK)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="模板编号，不写则列出全部 · a template's id; left out: all")] = "",
    language: Annotated[Spoken, typer.Option(help="语言 · language")] = Spoken.BOTH,
) -> None:
    """查看模板 · Show one template with its variables, or all.

    Examples:
      shouwang templates show

      shouwang templates show first_carbon_monoxide --language zh

    Exit codes: 0 shown, 2 there is no such template.

    """
    if name and name not in TEMPLATES:
        raise Refused(f"没有模板 {name}", f"there is no template {name}")
    spoken = _LANGUAGES[language]
    if not name:
        table = Table("id", "", "", "", box=None)
        for template in TEMPLATES.values():
            for each in spoken:
                table.add_row(template.id, each, f"{units(template, each)}/{limit(each)}", body(template, each))
        out.print(table)
        return
    template = TEMPLATES[name]
    for each in spoken:
        out.print(f"{each}  {units(template, each)}/{limit(each)}  {body(template, each)}", markup=False)
        for one in variables(template, each):
            out.print(f"    {one.name}  <= {one.longest}  {one.example}", markup=False)
        out.print(f"    Aliyun  {in_form(template, each, 'aliyun')}", markup=False)
        out.print(f"    Twilio  {in_form(template, each, 'twilio')}", markup=False)
        out.print(f"    {full(template, each)}", markup=False)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="写入这个文件夹 · the folder to write into", file_okay=False)],
    language: Annotated[Spoken, typer.Option(help="语言 · language")] = Spoken.ZH,
    signature: Annotated[str, typer.Option(help="例文的签名 · the signature of the examples")] = "",
) -> None:
    """导出报审表 · Write templates.csv and templates.md for a carrier's approval form, with ${name} and {{1}}.

    Examples:
      shouwang templates export approval --signature 示例守望

    Exit codes: 0 written, 2 the signature would be refused.

    """
    try:
        found = rows(_LANGUAGES[language], signature)
    except WordingError as refused:
        raise Refused("签名不合规定", str(refused)) from None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "templates.csv").write_text(as_csv(found), "utf-8", newline="")
    (folder / "templates.md").write_text(as_markdown(found), "utf-8")
    out.print(f"{folder}: {len(found)} 个模板 templates", markup=False)


@app.command()
def card(
    file: Annotated[Path, typer.Argument(help="写成这个 HTML 文件 · the HTML file to write", dir_okay=False)],
) -> None:
    """守望员回复卡，A4 一页 · The watchers' card: digits, and what to do at the door; one A4 page to print.

    Examples:
      shouwang templates card docs/watcher-card.html

    Exit codes: 0 written.

    """
    file.write_text(card_page(), "utf-8")
    out.print(f"{file}", markup=False)
