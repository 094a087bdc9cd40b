"""How a terminal shows things: one place for colours, tables and progress."""

import sys
from collections.abc import Sequence
from datetime import datetime

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from crawler.domain.case import CHINA

LEVEL_STYLES = {
    "red": "bold white on red",
    "orange": "bold black on dark_orange",
    "yellow": "black on yellow",
    "blue": "white on blue",
    "none": "dim",
}

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """One line to whoever asked; square brackets in it are no markup."""
    out.print(text, markup=False, soft_wrap=True)  # one line to a file too


def warn(text: str) -> None:
    """One line beside the result."""
    err.print(text, style="yellow", markup=False, soft_wrap=True)


def complain(text: str) -> None:
    """One line, and the command did not do its work."""
    err.print(text, style="red", markup=False, soft_wrap=True)  # one line to scripts too


def as_json(value: object) -> None:
    """One JSON document on standard output, for scripts."""
    sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table; cells are plain text, whatever they hold."""
    shown = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(escape(cell) for cell in row))
    out.print(shown)


def escape(cell: str) -> str:
    """Text of foreign origin: no markup, no control characters."""
    clean = "".join(c if c.isprintable() else " " for c in cell)
    return clean.replace("[", r"\[")


def moment(at: datetime) -> str:
    """Beijing time to the minute, wherever this machine stands."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def level(value: str, name: str) -> str:
    """A level as a coloured badge."""
    return f"[{LEVEL_STYLES[value]}] {name} [/]"


def progress() -> Progress:
    """A bar on standard error; silent where there is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
    )
