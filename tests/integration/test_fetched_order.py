"""Messages that are fetched keep each subject's order, whatever their moments and ids say."""

import random
from datetime import timedelta
from pathlib import Path

from crawler.domain.ids import ulid
from crawler.store.outbox import put
from crawler.store.pulls import pull
from tests.builders import NOON
from tests.integration.answering_house import a_database, a_delivery


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
