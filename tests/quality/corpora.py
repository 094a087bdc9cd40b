"""The labelled pages and texts that judging is measured by: our own ones always, others by
argument.
"""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from crawler.reading.decoding import decode
from crawler.service.commands.judging import Question

HERE = Path(__file__).parent
SITE = HERE.parent / "site"
SLOGANS = {  # what anybody may put under an offer, line by line
    "slogan": ["警惕非法集资，远离高息诱惑，本站提醒您增强防范意识。"],
    "news": [
        "近日，记者从公安局获悉，犯罪嫌疑人被判处有期徒刑，受害人报案。"
        "律师提醒：请警惕非法集资，远离高息诱惑。"
    ],
    "disclaimer": [
        "本平台郑重提示：理财有风险，投资需谨慎，谨防诈骗，远离非法集资。"
        "根据《防范和处置非法集资条例》，非法集资参与人应自行承担损失。"
    ],
    "headlines": [
        "新闻中心",
        "公司召开2026年工作会议",
        "记者走进我公司，了解行业发展情况",
        "招聘：客服专员、财务",
        "防范非法集资宣传月活动在我公司举行",
    ],
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One labelled page or text."""

    id: str
    risky: bool
    question: Question
    group: str = ""
    category: str = ""
    kind: str = ""
    hard: bool = False
    evasion: str = ""
    rates: tuple[float, ...] | None = None  # None: nobody wrote down its rates
    notes: str = ""


def own_texts() -> Iterator[Case]:
    """tests/quality/texts: one block of words a page, by hand."""
    for name, risky in (("risk", True), ("benign", False)):
        for row in _yaml(HERE / "texts" / f"{name}.yaml"):
            question = Question(id=row["id"], text=row["text"])
            kind, category = row.get("kind", ""), row.get("category", "")
            yield Case(id=row["id"], risky=risky, category=category, kind=kind, hard=True,
                       question=question)  # fmt: skip


def paraphrased() -> Iterator[Case]:
    """tests/quality/texts/paraphrased.yaml: deals told in household words, and what is near them.
    Many are missed; kept apart, so that the share is seen.
    """
    for row in _yaml(HERE / "texts" / "paraphrased.yaml"):
        question = Question(id=row["id"], text=row["text"])
        yield Case(id=row["id"], risky=row["label"] == "risk", category=row["category"],
                   hard=True, question=question)  # fmt: skip


def own_pages() -> Iterator[Case]:
    """tests/quality/pages: whole pages, by hand, labelled in pages.jsonl."""
    yield from _pages("pages.jsonl")


def under_slogans() -> Iterator[Case]:
    """Our pages, each with something at its foot that informs: a slogan against fraud, a word of
    news, a disclaimer with an article of law, headlines of a house that holds meetings. What is
    offered is the same, and who offers nothing still does not; kept apart, so that the share that
    still rings is seen.
    """
    for case in own_pages():
        if case.question.html is None:
            continue
        for name, told in SLOGANS.items():
            html = case.question.html + "".join(f"<p>{line}</p>" for line in told)
            question = Question(id=case.id, html=html, unit_name=case.question.unit_name)
            yield replace(case, id=f"{case.id}+{name}", question=question, evasion=name)


def adversary() -> Iterator[Case]:
    """The pages of adversary.jsonl: written against the rules in wordings that they did not know,
    and innocent ones that look bad. Their figure is no longer that of unknown pages: rules were
    mended by them since.
    """
    yield from _pages("adversary.jsonl")


def fresh() -> Iterator[Case]:
    """The pages of fresh.jsonl: written and judged after the rules, and never used to mend them.
    Who mends by them moves them to adversary.jsonl and writes new ones.
    """
    yield from _pages("fresh.jsonl")


def _pages(labels: str) -> Iterator[Case]:
    for row in _lines(HERE / labels):
        html = decode((HERE / "pages" / row["file"]).read_bytes()).text
        yield Case(
            id=row["id"],
            risky=row["label"] == "risk",
            category=row["category"],
            hard=row.get("hardness") == "hard",
            evasion=row.get("evasion", ""),
            rates=tuple(row["rates"]) if row["label"] == "risk" and "rates" in row else None,
            question=Question(id=row["id"], html=html, unit_name=row.get("unit", "")),
            notes=row.get("about", ""),
        )


def made_up_web() -> Iterator[Case]:
    """tests/site: the web of the demo and the journeys, as far as its pages need no script."""
    for row in _lines(SITE / "truth.jsonl"):
        folder = row["domain"].split(".")[0].removesuffix("-demo")
        page = SITE / "pages" / row.get("page", f"{folder}/index.html")
        if row["label"] == "dead" or row.get("browser") or not page.exists():
            continue
        html = decode(page.read_bytes()).text
        yield Case(
            id=row["domain"],
            risky=row["label"] == "risk",
            category=row["category"],
            hard=True,
            rates=tuple(row["rates"]) if row["label"] == "risk" else None,
            question=Question(id=row["domain"], html=html, unit_name=row.get("unit", "")),
            notes=row.get("note", ""),
        )


def dev(folder: Path) -> Iterator[Case]:
    """The labelled set of an evaluation folder."""
    for row in _lines(folder / "dev.jsonl"):
        site_page = "html" in (row["kind"], row.get("page_kind")) or "homepage_text" in (
            row["kind"],
            row.get("page_kind"),
        )
        yield Case(
            id=row["id"],
            risky=row["label"] == "risk",
            group=row["group"],
            category=row["category"],
            kind="site_page" if site_page and row.get("page_kind") != "news" else row["kind"],
            hard=row["hardness"] == "hard",
            rates=tuple(row["rates"]) or None,
            question=Question(id=row["id"], text=row["text"]),
        )


def ordinary(folder: Path) -> Iterator[Case]:
    """Texts of the ordinary web that nobody labelled."""
    path = folder / "ordinary.jsonl.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                question = Question(id=row["id"], text=row["text"])
                yield Case(id=row["id"], risky=False, kind=row["kind"], question=question)


def half_of(group: str) -> int:
    """Which half a group belongs to: 0 is developed on, 1 only reported. Groups are kept whole."""
    return hashlib.sha256(group.encode()).digest()[0] % 2


def digest_of(cases: Iterable[Case]) -> str:
    """The identity of a corpus: labels and words."""
    hasher = hashlib.sha256()
    for case in sorted(cases, key=lambda case: case.id):
        words = case.question.html or case.question.text or ""
        hasher.update(
            f"{case.id}\0{case.risky}\0{case.rates}\0{words}\0".encode("utf-8", "replace")
        )
    return hasher.hexdigest()[:16]


def _yaml(path: Path) -> list[dict[str, Any]]:
    return yaml.safe_load(path.read_text("utf-8")) if path.exists() else []


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
