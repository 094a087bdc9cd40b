"""What a search answers names no person."""

from dataclasses import replace
from datetime import UTC, datetime

from crawler.domain.filing import SubjectKind
from indexer.engines import Answer, Snippet

ANSWER = Answer(
    digest="d",
    domain="zhang-demo.cn",
    unit_name="张三丰",
    title="张三丰的小站",
    url="http://zhang-demo.cn/",
    level="yellow",
    captured_at=datetime(2026, 5, 12, tzinfo=UTC),
    snippet=Snippet(text="张三丰承诺保本", marks=((5, 7),)),
    kind=SubjectKind.PERSON,
)


def test_a_person_is_hidden_in_name_title_and_text_and_marks_stay() -> None:
    veiled = ANSWER.veiled()

    assert (veiled.unit_name, veiled.title) == ("张**", "张**的小站")
    assert veiled.snippet.text[slice(*veiled.snippet.marks[0])] == "保本"
    assert veiled.veiled() == veiled


def test_a_company_is_named() -> None:
    company = replace(ANSWER, kind=SubjectKind.ENTERPRISE)

    assert company.veiled() is company
