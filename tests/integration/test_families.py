"""Sites of one kit are found by what they share, and their alerts come to one case."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from crawler.domain.assessment import Level
from crawler.domain.family import Mark, MarkKind
from crawler.domain.filing import FilingList
from crawler.domain.site import Visit
from crawler.reading.close_text import read_closely
from crawler.reading.likeness import marks_of
from crawler.reading.quick_text import read_quickly
from crawler.service.responding import Responder
from crawler.store.alerts import alerts_of_site
from crawler.store.database import Database
from crawler.store.discrepancies import listings_for
from crawler.store.families import MOST_HOLDERS, family_of, relatives, save_marks
from crawler.store.lists import import_list, stage_list
from crawler.store.visits import every_site, start_sweep, visits_by_id
from tests.builders import NOON, a_filing, an_assessment
from tests.stores import a_database

PAGES = Path("tests/site/pages")
PHONE = Mark(kind=MarkKind.PHONE, value="4005550166")
COUNTER = Mark(kind=MarkKind.STATISTICS, value="baidu:0123")
QQ = Mark(kind=MarkKind.QQ, value="80001234")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = a_database(tmp_path)
    yield opened
    opened.close()


def visits(db: Connection, count: int) -> list[Visit]:
    listed = FilingList(source="s", name="n", sha256="0" * 64, size_bytes=1, received_at=NOON)
    rows = [
        a_filing(
            domains=(f"s{n}.example.cn",),
            unit_name=f"上海第{n}投资有限公司",
            service_licence=f"沪ICP备1300{n:04d}号-1",
        )
        for n in range(count)
    ]
    import_list(db, listed, stage_list(db, rows, "310118"), "ops", "310118")
    start_sweep(db, "all", every_site(), now=NOON, actor="ops", region="", render=False)
    return visits_by_id(db, range(1, count + 1), NOON)


def real_marks(name: str) -> tuple[Mark, ...]:
    html = (PAGES / name / "index.html").read_text("utf-8")
    text = read_quickly(html)
    return marks_of(html, text, read_closely(html, text))


def test_two_copies_of_one_kit_are_one_family_and_their_alerts_one_case(
    database: Database,
) -> None:
    responder = Responder(endpoints=(), categories={}, chance=os.urandom)
    with database.transaction() as db:
        first, second, third = visits(db, 3)
        for visit, page in ((first, "jinniuwealth"), (second, "yinshancf"), (third, "songheyl")):
            save_marks(db, visit.site, real_marks(page), NOON)
            responder.respond(db, visit, an_assessment(visit_id=visit.id), NOON)

        family = family_of(db, first.site.id)
        assert family is not None
        assert family_of(db, second.site.id) == family
        assert family_of(db, third.site.id) is None
        cases = [alerts_of_site(db, one.site.id)[0] for one in (first, second, third)]
        numbers = [alert.case_id for alert in cases if alert is not None]
        assert numbers[0] == numbers[1] != numbers[2]
        told = relatives(db, family)
        assert [one.domain for one in told] == ["s0.example.cn", "s1.example.cn"]
        assert MarkKind.PHONE in told[1].shared
        assert relatives(db, family, reach="320000") == []


@pytest.mark.parametrize(
    ("marks", "together"),
    [
        ((PHONE,), False),  # a hotline may be a vendor's
        ((COUNTER,), False),
        ((PHONE, COUNTER), True),
        ((QQ,), True),  # reaches one person
    ],
)
def test_what_a_vendors_customers_share_ties_nobody_together_alone(
    database: Database, marks: tuple[Mark, ...], together: bool
) -> None:
    with database.transaction() as db:
        first, second = visits(db, 2)
        save_marks(db, first.site, marks, NOON)
        assert (save_marks(db, second.site, marks, NOON) is not None) is together


def test_a_site_that_is_kin_to_two_families_makes_them_one(database: Database) -> None:
    other = Mark(kind=MarkKind.WECHAT, value="licai888")
    with database.transaction() as db:
        sites = [visit.site for visit in visits(db, 5)]
        for site, mark in zip(sites, (QQ, QQ, other, other), strict=False):
            save_marks(db, site, (mark,), NOON)
        assert family_of(db, sites[0].id) != family_of(db, sites[2].id)
        save_marks(db, sites[4], (QQ, other), NOON)
        assert {family_of(db, site.id) for site in sites} == {family_of(db, sites[0].id)}


def test_a_number_that_hundreds_bear_says_nothing(database: Database) -> None:
    with database.transaction() as db:
        every = visits(db, MOST_HOLDERS + 2)
        for visit in every[: MOST_HOLDERS + 1]:
            save_marks(db, visit.site, (COUNTER, PHONE) if visit is every[0] else (COUNTER,), NOON)
        assert save_marks(db, every[-1].site, (COUNTER, PHONE), NOON) is None


def test_newer_marks_replace_those_of_their_kind_only(database: Database) -> None:
    with database.transaction() as db:
        first, second = visits(db, 2)
        save_marks(db, first.site, (PHONE, COUNTER), NOON)
        save_marks(db, first.site, (Mark(kind=MarkKind.PHONE, value="4001112222"),), NOON)
        assert save_marks(db, second.site, (PHONE, COUNTER), NOON) is None


def test_the_lists_say_whose_a_number_and_a_domain_are(database: Database) -> None:
    with database.transaction() as db:
        visits(db, 3)
        told = listings_for(db, ["沪ICP备13000001号"], ["s2.example.cn", "nobody.cn"])
    assert [one.domain for one in told.numbers["沪ICP备13000001号"]] == ["s1.example.cn"]
    assert list(told.domains) == ["s2.example.cn"]


def test_a_case_opened_before_the_family_was_known_takes_its_key(database: Database) -> None:
    responder = Responder(endpoints=(), categories={}, chance=os.urandom)
    with database.transaction() as db:
        first, second = visits(db, 2)
        for visit in (first, second):
            save_marks(db, visit.site, (QQ,), NOON)
            judged = an_assessment(visit_id=visit.id, level=Level.YELLOW)
            responder.respond(db, visit, judged, NOON)
        opened = [alerts_of_site(db, one.site.id)[0] for one in (first, second)]
        assert len({alert.case_id for alert in opened if alert}) == 1
