"""Patterns tried only where they can begin find what `finditer` finds."""

import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexicons.beginnings import Patterns
from lexicons.dealings import DEALS
from lexicons.vocabulary import SHAPES as WRITTEN
from lexicons.yield_patterns import SHAPES

OURS = [*WRITTEN.values(), *DEALS.values(), *(shape.pattern for shape in SHAPES)]
COMPILED = Patterns(OURS)
_WORDS = """
    年化收益率 月息 日返 每天 给 返 得 元 万 千 百 % 点 分 厘 ‰ 百分之 1 2 9 . - + ¦ , 。 预期
    高达 投资 存 充值 本金 一 二 三 十 天 个月 翻 倍 回本 公司 回购 按原价 收回 推荐 好友 奖 您
    只要 保底 𠀀 x 进度 已售 杠杆 1: 还剩 名额 拿回 本钱 不用 管 亏了 我们 赔 从 到 变 利息 率
    每 万元
"""
PIECES = st.sampled_from(["\t", *_WORDS.split()])


@given(st.lists(PIECES, max_size=60))
def test_of_our_own_patterns_everything_is_found(pieces: list[str]) -> None:
    text = "".join(pieces)
    places = COMPILED.over(text)
    tried = set(places.numbers())
    for number, pattern in enumerate(OURS):
        found = _spans(pattern.finditer(text))
        assert _spans(places.matches(number)) == found
        assert number in tried or not found


@given(st.text("ab1 元\U00020000", max_size=40), st.data())
@pytest.mark.parametrize(
    "written",
    [
        *(r"a", r"ab?", r"(?:a|b1)元", r"(?<!a)b", r"\d\s?元", r"[^a]b", r".元", r"a{2,3}1"),
        *(r"(?:ab)*1", r"b??1", r"a+?元", r"(?i)A1", r"(?=a)[a-b]", r"[\U00020000]a"),
        *(r"\Da", r"^a", "a$", r"a(?:b|1a|元)+", r"(?:a|)b", r"a(?=b)|1(?:ab){1,2}"),
    ],
)
def test_each_way_a_pattern_may_begin(written: str, text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    pattern = re.compile(written)
    places = Patterns([pattern]).over(text)
    assert _spans(places.matches(0)) == _spans(pattern.finditer(text))
    assert list(places.numbers()) or not pattern.search(text)
    assert _spans(places.matches(0, [(begin, end)])) == _spans(pattern.finditer(text, begin, end))


def test_what_cannot_be_followed_is_refused() -> None:
    with pytest.raises(ValueError, match="may not begin"):
        Patterns([re.compile(r"(?>ab)1")])


def _spans(matches: Iterable[re.Match[str]]) -> list[tuple[int, int]]:
    return [match.span() for match in matches]
