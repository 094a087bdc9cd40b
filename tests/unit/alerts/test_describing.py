"""What a message says of a page: how it signs itself, its words in their surroundings, nobody's
number.
"""

from dataclasses import replace
from typing import Any

import pytest

from alerts.findings import Finding
from alerts.payloads import site_payload, task_payload
from crawler.domain.assessment import Level
from crawler.domain.capture import Field, PageText
from crawler.domain.case import Case
from crawler.domain.discrepancy import DISCREPANCY_NAMES, Discrepancy, DiscrepancyKind
from crawler.domain.filing import SubjectKind
from crawler.domain.lexicon import Hit
from crawler.domain.page import PageStructure
from crawler.domain.site import Site
from crawler.domain.task import Department, SupervisionTask
from tests.builders import NOON, a_site, an_alert, an_assessment

OWN, OTHER = "沪ICP备2099000118号", "沪ICP备2099000119号"
LEAD = Department(code="310118-JR", name="区金融监管局")
TASK = SupervisionTask(
    case_id=1, level=Level.RED, title="t", summary="s", region="310118", lead=LEAD,
    drafted_by="wang", created_at=NOON, due_at=NOON,
)  # fmt: skip
CASE = Case(
    id=1, number="310118-JR-20260512-000001", key="k", title="t", category="yield_promise",
    level=Level.RED, region="310118", opened_at=NOON,
)  # fmt: skip


def a_hit(text: str, raw: str) -> Hit:
    start = text.index(raw)
    return Hit(
        word=raw, category="c", weight=1, field="body", start=start, end=start + len(raw), raw=raw
    )


def a_finding(text: str = "", raw: str = "", **given: Any) -> Finding:
    hits = (a_hit(text, raw),) if raw else ()
    known: dict[str, Any] = {
        "alert": an_alert(),
        "site": a_site(id=1),
        "assessment": an_assessment(hits=hits),
        "text": PageText(fields=(Field(name="body", text=text),)),
    }
    return Finding(**(known | given))


def snippet_of(finding: Finding) -> str:
    (hit,) = site_payload(finding)["hits"]
    return str(hit["snippet"])


def test_a_word_is_told_in_its_surroundings() -> None:
    text = "前" * 40 + "本平台\n保本保息，放心投资" + "后" * 40

    told = snippet_of(a_finding(text, "保本保息"))

    assert told == "前" * 26 + "本平台 保本保息，放心投资" + "后" * 25


@pytest.mark.parametrize(
    "text", [None, PageText(), PageText(fields=(Field(name="body", text="x" * 9),))]
)
def test_a_text_that_is_gone_or_another_is_not_told(text: PageText | None) -> None:
    finding = replace(a_finding("保本保息", "保本保息"), text=text)

    assert snippet_of(finding) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("保本保息，客服13800138000", "保本保息，客服138******00"),
        ("保本保息" + "一" * 24 + "13800138000", "保本保息" + "一" * 24 + "138***"),
        ("13800138000" + "一" * 26 + "保本保息", "**00" + "一" * 26 + "保本保息"),
    ],
)
def test_nobodys_number_leaves_the_house(text: str, shown: str) -> None:
    """Also where the piece begins or ends within it."""
    assert snippet_of(a_finding(text, "保本保息")) == shown


def test_a_persons_name_is_masked_in_the_surroundings() -> None:
    person = a_site(id=1, unit_name="张三丰", subject_kind=SubjectKind.PERSON)

    assert snippet_of(a_finding("保本保息，张三丰敬上", "保本保息", site=person)) == (
        "保本保息，张**敬上"
    )


@pytest.mark.parametrize(
    ("kind", "shown", "match"),
    [
        (DiscrepancyKind.NUMBER_BORROWED, (f"{OTHER}-1",), "other_subject"),
        (DiscrepancyKind.NUMBER_CANCELLED, (f"{OTHER}-1",), "cancelled"),
        (DiscrepancyKind.NUMBER_OTHER, (f"{OTHER}-1",), "not_in_list"),
        (DiscrepancyKind.NUMBER_MISSING, (), "absent"),
        (DiscrepancyKind.CLOAK, (), "unknown"),
        (DiscrepancyKind.CLOAK, (f"{OWN}-7",), "match"),
        (DiscrepancyKind.CLOAK, (f"{OTHER}-7",), "unknown"),
    ],
)
def test_a_page_is_told_as_it_signs_itself(
    kind: DiscrepancyKind, shown: tuple[str, ...], match: str
) -> None:
    finding = a_finding(
        site=a_site(id=1, main_licence=OWN),
        structure=PageStructure(filing_numbers=shown, police_numbers=("31011802001234",)),
        discrepancies=(Discrepancy(kind=kind, text="页面与备案不符"),),
    )

    site = site_payload(finding)["site"]

    assert site["footer_icp_match"] == match
    assert site["footer_icp"] == "".join(shown)
    assert site["police_no"] == "31011802001234"
    assert site["discrepancies"] == [
        {"kind": str(kind), "name": DISCREPANCY_NAMES[kind], "text": "页面与备案不符"}
    ]


def test_a_page_that_was_not_read_closely_is_compared_with_nothing() -> None:
    site = site_payload(a_finding())["site"]

    assert (site["footer_icp"], site["footer_icp_match"], site["police_no"]) == ("", "unknown", "")


@pytest.mark.parametrize(
    ("site", "mode"),
    [
        (a_site(region="310118"), "登记地"),
        (a_site(region="310000"), "登记地"),
        (a_site(region="310115"), "登记地以外"),
        (a_site(region="", main_licence=""), "登记地不明"),
    ],
)
def test_a_task_says_why_it_went_where_it_went(site: Site, mode: str) -> None:
    told = task_payload(TASK, CASE, a_finding(site=site), {})

    assert told["dispatch"]["mode"] == mode
    assert told["sla_profile"] == "red-4h-1d-5d"


def test_a_finding_of_no_kind_is_called_another() -> None:
    """The wording of a page taken whole names no kind."""
    told = task_payload(TASK, CASE, a_finding(), {})

    assert (told["category"], told["category_name"]) == ("", "其他")
