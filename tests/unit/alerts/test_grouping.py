"""Alerts of one family or subject share a case."""

from alerts.grouping import belonging_of, case_for, taken_up_again
from crawler.domain.assessment import Level
from crawler.domain.case import Case
from crawler.domain.filing import SubjectKind
from tests.builders import NOON, a_site, an_alert, an_assessment

COMPANY = "某某财富管理有限公司"


def a_case(**given: object) -> Case:
    defaults = {
        "id": 3, "number": "n", "key": f"subject:{COMPANY}", "title": "t", "category": "c",
        "level": Level.YELLOW, "region": "310118", "opened_at": NOON,
    }  # fmt: skip
    return Case(**(defaults | given))  # type: ignore[arg-type]


def test_an_alert_joins_the_open_case_of_its_subject_and_raises_it() -> None:
    belonging = belonging_of(a_site(unit_name=COMPANY), an_assessment())

    case = case_for(an_alert(level=Level.RED), belonging, [a_case()], NOON)

    assert (case.id, case.level) == (3, Level.RED)


def test_the_family_is_stronger_than_the_subject() -> None:
    belonging = belonging_of(a_site(unit_name=COMPANY), an_assessment(), family="f1")
    cases = [a_case(), a_case(id=4, key="family:f1")]

    assert case_for(an_alert(), belonging, cases, NOON).id == 4


def test_without_an_open_case_there_is_a_new_one() -> None:
    belonging = belonging_of(a_site(unit_name=COMPANY), an_assessment(sentence="疑似…"))

    case = case_for(an_alert(), belonging, [], NOON)

    assert (case.id, case.key, case.title) == (0, f"subject:{COMPANY}", f"{COMPANY}：疑似…")


def test_two_persons_of_one_name_are_two_and_the_name_is_not_in_the_title() -> None:
    site = a_site(unit_name="欧阳明月", subject_kind=SubjectKind.PERSON)

    belonging = belonging_of(site, an_assessment())

    assert belonging.keys == ("site:a.example.cn",)
    assert "欧阳明月" not in belonging.title


def test_a_relapse_takes_the_closed_case_up_again() -> None:
    again = taken_up_again(a_case(closed_at=NOON), an_alert(level=Level.RED))

    assert (again.closed_at, again.level) == (None, Level.RED)
