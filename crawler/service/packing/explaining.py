"""核验说明.html: opens without a network and without script, and explains the whole pack to
somebody who has never heard of this program.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jinja2

from alerts.desk import Desk
from crawler.domain.alert import ALERT_STATE_NAMES
from crawler.domain.assessment import LEVEL_NAMES, Side
from crawler.domain.family import MARK_NAMES
from crawler.domain.personal import KINDS
from crawler.domain.task import CONCLUSION_NAMES, TASK_STATE_NAMES
from crawler.service.catalogue import Catalogue
from crawler.service.console.marks import lines_of, marks_of
from crawler.service.console.shown import clipped, exact
from crawler.service.packing import reaching, wording
from crawler.service.packing.archive import Member
from crawler.service.packing.gathering import Dossier
from crawler.service.packing.keepsakes import Keeping
from crawler.service.packing.kindred import Kindred, graph_of
from crawler.service.packing.picturing import Pictures
from crawler.service.packing.stating import value_of
from crawler.service.packing.veil import Veil

TEMPLATES = Path(__file__).parent / "templates"
FIELDS = {
    "title": "标题",
    "body": "正文",
    "alt": "图片说明",
    "placeholder": "输入框",
    "description": "网页描述",
    "keywords": "网页关键词",
    "hidden": "页面上不可见的文字",
    "ocr": "图中文字",
}
_MOST_LINES = 80
_EVENTS = 64  # pieces of a template handed on together


def explained(
    of: Dossier,
    members: Sequence[Member],
    keeping: Keeping,
    root: str,
    *,
    desk: Desk,
    words: Catalogue,
) -> Iterator[bytes]:
    """The page, from its template, piece by piece: its pictures are not in memory together."""
    shown = of.veil.page(of.text) if of.text else None
    marks = marks_of(of.assessment, shown) if of.assessment and shown else ()
    category = of.assessment.categories[0] if of.assessment and of.assessment.categories else ""
    known = desk.categories.get(category or of.case.category)
    page = environment(of.veil).get_template("explained.html")
    told = page.stream(
        o=of,
        members=members,
        broken=keeping.broken,
        root=root,
        pictures=Pictures(of.shots, keeping, of.text, marks),
        lines=lines_of(shown, marks, whole=False, most=_MOST_LINES) if shown else [],
        marks=marks,
        category=known.name if known else "",
        subject=wording.subject_of(of.site, of.veil),
        tests=wording.tests_of(of.assessment, of.veil),
        reasons_for=wording.reasons_of(of.assessment, Side.FOR, of.veil),
        reasons_against=wording.reasons_of(of.assessment, Side.AGAINST, of.veil),
        yields=wording.yields_of(of.assessment, of.veil),
        when=wording.when([one.capture for one in of.shots]),
        outcome=lambda value: wording.outcome_name(words, value),
    )
    return _pieces(told)


def family_explained(
    of: Kindred, members: Sequence[Member], keeping: Keeping, root: str, *, lifted: bool
) -> Iterator[bytes]:
    """The same for a family."""
    page = environment(Veil(lifted=lifted)).get_template("family.html")
    told = page.stream(
        k=of,
        members=members,
        broken=keeping.broken,
        root=root,
        pictures=Pictures(of.shots, keeping),
        lifted=lifted,
        graph=graph_of([one.letter for one in of.members], of.ties),
        shown=lambda signal: value_of(signal, lifted=lifted),
    )
    return _pieces(told)


def _pieces(told: jinja2.environment.TemplateStream) -> Iterator[bytes]:
    told.enable_buffering(_EVENTS)
    return (one.encode("utf-8", "replace") for one in told)


def environment(veil: Veil) -> jinja2.Environment:
    """What our documents' templates can use; everything is escaped."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    named: dict[str, Any] = {
        "level": LEVEL_NAMES,
        "state": ALERT_STATE_NAMES,
        "task": TASK_STATE_NAMES,
        "conclusion": CONCLUSION_NAMES,
        "hop": wording.HOPS,
        "piece": wording.PIECES,
        "field": FIELDS,
        "mark": MARK_NAMES,
    }
    made.filters |= {
        "v": veil.text,
        "exact": exact,
        "day": wording.day,
        "clipped": clipped,
        "number": lambda value: f"{value:,}",
        "name": lambda value, part: named[part].get(value, str(value)),
    }
    made.globals |= {
        "how_seen": wording.how_seen,
        "peers_of": wording.peers_of,
        "own_of": reaching.own_of,
        "masked_kinds": KINDS,
        "answers_of": lambda capture: reaching.answers_of(capture, veil),
    }
    return made
