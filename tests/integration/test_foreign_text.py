"""Text from outside that a database server does not hold."""

import json
from pathlib import Path

from sqlalchemy import insert, select

from crawler.store.database import _json_without_nul
from crawler.store.tables import sites
from tests.builders import NOON
from tests.stores import a_database


def test_a_nul_in_a_name_or_a_question_stops_nothing(tmp_path: Path) -> None:
    database = a_database(tmp_path)
    row = {
        "domain": "a.example.cn", "domain_shown": "a.example.cn", "region": "310118",
        "unit_name": "某\0公司", "subject_kind": "enterprise", "site_name": "", "main_licence": "",
        "service_licence": "", "state": "watched", "created_at": NOON, "actor": "test",
    }  # fmt: skip

    with database.transaction() as db:
        db.execute(insert(sites).values(row))
        asked = db.execute(select(sites.c.id).where(sites.c.domain == "b\0")).all()
        kept = db.scalar(select(sites.c.unit_name))

    assert asked == []
    assert kept in ("某\0公司", "某\ufffd公司")


def test_a_nul_inside_json_is_gone_and_what_looks_like_one_stays() -> None:
    assert json.loads(_json_without_nul(["a\0\0b", "\\u0000"])) == ["a\ufffd\ufffdb", "\\u0000"]
