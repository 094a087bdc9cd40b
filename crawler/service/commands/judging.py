"""`judge`: judge texts or pages without crawling, one JSON object a line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import typer

from crawler.domain.assessment import Assessment, rates_of
from crawler.domain.capture import Capture, Fetcher, Field, Outcome, PageText
from crawler.domain.errors import BadInput, reason_of
from crawler.domain.site import Site, Visit
from crawler.service.doors import Door, now
from crawler.service.pipeline import Page, examine
from lexicons.judging import Judge

LONGEST_LINE = 64 * 1024 * 1024


class Question(msgspec.Struct, frozen=True):
    """One line in: text or html, and who it is."""

    id: str | int
    text: str | None = None
    html: str | None = None
    url: str = ""
    unit_name: str = ""
    site_name: str = ""


def judge(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="“-”表示标准输入")],
) -> None:
    """研判文本或网页，不采集。例：echo '{"id":1,"text":"保本保息 年化15%"}' | xunwang judge -"""
    door: Door = context.obj
    unread = 0
    with door.opened() as (house, _), _opened(path) as file:
        judge = Judge(house.lexicon, house.cache)
        for number, line in enumerate(_lines(file), 1):
            if not line.strip():
                continue
            try:
                answer = answer_to(_question(line, number), judge, now())
            except BadInput as error:
                unread += 1
                answer = {"line": number, "error": str(error)}
            sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    if unread:
        raise BadInput(f"{unread} 行未能研判，原因见输出中的 error")


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below; only opening may fail so
    except OSError as error:
        raise BadInput(f"{path} 无法读取：{reason_of(error)}") from error
    with file:
        yield file


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Line by line; of one without end only its beginning."""
    while line := file.readline(LONGEST_LINE):
        yield line
        while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)


def _question(line: bytes, number: int) -> Question:
    if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
        raise BadInput(f"第 {number} 行超过 {LONGEST_LINE >> 20} MiB")
    try:
        question = msgspec.json.decode(line, type=Question)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"第 {number} 行不是所需的 JSON：{error}") from error
    if (question.text is None) == (question.html is None):
        raise BadInput(f"第 {number} 行须有 text 或 html 之一")
    return question


def answer_to(question: Question, judge: Judge, at: datetime) -> dict[str, Any]:
    """The line out: level, score, categories, annual rates, hits and reasons."""
    page = page_of(question, at)
    site = Site(
        domain=question.url or "-",
        domain_shown=question.url or "-",
        region="",
        unit_name=question.unit_name,
        site_name=question.site_name,
    )
    visit = Visit(id=0, sweep_id=0, site=site, captures=(page.capture,))
    verdict = examine(visit, (page,), judge, at)
    assert verdict.assessment is not None
    return {"id": question.id} | _told(verdict.assessment)


def page_of(question: Question, at: datetime) -> Page:
    """The page behind a question; a bare text is a body."""
    capture = Capture(
        id="",
        visit_id=0,
        site_id=0,
        fetcher=Fetcher.HTTP,
        outcome=Outcome.SEEN,
        final_url=question.url,
        started_at=at,
        ended_at=at,
    )
    if question.html is not None:
        return Page.read(capture, question.html)
    text = PageText(fields=(Field(name="body", text=question.text or ""),))
    return Page(capture=capture, html="", text=text)


def _told(assessment: Assessment) -> dict[str, Any]:
    return {
        "level": assessment.level,
        "score": assessment.score,
        "categories": assessment.categories,
        "rates": rates_of(assessment),
        "sentence": assessment.sentence,
        "hits": msgspec.to_builtins(assessment.hits),
        "reasons": msgspec.to_builtins(assessment.reasons),
        "yields": msgspec.to_builtins(assessment.yields),
    }
