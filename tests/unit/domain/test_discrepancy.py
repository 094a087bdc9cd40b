"""A page held against its filing: what agrees is silent, what does not is said with its reason."""

import pytest

from crawler.domain.assessment import Level
from crawler.domain.discrepancy import (
    Discrepancy,
    DiscrepancyKind,
    Holder,
    Listings,
    against_filing,
    foreign_numbers,
    weighed,
)
from crawler.domain.filing import SubjectKind
from crawler.domain.page import Imprint
from crawler.domain.site import Site
from tests.builders import a_site, an_assessment

OWN = "沪ICP备2017005547号"
OTHER = "沪ICP备13002172号"


def filed(**given: object) -> Site:
    named = {"unit_name": "沪嘉科技有限公司", "main_licence": OWN, "subject_kind": "enterprise"}
    return a_site(**(named | given))


def found(site: Site, listings: Listings | None = None, **shown: object) -> dict[str, str]:
    imprint = Imprint(**({"capture": "C1", "characters": 500} | shown))  # type: ignore[arg-type]
    told = against_filing(site, imprint, listings or Listings())
    assert all(one.captures == ("C1",) for one in told)
    return {str(one.kind): one.text for one in told}


def test_a_page_that_bears_its_own_number_agrees_whatever_the_suffix() -> None:
    assert found(filed(), filing_numbers=(f"{OWN}-3",)) == {}
    assert found(filed(), filing_numbers=(OTHER, OWN)) == {}


def test_a_number_that_the_lists_give_to_another_is_borrowed_and_says_whose() -> None:
    holder = Holder(unit_name="上海正经商贸有限公司", domain="zj.example.cn")
    listings = Listings(numbers={OTHER: (holder,)})
    told = found(filed(), listings, filing_numbers=(f"{OTHER}-1",))
    assert list(told) == ["number_borrowed"]
    assert "上海正经商贸有限公司（zj.example.cn）" in told["number_borrowed"]


def test_a_number_of_the_same_subject_under_another_domain_is_only_another_number() -> None:
    listings = Listings(numbers={OTHER: (Holder(unit_name="沪嘉科技有限公司", domain="b.cn"),)})
    assert list(found(filed(), listings, filing_numbers=(OTHER,))) == ["number_other"]


def test_a_number_that_left_the_lists_is_cancelled() -> None:
    gone = Holder(unit_name="上海已去商贸有限公司", domain="gone.cn", gone=True)
    told = found(filed(), Listings(numbers={OTHER: (gone,)}), filing_numbers=(OTHER,))
    assert list(told) == ["number_cancelled"]


def test_the_person_who_holds_a_number_is_masked() -> None:
    person = Holder(unit_name="王小明", domain="b.cn", subject_kind=SubjectKind.PERSON)
    told = found(filed(), Listings(numbers={OTHER: (person,)}), filing_numbers=(OTHER,))
    assert "王小明" not in told["number_borrowed"]
    assert "王**" in told["number_borrowed"]


def test_a_missing_number_is_told_where_a_page_could_bear_one_and_the_filing_has_one() -> None:
    assert list(found(filed())) == ["number_missing"]
    assert found(filed(), characters=20) == {}
    assert found(filed(main_licence="")) == {}
    assert found(filed(main_licence="备案中")) == {}


def test_an_unknown_own_number_accuses_nobody() -> None:
    assert found(filed(main_licence=""), filing_numbers=(OTHER,)) == {}


@pytest.mark.parametrize(
    ("unit", "kind", "signed", "told"),
    [
        ("沪嘉科技有限公司", "enterprise", "沪嘉科技有限公司", False),
        ("沪嘉（上海）科技有限公司", "enterprise", "沪嘉(上海)科技有限公司", False),
        ("沪嘉科技有限公司", "enterprise", "汇通金服有限公司", True),
        ("王小明", "person", "汇通金服有限公司", True),
        ("", "unknown", "汇通金服有限公司", False),
    ],
)
def test_another_subject_at_the_foot_of_the_page(
    unit: str, kind: str, signed: str, told: bool
) -> None:
    site = filed(unit_name=unit, subject_kind=SubjectKind(kind))
    seen = found(site, filing_numbers=(OWN,), companies=(signed,))
    assert ("subject_other" in seen) is told
    assert "王小明" not in str(seen)


def test_on_anothers_site_only_that_is_told() -> None:
    told = found(filed(), elsewhere="other.cn", filing_numbers=(OTHER,))
    assert list(told) == ["host_elsewhere"]


def test_a_second_domain_of_the_same_subject_is_no_other_site() -> None:
    own = Listings(domains={"other.cn": Holder(unit_name="沪嘉科技有限公司", domain="other.cn")})
    assert found(filed(), own, elsewhere="other.cn") == {}


def test_only_numbers_that_are_not_the_sites_own_are_asked_about() -> None:
    assert foreign_numbers(
        filed(), Imprint(capture="C1", filing_numbers=(f"{OTHER}-2", OTHER))
    ) == (OTHER,)
    assert foreign_numbers(filed(), Imprint(capture="C1", filing_numbers=(OTHER, OWN))) == ()


def levels(score: float) -> Level:
    return Level.ORANGE if score >= 8 else Level.YELLOW


def test_a_finding_makes_an_alert_graver_and_is_among_its_reasons() -> None:
    cloak = Discrepancy(kind=DiscrepancyKind.CLOAK, text="电脑与手机所见不同")
    judged = weighed(an_assessment(level=Level.YELLOW, score=7.0), [cloak], levels)
    assert (judged.level, judged.score) == (Level.ORANGE, 9.0)
    assert judged.reasons[-1].text == cloak.text


def test_a_finding_alone_makes_no_alert() -> None:
    missing = Discrepancy(kind=DiscrepancyKind.NUMBER_MISSING, text="页面没有标明备案号")
    calm = weighed(an_assessment(level=Level.BLUE, score=4.9), [missing], levels)
    assert (calm.level, calm.score) == (Level.BLUE, 4.9)
    assert [one.points for one in calm.reasons] == [0.0]


def test_many_findings_together_weigh_no_more_than_three_points() -> None:
    every = [Discrepancy(kind=kind, text=str(kind)) for kind in DiscrepancyKind]
    assert weighed(an_assessment(score=9.0), every, levels).score == 12.0
