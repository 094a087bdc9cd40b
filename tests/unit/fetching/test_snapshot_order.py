"""Runs that stand in another order than the source has."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.capture import Box, Field, Run
from crawler.fetching.snapshot_order import as_placed

EM = 18.0
SAID = "保本保息年化百分之十八"

Placed = tuple[str, float, float]  # a text, left and top


def a_field(scraps: Sequence[Placed], gap: str = "\n") -> Field:
    text, runs = "", list[Run]()
    for words, left, top in scraps:
        text += gap if text else ""
        box = Box(x=left, y=top, width=EM * len(words), height=EM)
        runs.append(Run(start=len(text), end=len(text) + len(words), box=box))
        text += words
    return Field(name="body", text=text, runs=tuple(runs))


def in_a_row(said: str, top: float = 0.0) -> list[Placed]:
    return [(char, EM * place, top) for place, char in enumerate(said)]


@given(st.permutations(in_a_row(SAID)))
def test_a_shuffled_row_is_read_as_it_stands(scraps: list[Placed]) -> None:
    text = as_placed(a_field(scraps)).text

    assert text.replace("\n", "") == SAID


def test_places_over_several_lines_are_read_line_by_line() -> None:
    scraps = [*in_a_row("保本保息"), *in_a_row("稳赚不赔", top=30)]
    random.Random(3).shuffle(scraps)

    assert as_placed(a_field(scraps)).text == "保本保息\n稳赚不赔"


def test_every_run_shows_its_own_words_and_what_stands_around_is_left() -> None:
    row = in_a_row(SAID, top=100)[::-1]
    field = a_field([("前面的一整句话", 0, 0), *row, ("后面的一整句话", 0, 200)])

    placed = as_placed(field)

    assert placed.text == f"前面的一整句话\n{SAID}\n后面的一整句话"
    boxes = {run.box: field.text[run.start : run.end] for run in field.runs}
    assert {run.box: placed.text[run.start : run.end] for run in placed.runs} == boxes


def test_what_stands_apart_stays_apart() -> None:
    row = [(char, 5 * EM * place, 0.0) for place, char in enumerate("首页产品")]
    row += [(char, 5 * EM * place, 0.0) for place, char in enumerate("新闻联系", 4)]

    assert as_placed(a_field(row[::-1])).text == "首 页 产 品 新 闻 联 系"


def test_columns_and_upright_lines_stay_as_they_are() -> None:
    columns = [(char, 100.0 * n, EM * i) for n in range(3) for i, char in enumerate("一二三")]
    upright = [(char, -2 * EM * n, EM * i) for n in range(3) for i, char in enumerate("一二三")]
    for scraps in (columns, upright, in_a_row(SAID)):
        field = a_field(scraps)
        assert as_placed(field) == field


def test_a_menu_of_a_few_words_is_no_puzzle() -> None:
    for rest in ([], [("后面的一整句话", 0.0, 200.0)]):
        field = a_field([*in_a_row("首页产品")[::-1], *rest])
        assert as_placed(field) == field
