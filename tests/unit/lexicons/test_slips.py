"""What a hand slips into a word list is told with file, line and reason before it is published; a
version in force is still read with it.
"""

import shutil
from pathlib import Path

import pytest

from crawler.service.wiring import LEXICONS
from lexicons.loading import load_lexicon
from lexicons.publishing import check
from lexicons.slips import slips

HEAD = "id: a\nname: 甲\nseverity: 3\nterms:\n  3:\n"


def a_folder(tmp_path: Path, terms: str) -> Path:
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "a.yaml").write_text(HEAD + terms, "utf-8")
    return tmp_path


def told(folder: Path) -> list[str]:
    return [str(problem) for problem in slips(folder)]


@pytest.mark.parametrize("word", ["1234", "12.5", "-3", "1_000", "0x1f", "yes", "No", "null"])
@pytest.mark.parametrize("form", ["    - {}\n", "    - {}: {{needs_context: true}}\n"])
def test_a_number_or_a_yes_without_quotation_marks_is_told(
    tmp_path: Path, word: str, form: str
) -> None:
    (problem,) = told(a_folder(tmp_path, form.format(word)))

    assert problem.startswith(f"terms/a.yaml 第 6 行：“{word}”不加引号")


@pytest.mark.parametrize("word", ['"1234"', "'yes'", "1040阳光", "p2p", "07-14", "1:10", "no.1"])
def test_a_word_is_none(tmp_path: Path, word: str) -> None:
    assert told(a_folder(tmp_path, f"    - {word}\n")) == []


def test_a_version_of_before_is_read_with_it(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "    - 1040\n    - yes\n")

    assert [term.word for term in load_lexicon(folder).terms] == ["1040", "yes"]


@pytest.mark.parametrize(
    ("file", "before", "twice", "reason"),
    [
        ("contexts.yaml", "  edu: [", "  edu: [防骗十招, 防骗十招, ", "“防骗十招”在同一组中重复"),
        ("contexts.yaml", "  edu: [", "  edu: [Ａ股课堂, a股课堂, ", "“a股课堂”在同一组中重复"),
        ("contexts.yaml", "  edu: [", "  edu: [1234, ", "“1234”不加引号"),
        (
            "claims.yaml",
            "    objects: [",
            "    objects: [老友卡, 老友卡, ",
            "“老友卡”在同一组中重复",
        ),
        ("claims.yaml", "      2: [", "      2: [yes, ", "“yes”不加引号"),
    ],
)
def test_slips_beside_the_terms_are_told_with_their_line(
    tmp_path: Path, file: str, before: str, twice: str, reason: str
) -> None:
    folder = tmp_path / "lists"
    shutil.copytree(LEXICONS, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (folder / file).read_text("utf-8")
    line = text[: text.index(before)].count("\n") + 1
    (folder / file).write_text(text.replace(before, twice, 1), "utf-8")

    (problem,) = check(folder)

    assert str(problem).startswith(f"{file} 第 {line} 行：{reason}")


def test_our_own_lists_have_none() -> None:
    assert check(LEXICONS) == ()
