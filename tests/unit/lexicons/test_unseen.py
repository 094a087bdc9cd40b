"""Words that no visitor sees are judged, and it is said that nobody sees them."""

import pytest

from crawler.domain.assessment import COMPROMISE, Assessment
from crawler.domain.capture import Field, PageText
from crawler.reading.quick_text import read_quickly
from lexicons.judging import Judge
from tests.builders import NOON, a_visit

BAD = "USDT质押挖矿 日化收益1.5% 保本保息 静态收益 邀请好友 立即充值"
PAGE = "<h1>第三中学</h1><p>学校始建于1956年</p>{}"
NOT_SEEN = "页面上不可见"


def judged(judge: Judge, html: str) -> Assessment:
    return judge.judge(a_visit(), read_quickly(html), None, NOON)


@pytest.mark.parametrize(
    "style",
    ["display:none", "visibility:hidden", "font-size:0", "font-size:0em", "font-size: 0.0rem",
     "position:absolute;left:-9999px", "color:#FFFFFF;background-color:white",
     "background:#abc;color:#aabbcc"],
)  # fmt: skip
def test_each_reason_on_hidden_words_says_that_they_are(judge: Judge, style: str) -> None:
    assessment = judged(judge, PAGE.format(f'<div style="{style}">{BAD}</div>'))

    placed = [one for one in assessment.reasons if one.field]
    assert placed
    assert all(NOT_SEEN in one.text for one in placed)
    assert "words_all_unseen" in {one.rule for one in assessment.reasons}
    assert NOT_SEEN in assessment.sentence
    assert "暗链" in assessment.sentence
    assert assessment.categories[-1] == COMPROMISE


@pytest.mark.parametrize("style", ["color:red", "font-size:10px", "left:-5px", "color:#fff"])
def test_words_that_are_seen_are_not_called_hidden(judge: Judge, style: str) -> None:
    assessment = judged(judge, PAGE.format(f'<div style="{style}">{BAD}</div>'))

    assert not any(NOT_SEEN in one.text for one in assessment.reasons)
    assert COMPROMISE not in assessment.categories


def test_the_level_is_the_same_as_if_they_were_shown(judge: Judge) -> None:
    shown = judged(judge, PAGE.format(f"<div>{BAD}</div>"))
    hidden = judged(judge, PAGE.format(f'<div style="display:none">{BAD}</div>'))

    assert (hidden.level, hidden.score) == (shown.level, shown.score)


def test_an_offer_that_is_seen_too_is_not_taken_for_somebody_elses(judge: Judge) -> None:
    text = PageText(fields=(Field(name="body", text=BAD), Field(name="hidden", text=BAD)))

    assessment = judge.judge(a_visit(), text, None, NOON)

    rules = {one.rule for one in assessment.reasons}
    assert "words_unseen" in rules
    assert "words_all_unseen" not in rules
    assert NOT_SEEN not in assessment.sentence
    assert COMPROMISE not in assessment.categories
