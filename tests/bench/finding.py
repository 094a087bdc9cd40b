"""Find and grade beside jieba over everything, on the same normal forms, with the same hits.

`python -m tests.bench.finding TEXTS [--terms FILE] [--kind KIND] [--most N]`: TEXTS is .jsonl or
.jsonl.gz with a `text` each; FILE has one word a line, else the lists of the house are used.
"""

import argparse
import gzip
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import lexicons
from crawler.domain.capture import Field
from crawler.domain.lexicon import Category, Grade, Lexicon, Term
from lexicons.loading import load_lexicon
from lexicons.matching import find_hits, meant
from lexicons.normalising import Normalised, normal_form, normalise
from lexicons.patterns import Finder
from lexicons.segmenting import Segmenter
from tests.builders import a_text

ROUNDS = 3
Page = tuple[Field, Normalised]
Graded = list[tuple[str, int, int, Grade]]


def main() -> None:
    asked = _asked()
    texts = list(islice(_texts(asked.texts, asked.kind), asked.most))
    lexicon, finder, segmenter = _loaded(asked.terms)
    print(f"terms {len(lexicon.terms)}, texts {len(texts)}, characters {sum(map(len, texts)):,}")
    pages = [(Field(name="body", text=text), normalise(text)) for text in texts]

    def quickly(page: Page) -> Graded:
        return by_candidates(page, finder, segmenter)

    def fully(page: Page) -> Graded:
        return by_all_tokens(page, finder, segmenter)

    differing = sum(quickly(page) != fully(page) for page in pages)
    print(f"hits {sum(len(quickly(page)) for page in pages):,}, texts that differ {differing}")
    steps: dict[str, Callable[[Page], object]] = {
        "normalise": lambda page: normalise(page[0].text),
        "second look (unmask)": lambda page: finder.unmasker.unmask(page[1]),
        "find and grade": quickly,
        "jieba over all, and find": fully,
        "find_hits, all of it": lambda page: find_hits(a_text(page[0].text), finder),
    }
    times = {name: _ms_a_page(step, pages) for name, step in steps.items()}
    for name, ms in times.items():
        print(f"{name:28} {ms:8.3f} ms CPU a text")
    ratio = times["jieba over all, and find"] / times["find and grade"]
    print(f"jieba over all ÷ find and grade: {ratio:.0f} ×")


def by_candidates(page: Page, finder: Finder, segmenter: Segmenter) -> Graded:
    """As the product does it: find, then cut only the runs that hold a find."""
    text = page[1].text
    return [
        (term.word, start, end, segmenter.grade(text, start, end))
        for term, start, end in _found(page, finder)
    ]


def by_all_tokens(page: Page, finder: Finder, segmenter: Segmenter) -> Graded:
    """All of the text through jieba, the finds laid upon its tokens."""
    cuts, place = {0}, 0
    for token in segmenter.tokens(page[1].text):
        cuts.update(place + part for part in segmenter.parts(token))
        place += len(token)
        cuts.add(place)
    return [
        (term.word, start, end, _grade(cuts, start, end))
        for term, start, end in _found(page, finder)
    ]


def _grade(cuts: set[int], start: int, end: int) -> Grade:
    if start in cuts and end in cuts:
        return Grade.ALIGNED
    return Grade.STRADDLING if cuts.intersection(range(start + 1, end)) else Grade.INSIDE


def _found(page: Page, finder: Finder) -> Iterable[tuple[Term, int, int]]:
    field, normal = page
    return meant(finder.matches(normal.text), normal, field, finder)


def _ms_a_page(step: Callable[[Page], object], pages: list[Page]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for page in pages:
            step(page)
        best = min(best, time.process_time() - began)
    return best / len(pages) * 1000


def _loaded(terms: Path | None) -> tuple[Lexicon, Finder, Segmenter]:
    with tempfile.TemporaryDirectory() as folder:
        for cache in ("cold", "warm"):  # each alone: two lexicons in one process look like twice
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                print(alone.submit(_cost_of_loading, terms, Path(folder), cache).result())
        lexicon = _lexicon(terms)
        return lexicon, Finder(lexicon), Segmenter(lexicon, Path(folder))


def _cost_of_loading(terms: Path | None, folder: Path, cache: str) -> str:
    began = time.process_time()
    lexicon = _lexicon(terms)
    kept = Finder(lexicon), Segmenter(lexicon, folder)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"load {len(kept)} tools with a {cache} dictionary cache: "
        f"{seconds:.2f} s CPU, peak {peak:.0f} MB"
    )


def _lexicon(terms: Path | None) -> Lexicon:
    if terms is None:
        return load_lexicon(Path(lexicons.__file__).parent)
    words = terms.read_text(encoding="utf-8").split("\n")
    return Lexicon(
        version="bench",
        categories={"a": Category(id="a", name="a", severity=3)},
        terms=tuple(
            Term(word=word, category="a", weight=3)
            for word in dict.fromkeys(map(normal_form, words))
            if word
        ),
    )


def _texts(path: Path, kind: str) -> Iterable[str]:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if not kind or row.get("kind") == kind:
                yield row["text"]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--terms", type=Path)
    parser.add_argument("--kind", default="")
    parser.add_argument("--most", type=int, default=1_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
