"""What sites said in their robots.txt is kept by site and origin, and goes with its time."""

from datetime import timedelta
from pathlib import Path

from crawler.domain.robots import RobotsRule, RobotsWord
from crawler.domain.site import VisitState
from crawler.service.ordering import orders_for
from crawler.store.robots import forget_robots, robots_of, save_robots
from tests.builders import NOON
from tests.integration.test_families import visits as filed_visits
from tests.stores import a_database

WEEK = timedelta(days=7)
ODD = "/a\x00\u5b57"


def a_word(origin: str, *, until: timedelta = WEEK, path: str = "/") -> RobotsWord:
    rules = (RobotsRule(path, allows=False), RobotsRule("/ok", allows=True))
    return RobotsWord(origin=origin, status=200, until=NOON + until, rules=rules)


def test_a_later_word_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    with a_database(tmp_path).transaction() as db:
        (site,) = (one.site for one in filed_visits(db, 1))
        save_robots(db, [(site.id, a_word("http://a.cn")), (site.id, a_word("https://a.cn"))])
        save_robots(db, [(site.id, a_word("http://a.cn", path=ODD))])

        found = {word.origin: word for word in robots_of(db, [site.id])[site.id]}

    assert found == {
        "http://a.cn": a_word("http://a.cn", path=ODD),
        "https://a.cn": a_word("https://a.cn"),
    }


def test_words_go_with_their_time_and_not_before(tmp_path: Path) -> None:
    with a_database(tmp_path).transaction() as db:
        (site,) = (one.site for one in filed_visits(db, 1))
        save_robots(db, [(site.id, a_word("http://a.cn", until=timedelta(0)))])
        save_robots(db, [(site.id, a_word("http://b.cn", until=timedelta(seconds=1)))])

        gone = forget_robots(db, NOON)

        assert gone == 1
        assert [word.origin for word in robots_of(db, [site.id])[site.id]] == ["http://b.cn"]


def test_whoever_goes_there_is_told_and_whoever_only_reads_is_not(tmp_path: Path) -> None:
    with a_database(tmp_path).transaction() as db:
        (visit,) = filed_visits(db, 1)
        save_robots(db, [(visit.site.id, a_word("http://a.cn"))])

        told = {state: bool(orders_for(db, state, [visit])[0].visit.robots) for state in VisitState}

    out = {VisitState.WAITING, VisitState.PATIENT, VisitState.COMPARING, VisitState.RENDERING}
    assert {state for state, is_told in told.items() if is_told} == out
