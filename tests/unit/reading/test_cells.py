"""Single cells: dirt, null words, Excel's dates, districts."""

from datetime import date

import pytest

from crawler.reading.cells import BadCell, cleaned, date_in, region_in, shown, written, yes_or_no


@pytest.mark.parametrize("cell", ["", " ", "无", "-", "暂无", "空", "N/A", "NULL", "\u200b", "'"])
def test_words_that_mean_nothing_become_nothing(cell: str) -> None:
    assert cleaned(cell) == ""
    assert written(cell) == ""


def test_width_apostrophe_and_invisible_marks_are_cleaned() -> None:
    assert cleaned("'２０２１\u200b１ ") == "20211"


def test_a_name_keeps_its_own_brackets() -> None:
    assert written(" 晨芦（上海）\ufeff有限公司 ") == "晨芦（上海）有限公司"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2021-05-06", date(2021, 5, 6)),
        ("2021-05-06 10:11:12", date(2021, 5, 6)),
        ("2021-05-06T10:11:12.000+08:00", date(2021, 5, 6)),
        ("2021/5/6", date(2021, 5, 6)),
        ("2021.5.6", date(2021, 5, 6)),
        ("2021年5月6日", date(2021, 5, 6)),
        ("20210506", date(2021, 5, 6)),
        ("44322", date(2021, 5, 6)),
        ("44322.4236", date(2021, 5, 6)),
        ("1620266400000", date(2021, 5, 6)),
        ("1620266400", date(2021, 5, 6)),
        ("详情", None),
    ],
)
def test_dates_in_the_spellings_of_exports(text: str, day: date | None) -> None:
    assert date_in(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "-44322",
        "2021-02-30",
        "2021-13-01",
        "99999999",
        "1900-01-01",
        "3021-05-06",
        "12",
        "1e99",
        "-2021-05-06",
        "20211301",
        "2021-5",
    ],
)
def test_dates_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(BadCell):
        date_in(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("310118", "310118"),
        ("310118000000", "310118"),
        ("310118102", "310118"),
        ("青浦", "310118"),
        ("青浦区", "310118"),
        ("上海市青浦区", "310118"),
        ("上海市/青浦区", "310118"),
        ("浦东新区", "310115"),
        ("崇明县", "310151"),
        ("310229", "310118"),
        ("闸北区", "310106"),
        ("上海市", "310000"),
        ("不知道", ""),
        ("000000", ""),
    ],
)
def test_a_region_by_code_or_by_name(text: str, code: str) -> None:
    assert region_in(text) == code


@pytest.mark.parametrize(
    ("text", "answer"), [("是", True), ("否", False), ("true", True), ("0", False), ("也许", None)]
)
def test_yes_no_and_neither(text: str, answer: bool | None) -> None:
    assert yes_or_no(text) is answer


def test_foreign_values_are_shown_without_control_characters() -> None:
    assert shown("a\x1b[31m\nb\u202e") == "a\\x1b[31m\\x0ab\\u202e"
    assert shown("x" * 200) == "x" * 79 + "…"
