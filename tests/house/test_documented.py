"""What the house has is in its documents, and back."""

import re
import tomllib
from pathlib import Path

import crawler.domain
from crawler.service.cli import COMMANDS, command_of

WORDS = Path("crawler/service/words")
LAST_CASE = {"W": 42, "B": 26, "D": 39}  # of the fault catalogue


def test_every_noun_stands_in_the_glossary_and_back() -> None:
    listed = set(re.findall(r"^\| `(\w+)`", Path("docs/glossary.md").read_text("utf-8"), re.M))

    assert listed == set(crawler.domain.__all__)


def test_every_case_of_the_threat_model_has_its_test() -> None:
    named = set(re.findall(r"\b[A-Z]\d\d\b", Path("docs/threats.md").read_text("utf-8")))
    tests = "".join(one.read_text("utf-8") for one in Path("tests").rglob("test_*.py"))

    assert len(named) > 100
    assert named - set(re.findall(r'"([A-Z]\d\d)"', tests)) == set()


def test_every_case_of_capturing_and_storing_has_a_test_or_a_reason() -> None:
    catalogue = {f"{kind}{n:02}" for kind, last in LAST_CASE.items() for n in range(1, last + 1)}
    page = Path("docs/faults.md").read_text("utf-8").partition("## 没有测试的")[2]
    excused = set(re.findall(r"^\| ([A-Z]\d\d) \|", page, re.M))
    tests = "".join(one.read_text("utf-8") for one in Path("tests").rglob("*.py"))
    marked = set(re.findall(r'fault(?:\(|=)"([A-Z]\d\d)"|"(W2[56])"', tests))
    covered = {number for pair in marked for number in pair if number}

    assert catalogue - covered == excused


def test_both_languages_have_the_same_keys() -> None:
    zh, en = (tomllib.loads((WORDS / f"{one}.toml").read_text("utf-8")) for one in ("zh", "en"))

    assert {(a, b) for a in zh for b in zh[a]} == {(a, b) for a in en for b in en[a]}


def test_every_command_explains_itself_with_an_example() -> None:
    silent = [one for one in COMMANDS if "例：xunwang" not in (command_of(one).__doc__ or "")]

    assert [one for one in silent if one != "judge"] == []  # its example starts with echo
