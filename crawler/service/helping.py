"""The command line's help and complaints in the officers' language: typer speaks English, breaks
choices in mid-word and cuts what has no spaces, as Chinese has none.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from crawler.service.showing import out

_WIDEST_NAME = 30
_EXTRA = re.compile(r"\s*\[((?:default: |env var: |required|[\d.]+<|x[<>]).*)\]$", re.DOTALL)
_CHOICES = re.compile(r"\s*[<\[](?:list\[)?(\w[\w-]*(?:\|[\w-]+)+)\]?[>\]]$")
_USAGE = {
    "Usage: ": "用法：",
    "[OPTIONS]": "[选项]",
    "COMMAND [ARGS]...": "命令 …",
    "[[": "[",
    "]]": "]",
}
_EXTRAS = {"default: ": "默认 ", "env var: ": "环境变量 ", "required": "必填", "; ": "；"}
_KINDS = {
    "<int range>": "<整数>",
    "<int>": "<整数>",
    "<float range>": "<数>",
    "<float>": "<数>",
    "<str>": "<文字>",
    "<list[str]>": "<文字>…",
    "<list[path]>": "<文件>…",
    "<list[int]>": "<整数>…",
    "<path>": "<文件>",
}
_COMPLAINTS = (
    (r"No such option: (.+?)(?: \(Possible options: (.+)\))?", "没有这个选项：{0}", "；像是 {1}"),
    (r"No such command '(.+?)'\.(?: Did you mean (.+)\?)?", "没有这个命令：{0}", "；像是 {1}"),
    (r"Missing (?:argument|option|parameter):? ?(.+?)\.?", "缺少 {0}", ""),
    (r"Missing command\.", "还要一个命令；--help 列出全部", ""),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", "多出来的：{0}", ""),
    (r"Option (.+) requires (?:an argument|\d+ arguments)\.", "{0} 后面要有一个值", ""),
    (r"Option (.+) does not take a value\.", "{0} 后面没有值", ""),
    (r"Invalid value(?: for (.+?))?: (.+)", "{0} 的值不对：{1}", ""),
)
_REASONS = (
    (r"Input should be a valid (?:integer|number).*", "应为数字"),
    (r"Input should be greater than or equal to (.+)", "不小于 {0}"),
    (r"Input should be less than or equal to (.+)", "不大于 {0}"),
    (r"Input should be (.+)", "应为 {0}"),
)


class HelpfulCommand(TyperCommand):
    """One command with its help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print it; nothing is left for the formatter."""
        _show(self, ctx)


class HelpfulGroup(TyperGroup):
    """The whole command line with its help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print it; nothing is left for the formatter."""
        _show(self, ctx)


def short(text: str) -> str:
    """What a command does, without its examples."""
    return re.split(r"例：|\n\n", text, maxsplit=1)[0].strip()


def complaint(error: Exception) -> str:
    """What is wrong with the line that was typed, said as the rest of the product speaks."""
    said = getattr(error, "format_message", error.__str__)()
    for pattern, told, also in _COMPLAINTS:
        if found := re.fullmatch(pattern, said, re.DOTALL):
            parts = [_reason(part or "") for part in found.groups()]
            return told.format(*parts) + (also.format(*parts) if parts[1:] and parts[1] else "")
    return _reason(said)


def _reason(said: str) -> str:
    for pattern, told in _REASONS:
        if found := re.fullmatch(pattern, said, re.DOTALL):
            return told.format(*found.groups()).replace(" or ", " 或 ")
    return said.replace("'", "")


def _show(command: TyperCommand | TyperGroup, ctx: Any) -> None:
    usage = _translated(command.get_usage(ctx), _USAGE)
    out.print(usage, markup=False, style="bold")
    for paragraph in (command.help or "").split("\n\n"):
        out.print("\n" + paragraph.replace("\n", ""), markup=False)
    params = command.get_params(ctx)
    told = {kind: _records(params, kind, ctx) for kind in ("argument", "option")}
    _section("参数", told["argument"])
    _section("选项", told["option"])
    if isinstance(command, TyperGroup):
        known = command.commands.items()
        _section(
            "命令（xunwang 命令 --help 说明每一个）", [(n, c.short_help or "") for n, c in known]
        )


def _section(title: str, records: Iterable[tuple[str, str]]) -> None:
    grid = Table.grid(padding=(0, 0, 0, 2))
    grid.add_column(overflow="fold", max_width=_WIDEST_NAME)
    grid.add_column(overflow="fold")
    for name, told in records:
        grid.add_row(Text(name), Text(told))
    if grid.row_count:
        out.print(f"\n{title}", markup=False, style="bold")
        out.print(grid)


def _records(params: Iterable[Any], kind: str, ctx: Any) -> list[tuple[str, str]]:
    chosen = (one for one in params if one.param_type_name == kind)
    return [_told(one, record) for one in chosen if (record := one.get_help_record(ctx))]


def _told(param: Any, record: tuple[str, str]) -> tuple[str, str]:
    """A name that stays whole, and what is said of it: help, choices, default."""
    name, told = record
    if param.name == "help":
        return "--help", "显示这份说明"
    extra = _EXTRA.search(told)
    said = [told[: extra.start()] if extra else told]
    if choices := _CHOICES.search(name):
        name = name[: choices.start()] or param.name
        said.append("可选 " + " | ".join(choices[1].split("|")))
    if extra and not getattr(param, "is_flag", False):
        said.append(_translated(extra[1], _EXTRAS))
    return _translated(name, _KINDS), "；".join(part for part in said if part)


def _translated(text: str, words: Mapping[str, str]) -> str:
    for english, chinese in words.items():
        text = text.replace(english, chinese)
    return text
