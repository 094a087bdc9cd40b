"""`xunwang sites` tells an officer at a terminal what the page 网站 tells at the console."""

import json
from pathlib import Path

import pytest

from crawler.domain.assessment import Level
from crawler.domain.capture import Evidence, EvidenceKind, Fetcher, Outcome, PageKind
from crawler.service.pipes import Report
from crawler.service.recording import Recorder
from crawler.service.turns import Turns
from crawler.service.wiring import open_house
from crawler.store.evidence import SegmentWriter
from crawler.store.visits import every_site, start_sweep, visits_by_id
from tests.builders import NOON, a_capture, an_assessment
from tests.integration.test_families import visits as filed_visits
from tests.serving_house import told

PICTURE = Evidence(kind=EvidenceKind.PICTURE, segment="s", offset=0, length=1, sha256="0" * 64)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three sites: parked and unpictured, pictured, and one that failed twice."""
    house = open_house(tmp_path)
    with house.database.transaction() as db:
        filed_visits(db, 3)
        start_sweep(db, "all", every_site(), now=NOON, actor="ops", region="", render=False)
    writer = SegmentWriter(house.evidence, "t", NOON)
    recorder = Recorder(
        database=house.database, writer=writer, chain="t", answer=lambda *_: None,
        level_of=lambda _: Level.YELLOW, turns=Turns(renders=False, patient=False),
    )  # fmt: skip
    pictured = {"fetcher": Fetcher.BROWSER, "evidence": (PICTURE,)}
    for number, given in enumerate(
        (
            {"page_kind": PageKind.PARKED}, pictured, {"outcome": Outcome.TIMED_OUT},
            {"page_kind": PageKind.PARKED}, pictured, {"outcome": Outcome.TIMED_OUT},
        ),
        1,
    ):  # fmt: skip
        with house.database.reading() as db:
            (visit,) = visits_by_id(db, [number], NOON)
        site = visit.site.id
        capture = a_capture(id=f"C{number}", visit_id=number, site_id=site, **given)
        judged = an_assessment(visit_id=number, level=Level.NONE, text_digest="d")
        report = Report(visit_id=number, captures=(capture,), assessment=judged)
        recorder.record([(visit, report)], NOON)
    writer.close()
    house.database.close()
    return tmp_path


def test_it_lists_kinds_and_failures_in_a_row(home: Path) -> None:
    lines = [json.loads(line) for line in told(home, "sites", "--jsonl").out.splitlines()]
    shown = "".join(told(home, "sites").out.split())

    assert [one["page_kind"] for one in lines] == ["parked", "ordinary", "ordinary"]
    assert [one["failures_in_a_row"] for one in lines] == [0, 0, 2]
    assert "域名停放" in told(home, "sites", "show", "s0.example.cn").out
    assert "连续 2 次没有采集到" in told(home, "sites", "show", "s2.example.cn").out
    assert "·" in shown


def test_it_lists_the_sites_that_lack_a_picture(home: Path) -> None:
    lines = told(home, "sites", "--unpictured", "--jsonl").out.splitlines()

    assert [json.loads(line)["domain"] for line in lines] == ["s0.example.cn"]
    assert "还没有截图" in told(home, "sites", "show", "s0.example.cn").out
    assert "还没有截图" not in told(home, "sites", "show", "s1.example.cn").out
