"""What can be opened is judged; what cannot is never called clean."""

import hashlib
from pathlib import Path

import pytest

from alerts.alerting import ChangeKind, alert_for
from crawler.domain.assessment import Level
from crawler.domain.capture import Capture, Evidence, EvidenceKind, Fetcher, Outcome
from crawler.domain.recheck import RecheckResult, result_of
from crawler.service.pipes import Order, Report
from crawler.service.reader import report_of
from crawler.store.evidence import SegmentWriter
from lexicons.judging import Judge
from tests.builders import NOON, a_capture, a_text, a_visit, an_alert, an_exchange


def kept(folder: Path, body: str) -> Capture:
    """A page seen and kept as a fetcher does it."""
    writer = SegmentWriter(folder, "w", NOON)
    evidence = writer.keep_exchange(an_exchange(response_body=body.encode()))
    writer.close()
    return a_capture(evidence=evidence, text_digest=hashlib.sha256(body.encode()).hexdigest())


def read(folder: Path, capture: Capture, judge: Judge) -> Report:
    return report_of(Order(visit=a_visit(captures=(capture,))), folder, judge, NOON)


@pytest.mark.parametrize("broken", ["missing", "flipped", "short"])
def test_evidence_that_does_not_open_is_not_clean_and_ends_no_alert(
    tmp_path: Path, judge: Judge, broken: str
) -> None:
    capture = kept(tmp_path, "<p>保本保息，年化收益12%，火热认购中</p>")
    (file,) = tmp_path.glob("*.warc.gz")
    content = bytearray(file.read_bytes())
    content[capture.evidence[0].offset + 20] ^= 1
    if broken == "missing":
        file.unlink()
    else:
        file.write_bytes(content if broken == "flipped" else content[:300])

    assessment = read(tmp_path, capture, judge).assessment

    assert assessment is not None
    assert (assessment.level, assessment.text_digest) == (Level.BLUE, "")
    assert "未能研判" in assessment.sentence
    visit = a_visit(captures=(capture,))
    assert alert_for(visit, assessment, an_alert(), None, NOON).kind is ChangeKind.NONE
    assert result_of(visit, assessment) is RecheckResult.UNSEEN


def test_what_opens_is_judged(tmp_path: Path, judge: Judge) -> None:
    said = read(tmp_path, kept(tmp_path, "<p>保本保息，年化收益12%，火热认购中</p>"), judge)

    assert said.assessment is not None
    assert said.assessment.level is not Level.NONE


def test_a_page_that_was_empty_is_no_broken_evidence(tmp_path: Path, judge: Judge) -> None:
    assessment = read(tmp_path, kept(tmp_path, ""), judge).assessment

    assert assessment is not None
    assert assessment.level is Level.NONE


def test_a_kept_text_is_judged_although_the_bytes_are_gone(tmp_path: Path, judge: Judge) -> None:
    text = a_text("保本保息，年化收益12%，火热认购中")
    gone = Evidence(kind=EvidenceKind.RESPONSE, segment="x", offset=0, length=1, sha256="0" * 64)
    capture = a_capture(evidence=(gone,), text_digest=text.digest, outcome=Outcome.SEEN)
    order = Order(visit=a_visit(captures=(capture,)), texts=(text,))

    assessment = report_of(order, tmp_path, judge, NOON).assessment

    assert assessment is not None
    assert assessment.text_digest == text.digest


@pytest.mark.fault("B05")
def test_a_shell_that_no_browser_could_open_is_not_clean(tmp_path: Path, judge: Judge) -> None:
    shell = kept(tmp_path, "<div id=app>加载中</div><script src=a.js></script>")
    failed = a_capture(id="C2", fetcher=Fetcher.BROWSER, outcome=Outcome.BROWSER_FAILED)
    drawn = a_capture(id="C2", fetcher=Fetcher.BROWSER, outcome=Outcome.EMPTY)

    def told(*captures: Capture, why: str = "script_shell") -> Level:
        visit = a_visit(captures=captures, render_reason=why)
        assessment = report_of(Order(visit=visit), tmp_path, judge, NOON).assessment
        assert assessment is not None
        return assessment.level

    assert told(shell, failed) is Level.BLUE
    assert told(shell, failed, why="album") is Level.NONE  # its plain answer said enough
    assert told(shell, drawn) is Level.NONE
    assert told(shell) is Level.NONE  # there is no browser: the sweep says so of all
