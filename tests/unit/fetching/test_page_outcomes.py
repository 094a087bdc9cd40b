"""How what came is called: the cause of a part is said in words."""

import pytest

from crawler.domain.capture import Flag, Outcome
from crawler.fetching.answer import Answer
from crawler.fetching.errand import Brought
from crawler.fetching.page_outcomes import ended_by
from tests.builders import an_exchange

PAGE = b"<p>" + "本店主营五金。".encode() * 50


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=200, truncated="length", is_shredded=True), "切得过碎"),
        (Answer(status=200, truncated="length"), "超过大小上限"),
    ],
)
def test_a_part_says_why_it_is_one(answer: Answer, words: str) -> None:
    brought = Brought(exchange=an_exchange(), answer=answer)

    ended = ended_by("http://a.example.cn/", brought, PAGE, (), None)

    assert ended.outcome is Outcome.PARTIAL
    assert words in ended.reason
    assert ended.flags == (Flag.SIZE_LIMIT,)
