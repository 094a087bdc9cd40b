"""Whether judging still says the same, and what it costs: `python -m tests.bench.judgements DIR`.

DIR holds dev.jsonl and ordinary.jsonl.gz. Prints one digest over every answer to dev and over what
the sieve lets through of both; a change that is only about speed leaves it as it was. Then the CPU
of the sieve over the ordinary site pages, and of the whole judgement of those that it stops.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from crawler.domain.capture import PageText
from crawler.service.commands.judging import answer_to, page_of
from crawler.service.wiring import LEXICONS
from lexicons.judging import Judge
from tests.builders import a_visit
from tests.quality.corpora import dev, ordinary

AT = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS = 3
Said = Callable[[PageText], object]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--most", type=int, default=4_000, help="of the ordinary texts")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        judge = Judge(LEXICONS, Path(cache))
        questions = [case.question for case in islice(ordinary(given.folder), given.most)]
        texts = [page_of(question, AT).text for question in questions]
        cases = [case.question for case in dev(given.folder)]
        answers = [answer_to(question, judge, AT) for question in cases]
        passing = [judge.passes(page_of(question, AT).text) for question in cases]
        ordinarily = [judge.passes(text) for text in texts]
        print(f"dev {len(cases)} answers, digest {digest_of([answers, passing])}")
        print(
            f"ordinary {len(texts)} texts, {sum(ordinarily)} pass, digest {digest_of(ordinarily)}"
        )
        quiet = [text for text, passes in zip(texts, ordinarily, strict=True) if not passes]
        report(judge, quiet)


def digest_of(said: object) -> str:
    """Of anything that JSON can hold."""
    written = json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def report(judge: Judge, texts: Iterable[PageText]) -> None:
    """By length: what a text without a candidate costs."""
    visit = a_visit()
    sized = [(sum(len(field.text) for field in text.fields), text) for text in texts]
    for least, most in ((0, 2_000), (2_000, 4_500), (4_500, 5_500), (5_500, 10_000)):
        some = [text for size, text in sized if least <= size < most][:300]
        if not some:
            continue
        sieve = cost(lambda text: judge.passes(_again(text)), some)
        whole = cost(lambda text: judge.judge(visit, _again(text), None, AT), some)
        size = sum(sum(len(f.text.encode()) for f in text.fields) for text in some) / len(some)
        print(
            f"{least}–{most} characters ({len(some)}, {size / 1000:.1f} KB): sieve {sieve:.2f} ms, "
            f"whole judgement {whole:.2f} ms CPU"
        )


def _again(text: PageText) -> PageText:
    """The same text as another object: the judge remembers the last one."""
    return PageText(fields=text.fields)


def cost(say: Said, texts: list[PageText]) -> float:
    """Milliseconds of CPU a text, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for text in texts:
            say(text)
        best = min(best, time.process_time() - began)
    return best / len(texts) * 1000


if __name__ == "__main__":
    main()
