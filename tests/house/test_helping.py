"""Every command explains itself, in the officers' language, at the width of an old terminal."""

import re
from typing import Any

import pytest
import typer

from crawler.service.cli import COMMANDS, app_of
from crawler.service.helping import complaint
from crawler.service.showing import out

SPOKEN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = ("Usage", "OPTIONS", "default", "required", "Show this", " range>")


def command_named(name: str) -> Any:
    group: Any = typer.main.get_command(app_of(["verify", name]))
    return group.commands[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_shows_an_example(name: str) -> None:
    command = command_named(name)
    told = command.help or ""

    assert SPOKEN.search(command.short_help or ""), name
    assert ("例：" in told and f"xunwang {name}" in told) or "xunwang --home" in told, told


@pytest.mark.parametrize("name", COMMANDS)
def test_every_parameter_is_explained(name: str) -> None:
    bare = [one.name for one in command_named(name).params if not SPOKEN.search(one.help or "")]

    assert bare == []


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_speaks_one_language(name: str, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(out, "width", 80)
    app = app_of([name] if name else COMMANDS)
    # one command alone would be the whole line
    app(args=[name, "--help"] if name else ["--help"], standalone_mode=False)
    shown = capsys.readouterr().out

    assert not [word for word in ENGLISH if word in shown]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["nosuch"], "没有这个命令：nosuch"),
        (["lists", "三"], "N 的值不对：应为数字"),
        (["lists", "--nosuch"], "没有这个选项：--nosuch"),
        (["lists", "1", "2"], "多出来的：2"),
        (["confirm"], "缺少 N"),
        (["confirm", "1", "--reason"], "--reason 后面要有一个值"),
    ],
)
def test_a_mistyped_line_is_answered_in_chinese(line: list[str], said: str) -> None:
    with pytest.raises(typer.TyperException) as caught:
        app_of(COMMANDS)(args=line, standalone_mode=False)

    assert complaint(caught.value).startswith(said)


def test_what_was_perhaps_meant_is_named_plainly() -> None:
    with pytest.raises(typer.TyperException) as caught:
        app_of(COMMANDS)(args=["imprt"], standalone_mode=False)

    assert complaint(caught.value) == "没有这个命令：imprt；像是 import"
