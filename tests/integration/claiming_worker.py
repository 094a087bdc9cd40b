"""One machine of several: claims visits until none is left, prints each; `stall` only holds."""

import sys
import time
from datetime import UTC, datetime, timedelta

from crawler.domain.site import VisitState
from crawler.store.database import open_database
from crawler.store.visits import advance, claim_visits

LEASE = timedelta(seconds=4)


def main(url: str, owner: str, sweep: int, *, stall: bool) -> None:
    database = open_database(url)
    empty = 0
    while empty < 40:
        with database.transaction() as db:
            mine = claim_visits(
                db, sweep, VisitState.WAITING, owner=owner, now=datetime.now(UTC), lease=LEASE,
                limit=7,
            )  # fmt: skip
        if stall and mine:
            print("stalled", *(one.id for one in mine), flush=True)
            time.sleep(60)
        for one in mine:
            print("done", one.id, flush=True)
        if mine:
            with database.transaction() as db:
                for one in mine:
                    advance(db, one.id, VisitState.CLOSED, now=datetime.now(UTC))
        else:
            empty += 1
            time.sleep(0.2)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), stall=len(sys.argv) > 4)
