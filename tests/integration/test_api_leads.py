"""举报线索 by program: taken once, refused in one line, and nothing of who told comes back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from crawler.domain.client import Scope
from crawler.store.leads import lead_of
from tests.integration.api_house import ApiHouse, an_api


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiHouse]:
    with an_api(tmp_path_factory.mktemp("leads") / "home") as served:
        yield served


def given(**more: Any) -> bytes:
    return json.dumps({"url": "http://lead.example.cn/", "channel": "12345", **more}).encode()


def test_a_lead_comes_in_once_and_its_answer_goes_back(api: ApiHouse) -> None:
    program = api.program(Scope.LEADS_WRITE, Scope.LEADS_READ)

    first = program.post("/leads", given(reference="G-7", reporter="王大妈", words="要返息"))
    again = program.post("/leads", given(reference="G-7"))
    stands = program.get(f"/leads/{first.json['id']}")

    with api.house.database.reading() as db:
        kept = lead_of(db, first.json["id"])
    assert first.status == 200
    assert not first.json["repeated"]
    assert again.json["repeated"]
    assert again.json["id"] == first.json["id"]
    assert stands.json["told"] == "已收到，等待采集"
    assert kept is not None
    assert kept.reporter == "王大妈"
    for answer in (first, again, stands):
        assert "王大妈" not in answer.body.decode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b"{", 422),
        (given(url="http://127.0.0.1/"), 400),
        (given(url="javascript:alert(1)"), 400),
        (given(url=""), 422),
        (given(channel="  "), 422),
        (given(words="x" * 2_001), 422),
        (given(surprise=1), 422),
        (given(told_at="yesterday"), 422),
        (given(told_at="2999-01-01T00:00:00"), 400),
        (b"x" * 70_000, 413),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    api: ApiHouse, body: bytes, status: int
) -> None:
    answer = api.program(Scope.LEADS_WRITE).post("/leads", body)

    assert answer.status == status
    assert answer.json["detail"]
    assert "\n" not in answer.json["detail"]


def test_another_scope_and_another_region_see_nothing(api: ApiHouse) -> None:
    taken = api.program(Scope.LEADS_WRITE).post("/leads", given(reference="G-8")).json["id"]

    assert api.program(Scope.LEADS_READ).post("/leads", given()).status == 403
    assert api.program(Scope.LEADS_READ, region="320100").get(f"/leads/{taken}").status == 404
    assert api.program(Scope.LEADS_READ).get("/leads/999999").status == 404
