"""What jieba and BeautifulSoup are worth: each left out in turn, on cases made for the purpose."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from crawler.domain.lexicon import Grade
from crawler.domain.page import PageStructure
from crawler.reading.close_text import read_closely, read_without_tree
from crawler.reading.quick_text import read_quickly
from lexicons.assessing import find
from lexicons.judging import Judge
from lexicons.matching import find_hits
from lexicons.reading import Tools
from lexicons.segmenting import Segmenter
from tests.builders import a_text, a_visit

HERE = Path(__file__).parent
OWN = "http://www.a.example.cn/"
NEEDED_BY_JIEBA = (60, 50)  # cases, of which so many must go wrong without it
NEEDED_BY_SOUP = (30, 30)


class Characters(Segmenter):
    """Text without words: every character by itself, every found string a word."""

    def __init__(self) -> None:
        pass

    def tokens(self, text: str) -> list[str]:
        return list(text)

    def grade(self, text: str, start: int, end: int) -> Grade:
        return Grade.ALIGNED


def without_jieba(judge: Judge) -> tuple[int, int, int]:
    """Cases of boundary and negation; wrong with jieba; wrong without it."""
    cases = _cases("boundaries.yaml")["cases"]
    blind = replace(judge.tools, segmenter=Characters())
    return len(cases), _counting(cases, judge.tools), _counting(cases, blind)


def _counting(cases: Iterable[dict[str, str]], tools: Tools) -> int:
    """In how many cases the word counts, though it is none there or is denied."""
    return sum(_counts(case["text"], case["word"], tools) for case in cases)


def _counts(body: str, word: str, tools: Tools) -> bool:
    text = a_text(body)
    weighed = find(a_visit(), text, find_hits(text, tools.finder), None, tools).weighed
    return any(one.hit.word == word and one.points > 0 for one in weighed)


def without_soup() -> tuple[int, int, int]:
    """Cases of cards, forms and footers; wrong with the tree; wrong without it."""
    cases = _cases("structure_cases.yaml")
    return (
        len(cases),
        sum(_wrong(case, tree=True) for case in cases),
        sum(_wrong(case, tree=False) for case in cases),
    )


def _wrong(case: dict[str, Any], *, tree: bool) -> bool:
    quick = read_quickly(case["html"])
    structure = read_closely(case["html"], quick, OWN) if tree else read_without_tree(quick)
    return bool(_shown(structure, case["field"]) != case["wants"])


def _shown(structure: PageStructure, field: str) -> Any:
    """A field as the cases write it."""
    value = getattr(structure, field)
    match field:
        case "cards":
            return [list(card.cells) for card in value]
        case "forms":
            return [f"{form.kind}: {form.button}" for form in value]
        case "contacts":
            return [f"{contact.kind}: {contact.value}" for contact in value]
        case "images":
            return value
    return list(value)


def _cases(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text("utf-8"))
