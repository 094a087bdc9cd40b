"""Messages that are fetched keep each subject's order, whatever their moments and ids say."""

import random
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from crawler.domain.ids import ulid
from crawler.store.outbox import put
from crawler.store.platform_tables import pulls
from crawler.store.pulls import pull
from tests.builders import NOON
from tests.integration.answering_house import a_delivery
from tests.stores import a_database


def test_what_was_written_first_comes_first_and_keeps_its_place(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    with database.transaction() as db:
        for number in (3, 1, 4, 2):  # the moment goes against the ids, the rows against both
            at = NOON - timedelta(seconds=number)
            put(db, [a_delivery(number, created_at=at)])
        first = pull(db, "platform", 0, 2, NOON)
        put(db, [a_delivery(9, created_at=NOON - timedelta(days=1))])
        all_of_it = pull(db, "platform", 0, 9, NOON)

    assert [one.id for _, one in first] == [a_delivery(4).id, a_delivery(3).id]
    assert [(place, one.id) for place, one in all_of_it] == [
        (place, a_delivery(number).id) for place, number in enumerate((4, 3, 9, 2, 1), start=1)
    ]


def test_places_are_read_in_their_order_however_the_rows_lie(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    with database.transaction() as db:
        put(db, [a_delivery(number) for number in range(1, 4)])
        for place, number in ((3, 1), (1, 2), (2, 3)):
            row = {"endpoint": "platform", "position": place, "delivery_id": a_delivery(number).id}
            db.execute(insert(pulls).values(row))
        fetched = pull(db, "platform", 0, 2, NOON)

    assert [(place, one.id) for place, one in fetched] == [
        (1, a_delivery(2).id), (2, a_delivery(3).id)
    ]  # fmt: skip


def test_two_of_one_moment_or_of_two_clocks_come_in_their_order(tmp_path: Path) -> None:
    database, chance = a_database(tmp_path), random.Random(3)
    late = {3: timedelta(seconds=-40)}  # written by a machine whose clock is behind
    given = [
        a_delivery(
            100 * task + seq, subject=f"task:{task}", seq=seq, id=ulid(9, chance.randbytes(10)),
            created_at=NOON + late.get(seq, timedelta()),
        )
        for seq in range(1, 6)
        for task in range(8)
    ]  # fmt: skip
    with database.transaction() as db:
        put(db, given)
        fetched = pull(db, "platform", 0, 100, NOON)

    assert [place for place, _ in fetched] == list(range(1, 41))
    for task in range(8):
        mine = [one.seq for _, one in fetched if one.subject == f"task:{task}"]
        assert mine == [1, 2, 3, 4, 5]
