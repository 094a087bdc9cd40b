"""Whatever is done to the chain or to what it binds, its check names the place and the reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Delete, Update, delete, select, update

from crawler.service.wiring import House
from crawler.store.chain import verify_chain
from crawler.store.tables import captures, links
from tests.integration.packing_house import a_house, seed_case

CHAIN = "test:chain"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Three captures, three links."""
    made = a_house(tmp_path / "home")
    seed_case(made, "a.example.cn", pictures=2)
    yield made
    made.database.close()


def found(house: House) -> list[tuple[int, str]]:
    with house.database.reading() as db:
        return [(one.seq, one.reason) for one in verify_chain(db, CHAIN)]


def test_a_whole_chain_has_no_break(house: House) -> None:
    assert found(house) == []


@pytest.mark.parametrize(
    ("deed", "places"),
    [
        pytest.param(
            delete(links).where(links.c.seq == 2), [(3, "证据链缺第 2 环")], id="taken out"
        ),
        pytest.param(
            delete(links).where(links.c.seq == 1), [(2, "证据链缺第 1 环")], id="begun later"
        ),
        pytest.param(
            update(links).where(links.c.seq == 3).values(link="f" * 64),
            [(3, "证据链此环与前环不衔接")],
            id="another link",
        ),
        pytest.param(
            update(links).where(links.c.seq == 2).values(link="f" * 64),
            [(2, "证据链此环与前环不衔接"), (3, "证据链此环与前环不衔接")],
            id="another link in between",
        ),
        pytest.param(
            update(captures)
            .where(captures.c.id == links.c.capture_id, links.c.seq == 2)
            .values(manifest=captures.c.manifest + " "),
            [(2, "采集清单被改动")],
            id="another manifest",
        ),
        pytest.param(
            update(links).where(links.c.seq == 2).values(digest="f" * 64),
            [(2, "证据链此环与前环不衔接"), (2, "采集清单被改动")],
            id="another digest",
        ),
        pytest.param(
            update(captures)
            .where(captures.c.id == links.c.capture_id, links.c.seq == 2)
            .values(outcome="timed_out", title="x"),
            [(2, "采集记录与清单不符（outcome、title）")],
            id="another outcome",
        ),
        pytest.param(
            update(captures)
            .where(captures.c.id == links.c.capture_id, links.c.seq == 3)
            .values(manifest_sha256="f" * 64),
            [(3, "采集记录与清单不符（manifest_sha256）")],
            id="another digest of the manifest",
        ),
        pytest.param(
            delete(captures).where(
                captures.c.id.in_(select(links.c.capture_id).where(links.c.seq == 1))
            ),
            [(1, "采集记录缺失")],
            id="no capture",
        ),
    ],
)
def test_a_deed_is_named_where_it_was_done(
    house: House, deed: Delete | Update, places: list[tuple[int, str]]
) -> None:
    with house.database.transaction() as db:
        db.execute(deed)

    assert found(house) == places
