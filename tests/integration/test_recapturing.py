"""The served house carries out what people asked for: real children, and a site that is gone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from crawler.domain.recapture import Compared, Recapture, RecaptureState
from crawler.domain.site import Sweep
from crawler.service.catalogue import catalogue
from crawler.service.recapturing import NOT_WATCHED, SIDE, Recapturing, compared
from crawler.service.wiring import House
from crawler.store.cards import Seen
from crawler.store.chain import heads, verify_chain
from crawler.store.recapture_tables import recaptures
from crawler.store.recaptures import ask_recapture, recapture_by_id
from crawler.store.sites import site_of_domain
from crawler.store.tables import sites, visits
from tests.builders import NOON
from tests.integration.packing_house import a_house, seed_case
from tests.integration.test_looking_again import GONE


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("recapturing") / "home", f"{GONE}patient = false\n")
    yield made
    made.database.close()


def now() -> datetime:
    return datetime.now(UTC)


def asked(house: House, domain: str, alert: int = 0) -> Recapture:
    with house.database.transaction() as db:
        site = site_of_domain(db, domain)
        assert site is not None
        return ask_recapture(db, site, alert, "zhang", now())


def again(house: House, wish: Recapture) -> Recapture:
    with house.database.reading() as db:
        found = recapture_by_id(db, wish.id)
    assert found is not None
    return found


def test_a_wish_survives_the_end_of_the_house_and_touches_no_sweep(house: House) -> None:
    seeded = seed_case(house, "gone.example.cn")
    with house.database.transaction() as db:  # a sweep of this parent has another visit in hand
        held = db.scalar(select(visits.c.id).where(visits.c.state == "closed").limit(1))
        db.execute(update(visits).where(visits.c.id == held).values(lease_owner=house.owner))
    told: list[Sweep] = []
    wish = asked(house, "gone.example.cn", seeded.alert_id)

    ends = iter([False])  # over as soon as the look has begun

    Recapturing(house, catalogue("zh"), now, lambda: next(ends, True)).look()
    left = again(house, wish)
    Recapturing(house, catalogue("zh"), now, lambda: False, after=told.append).look()

    assert left.state is RecaptureState.WAITING
    ended = again(house, wish)
    assert (ended.state, ended.outcome, ended.compared) == (
        RecaptureState.DONE, "connection_refused", Compared.UNSEEN,
    )  # fmt: skip
    assert ended.sweep_id == left.sweep_id
    assert [one.selection for one in told] == [f"alert:{seeded.alert_id}"]
    with house.database.reading() as db:
        owner = db.scalar(select(visits.c.lease_owner).where(visits.c.id == held))
        chains = heads(db)
        faults = [fault for name in chains for fault in verify_chain(db, name)]
    assert owner == house.owner
    assert f"{house.owner}+{SIDE}" in chains
    assert faults == []


def test_a_site_that_left_the_list_meanwhile_is_said(house: House) -> None:
    seed_case(house, "left.example.cn")
    wish = asked(house, "left.example.cn")
    with house.database.transaction() as db:
        db.execute(update(sites).where(sites.c.domain == "left.example.cn").values(state="retired"))

    Recapturing(house, catalogue("zh"), now, lambda: False).look()

    ended = again(house, wish)
    assert (ended.state, ended.reason) == (RecaptureState.FAILED, NOT_WATCHED)
    assert ended.ended_at is not None


def test_what_a_machine_left_that_never_came_back_is_looked_at_here(house: House) -> None:
    seed_case(house, "lost.example.cn")
    wish = asked(house, "lost.example.cn")
    for minutes, state in ((5, RecaptureState.RUNNING), (-5, RecaptureState.FAILED)):
        with house.database.transaction() as db:
            until = now() + timedelta(minutes=minutes)
            db.execute(update(recaptures).where(recaptures.c.id == wish.id).values(
                state="running", runner="elsewhere:/x", lease_until=until))  # fmt: skip
            db.execute(update(sites).where(sites.c.id == wish.site_id).values(state="paused"))
        Recapturing(house, catalogue("zh"), now, lambda: False).look()
        assert again(house, wish).state is state


def test_who_comes_back_after_its_lease_writes_nothing_of_it(house: House) -> None:
    seed_case(house, "late.example.cn")
    wish = asked(house, "late.example.cn")

    def asleep() -> bool:  # asked first when its look is under way
        with house.database.transaction() as db:
            mine = recaptures.c.id == wish.id
            db.execute(update(recaptures).where(mine).values(runner="elsewhere:/x"))
        return True

    begins = iter([False])
    with capture_logs() as said:
        Recapturing(
            house, catalogue("zh"), now, lambda: next(begins, None) is None and asleep()
        ).look()

    assert again(house, wish).state is RecaptureState.RUNNING
    assert [one["event"] for one in said if one["log_level"] == "warning"] == [
        "lease over, another machine has it"
    ]


def seen(visit: int, digest: str, fetcher: str = "http") -> Seen:
    return Seen(
        id=f"c{visit}", visit_id=visit, fetcher=fetcher, profile="desktop", outcome="seen",
        title="", text_digest=digest, ended_at=NOON, level="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("history", "is_"),
    [
        ([seen(2, "a"), seen(1, "a")], Compared.SAME),
        ([seen(2, "b"), seen(1, "a")], Compared.CHANGED),
        ([seen(2, "b", "browser"), seen(2, "a"), seen(1, "a")], Compared.SAME),
        ([seen(2, "b", "browser"), seen(1, "a")], Compared.FIRST),
        ([seen(3, "a"), seen(2, ""), seen(1, "a")], Compared.SAME),
        ([seen(3, ""), seen(1, "a")], Compared.UNSEEN),
        ([], Compared.UNSEEN),
    ],
)
def test_alike_looks_are_compared(history: list[Seen], is_: Compared) -> None:
    newest = history[0].visit_id if history else 1

    assert compared(history, newest) is is_
