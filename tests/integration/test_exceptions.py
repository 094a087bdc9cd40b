"""白名单: two persons, a reason and an end; it silences what was there and nothing graver."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from alerts.excepting import Wish, approve_exemption, end_exemption, propose
from crawler.domain.assessment import Assessment, Level
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.exception import Exemption, ExemptionState, state_of
from crawler.domain.lexicon import Hit
from crawler.domain.site import Site, Visit
from crawler.service.responding import Responder
from crawler.store.alerts import alerts_of_site
from crawler.store.assessments import save_assessment
from crawler.store.audit import acts_on
from crawler.store.database import Database
from crawler.store.exceptions import (
    excepted_terms,
    exemption_of,
    list_exemptions,
)
from crawler.store.sites import site_of_domain
from crawler.store.tables import sites
from tests.builders import NOON, a_capture, a_site, a_visit, an_assessment
from tests.integration.answering_house import settle_site
from tests.stores import a_database

NAME = "某某银行股份有限公司"
LATER = NOON + timedelta(days=30)


def found(site: Site, level: Level = Level.YELLOW, *categories: str) -> Assessment:
    hit = Hit(word="保本保息", category="principal_guarantee", weight=4.0, field="body", start=0,
              end=4, raw="保本保息")  # fmt: skip
    return an_assessment(
        visit_id=site.id, level=level, categories=categories or ("principal_guarantee",),
        hits=(hit,), text_digest="t" * 64,
    )  # fmt: skip


def judged_site(database: Database, domain: str = "a.cn", name: str = NAME) -> Site:
    site = settle_site(database, a_site(domain=domain, unit_name=name))
    with database.transaction() as db:
        save_assessment(db, found(site), site.id, site.region)
    return site


def in_force(database: Database, **given: object) -> Exemption:
    wish = Wish(**({"reason": "存款产品", "days": 90} | given))  # type: ignore[arg-type]
    return approve_exemption(database, propose(database, wish, "wang", NOON).id, "li", NOON)


def respond(database: Database, site: Site, assessment: Assessment, at: datetime) -> bool:
    """Whether an alert came of it."""
    visit: Visit = a_visit(id=site.id, site=site, captures=(a_capture(),))
    with database.transaction() as db:
        Responder(endpoints=(), categories={}).respond(db, visit, assessment, at)
        return alerts_of_site(db, site.id)[0] is not None


def test_a_proposal_covers_nothing_until_a_second_person_approves(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    site = judged_site(database)
    wish = Wish(domain="a.cn", reason="存款产品", days=90)

    made = propose(database, wish, "wang", NOON)

    with pytest.raises(NotAllowed, match="自己提出"):
        approve_exemption(database, made.id, "wang", NOON)
    assert state_of(made, NOON) is ExemptionState.PROPOSED
    assert respond(database, site, found(site), NOON)


def test_an_exempted_site_raises_no_alert_and_every_silence_is_counted(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    site = judged_site(database)
    exemption = in_force(database, domain="a.cn")

    assert not respond(database, site, found(site), LATER)
    assert not respond(database, site, found(site), LATER)

    with database.reading() as db:
        assert exemption_of(db, exemption.id).silenced == 2  # type: ignore[union-attr]
        acts = [one.act.action for one in acts_on(db, f"exception:{exemption.id}")]
    assert acts == ["exception.approve", "exception.propose"]


def test_an_exemption_of_a_subject_covers_all_its_sites_and_nobody_elses(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    mine, other = judged_site(database), judged_site(database, "b.cn", "乙公司")
    further = judged_site(database, "c.cn", NAME)
    in_force(database, subject=NAME)

    assert not respond(database, mine, found(mine), LATER)
    assert not respond(database, further, found(further), LATER)
    assert respond(database, other, found(other), LATER)


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        (lambda site: (site, found(site, Level.RED)), "级别高于提出例外时"),
        (lambda site: (site, found(site, Level.YELLOW, "mlm_fund_pool")), "没有的类别"),
        (lambda site: (replace(site, unit_name="接手的公司"), found(site)), "主办单位已变更"),
    ],
)
def test_it_ends_when_the_site_gets_worse_or_changes_hands(
    tmp_path: Path, changes: Callable[[Site], tuple[Site, Assessment]], because: str
) -> None:
    database = a_database(tmp_path)
    exemption = in_force(database, domain=judged_site(database).domain)
    with database.reading() as db:
        site = site_of_domain(db, "a.cn")
    assert site is not None

    assert respond(database, *changes(site), LATER)

    with database.reading() as db:
        ended = exemption_of(db, exemption.id)
        assert acts_on(db, f"exception:{exemption.id}")[0].act.actor == "system"
    assert ended is not None
    assert because in ended.ended_because


def test_an_excepted_term_silences_no_alert(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    site = judged_site(database)
    exemption = in_force(database, domain="a.cn", term="保本保息")

    assert respond(database, site, found(site), LATER)

    with database.reading() as db:
        assert exemption_of(db, exemption.id).silenced == 0  # type: ignore[union-attr]


def test_what_one_exemption_no_longer_covers_another_may(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    site = judged_site(database)
    outgrown = in_force(database, domain="a.cn")
    with database.transaction() as db:
        save_assessment(db, found(site, Level.RED), site.id, site.region)
    first, second = in_force(database, subject=NAME), in_force(database, domain="a.cn")

    assert not respond(database, site, found(site, Level.RED), LATER)

    with database.reading() as db:
        known = [exemption_of(db, one.id) for one in (outgrown, first, second)]
        ends = [one.act for one in acts_on(db, f"exception:{outgrown.id}")][:1]
    assert [bool(one.ended_at) for one in known if one] == [True, False, False]
    assert sum(one.silenced for one in known if one) == 1  # one finding, one silence
    assert [(act.actor, act.action) for act in ends] == [("system", "exception.end")]
    assert "级别高于提出例外时" in ends[0].after


def test_it_runs_out_by_itself(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    site = judged_site(database)
    exemption = in_force(database, domain="a.cn", days=10)

    assert respond(database, site, found(site), LATER)

    assert state_of(exemption, LATER) is ExemptionState.ENDED
    with database.reading() as db:
        assert list_exemptions(db, LATER, states=(ExemptionState.IN_FORCE,)) == []
        assert [one.id for one in list_exemptions(db, LATER)] == [exemption.id]


def test_an_excepted_term_is_handed_to_judging_until_the_site_changes_hands(
    tmp_path: Path,
) -> None:
    database = a_database(tmp_path)
    site = judged_site(database)
    in_force(database, domain="a.cn", term="保本保息")

    with database.transaction() as db:
        assert excepted_terms(db, [site.id], LATER) == {site.id: ["保本保息"]}
        assert excepted_terms(db, [site.id], NOON + timedelta(days=91)) == {}
        db.execute(update(sites).values(unit_name="接手的公司"))
        assert excepted_terms(db, [site.id], LATER) == {}


def test_approving_and_ending_make_the_site_due(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    judged_site(database)
    exemption = in_force(database, domain="a.cn")
    with database.reading() as db:
        assert site_of_domain(db, "a.cn").due_at == NOON  # type: ignore[union-attr]

    end_exemption(database, exemption.id, "zhao", LATER, "产品已下架")

    with database.reading() as db:
        assert site_of_domain(db, "a.cn").due_at == LATER  # type: ignore[union-attr]
    with pytest.raises(NotAllowed, match="已经终止"):
        end_exemption(database, exemption.id, "zhao", LATER, "再一次")
    with pytest.raises(NotAllowed, match="待批准"):
        approve_exemption(database, exemption.id, "zhao", LATER)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"domain": "a.cn", "reason": "  "}, "理由"),
        ({"domain": "a.cn", "reason": "长" * 1_001}, "1000"),
        ({"domain": "a.cn", "days": 0}, "365"),
        ({"domain": "a.cn", "days": -7}, "365"),
        ({"domain": "a.cn", "days": 10**12}, "365"),
        ({"domain": "nowhere.cn"}, "没有网站"),
        ({"subject": "没有这家公司"}, "没有主办单位"),
        ({"domain": "a.cn", "term": "跑分"}, "没有命中"),
        ({"domain": "a.cn", "subject": NAME}, "一个网站，或一个主体"),
        ({}, "一个网站，或一个主体"),
        ({"subject": NAME, "term": "保本保息"}, "哪个网站"),
    ],
)
def test_a_proposal_that_lacks_something_is_refused(
    tmp_path: Path, given: dict[str, object], says: str
) -> None:
    database = a_database(tmp_path)
    judged_site(database)

    with pytest.raises(BadInput, match=says):
        in_force(database, **given)

    with database.reading() as db:
        assert list_exemptions(db, NOON) == []


def test_another_districts_site_and_exemption_are_nobodys_business(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    judged_site(database)
    made = in_force(database, domain="a.cn")
    wish = Wish(domain="a.cn", reason="x", days=9)

    with pytest.raises(BadInput, match="没有网站"):
        propose(database, wish, "wang", NOON, reach="310104")
    with pytest.raises(BadInput, match="没有编号"):
        end_exemption(database, made.id, "wang", NOON, "x", reach="310104")
