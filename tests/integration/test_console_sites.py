"""网站 and 相册: what a sweep saw is shown within reach, and nothing of it is markup."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from crawler.domain.capture import Field
from crawler.domain.discrepancy import Discrepancy, DiscrepancyKind
from crawler.domain.family import Mark, MarkKind
from crawler.domain.user import Role
from crawler.store import albums
from crawler.store.discrepancies import save_each_discrepancies
from crawler.store.families import save_marks
from crawler.store.picture_texts import PictureWords, save_picture_words
from crawler.store.sites import save_seen
from crawler.store.tables import sites
from crawler.store.visits import visits_by_id
from tests.builders import NOON
from tests.integration.console_house import Served, Visitor, console
from tests.integration.console_seeds import seed_alert

QQ = Mark(kind=MarkKind.QQ, value="80001234")
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with console(tmp_path_factory.mktemp("sites")) as served:
        row = {
            "domain": "p.example.cn", "domain_shown": "p.example.cn", "region": "310118",
            "unit_name": "王小明", "subject_kind": "person", "site_name": "", "main_licence": "",
            "service_licence": "", "state": "watched", "created_at": NOON, "actor": "test",
        }  # fmt: skip
        near = seed_alert(served.house, "near.example.cn", region="310118")
        far = seed_alert(served.house, "far.example.cn", region="320500", unit="苏州远方有限公司")
        with served.house.database.transaction() as db:
            db.execute(insert(sites).values(row))
            visits = {one.site.id: one for one in visits_by_id(db, [1, 2])}
            found = Discrepancy(
                kind=DiscrepancyKind.CLOAK,
                text=f"用手机看到{EVIL}",
                captures=(near.capture_id,),
            )
            save_each_discrepancies(db, [(visits[near.site_id], [found])], NOON)
            for site_id in (near.site_id, far.site_id):
                save_marks(db, visits[site_id].site, (QQ,), NOON)
            words = PictureWords(
                capture_id=near.capture_id,
                visit_id=visits[near.site_id].id,
                region="310118",
                field=Field(name="ocr", text=f"保本保息{EVIL}"),
                qr_codes=("javascript:alert(1)",),
            )
            save_picture_words(db, [words], NOON)
            save_seen(db, [{"id": near.site_id, "last_seen_at": NOON}])
        yield served


@pytest.fixture(scope="module")
def officer(house: Served) -> Visitor:
    return house.person("officer", Role.OFFICER)


def test_the_list_holds_what_is_within_reach(officer: Visitor) -> None:
    page = officer.get("/sites").text

    assert "near.example.cn" in page
    assert "far.example.cn" not in page
    assert "因访问者而异" in page


def test_nobody_is_led_to_an_alert_that_they_may_not_read(officer: Visitor, house: Served) -> None:
    link = 'href="/alerts/'

    assert link in officer.get("/sites").text
    assert link not in house.person("runner", Role.OPS).get("/sites").text


def test_a_person_who_filed_is_masked(officer: Visitor) -> None:
    pages = officer.get("/sites").text + officer.get("/sites/p.example.cn").text

    assert "王小明" not in pages
    assert "王**" in pages


def test_one_site_shows_findings_words_and_codes_as_text_only(officer: Visitor) -> None:
    page = officer.get("/sites/near.example.cn").text

    assert "用手机看到&lt;img" in page
    assert "保本保息&lt;img" in page
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page
    assert EVIL not in page


def test_a_relative_of_another_district_stays_unseen(officer: Visitor, house: Served) -> None:
    city = house.person("city", Role.OFFICER, region="300000")

    assert "far.example.cn" not in officer.get("/sites/near.example.cn").text
    assert officer.get("/sites/far.example.cn").status == 404
    assert city.get("/sites/near.example.cn").status == 404


def test_filters_narrow_and_nonsense_is_refused(officer: Visitor) -> None:
    assert "near.example.cn" in officer.get("/sites?finding=cloak").text
    assert "near.example.cn" not in officer.get("/sites?finding=number_missing").text
    assert "p.example.cn" in officer.get("/sites?outcome=waiting").text
    assert "p.example.cn" not in officer.get("/sites?q=near").text
    for nonsense in ("finding=x", "outcome=x", "level=x", "page=0", "page=-1", "family=a"):
        assert officer.get(f"/sites?{nonsense}").status == 400


@pytest.mark.parametrize("name", ["nobody.cn", "a" * 300, "%3Cscript%3E", "..%2F..%2Fetc"])
def test_a_site_that_is_none_is_missing(officer: Visitor, name: str) -> None:
    assert officer.get(f"/sites/{name}").status == 404


def test_the_album_shows_first_screens_within_reach(officer: Visitor) -> None:
    page = officer.get("/album").text

    assert "near.example.cn" in page
    assert "/screen/thumb" in page
    assert "far.example.cn" not in page
    assert "near.example.cn" not in officer.get("/album?level=blue").text
    assert officer.get("/album?sweep=x").status == 400


def test_the_album_says_that_more_sites_have_the_words_than_it_looks_at(
    officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_them = officer.get("/album?q=example").text
    monkeypatch.setattr(albums, "MOST_NAMED", 1)  # near.example.cn comes before p.example.cn

    page = officer.get("/album?q=example").text

    assert "只看了其中" not in all_of_them
    assert "只看了其中 10,000 个" in page
    assert "near.example.cn" in page
    assert "只看了其中" not in officer.get("/album").text


def test_ops_see_coverage_and_no_pictures(house: Served) -> None:
    ops = house.person("ops", Role.OPS)

    assert ops.get("/sites").status == 200
    page = ops.get("/sites/near.example.cn").text
    assert "/evidence/" not in page
    assert "保本保息&lt;img" not in page
    assert ops.get("/album").status == 403
