"""Every Chinese sentence of a page has its English one, with the same blanks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.service.catalogue import english, sayer

CONSOLE = Path("crawler/service/console")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAID = re.compile(r"""_\(\s*(?:"([^"]*)"|'([^']*)')""")
# what is no sentence for people, or stands in the store as it was said
KEPT = {"一二三四五六日", "巡网", "中文", "其他", "证据包"}


def sentences() -> Iterator[tuple[str, str]]:
    """(file, sentence) of all templates and of all string constants of the console's modules."""
    for file in sorted(CONSOLE.glob("templates/*.html")):
        for one in SAID.finditer(file.read_text("utf-8")):
            yield file.name, one[1] or one[2]
    for file in sorted(CONSOLE.glob("*.py")):
        for text in _constants(ast.parse(file.read_text("utf-8"))):
            yield file.name, text


def _constants(tree: ast.AST) -> Iterator[str]:
    within = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    described = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in within | described:
            yield text


def untranslated() -> list[str]:
    known = english()
    return sorted(
        {
            f"{file}: {one}"
            for file, one in sentences()
            if CHINESE.search(one) and one not in known and one not in KEPT
        }
    )


def test_every_sentence_of_a_page_has_its_english_one() -> None:
    assert untranslated() == []


def test_an_english_sentence_has_the_blanks_of_the_chinese_one() -> None:
    blanks = re.compile(r"{(\w+)}")
    known = {zh: en for zh, en in english().items() if "{" in zh or "{" in en}

    wrong = {
        zh: en
        for zh, en in known.items()
        if not set(blanks.findall(en)) <= set(blanks.findall(zh)) | {"name"}
    }
    assert wrong == {}


def test_what_nobody_translated_stays_chinese() -> None:
    assert sayer("en")("没有这一句 {n}", n=3) == "没有这一句 3"


@pytest.mark.parametrize(("language", "told"), [("zh", "余 3 条"), ("en", "3 left")])
def test_a_sentence_is_told_in_the_language_asked_for(language: str, told: str) -> None:
    assert sayer(language)("余 {n} 条", n=3) == told
