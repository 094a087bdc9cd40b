"""Whether the files of a lexicon agree with each other: claims and needs name what exists, weights
say all that the rules ask for. What is missing here would stop a worker on a page.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crawler.domain.lexicon import Lexicon
from lexicons.contexts import GROUPS as CONTEXT_GROUPS
from lexicons.documents import Part, Problem, plain, read_parts, read_plain
from lexicons.purpose import GROUPS as PURPOSE_GROUPS
from lexicons.vocabulary import Vocabulary
from lexicons.weighing import Weights

# parts of weights.yaml whose keys are names that a person may add to
_WEIGHTS = "weights.yaml"
_NAMED_FREELY = frozenset({"yardsticks", "yields.flags", "purpose.offers", "purpose.informs"})


def disagreements(lexicon: Lexicon, vocabulary: Vocabulary, weights: Weights) -> Iterator[Problem]:
    """What one file names and no other has."""
    for kind in vocabulary.kinds:
        if kind.category not in lexicon.categories:
            yield _problem("claims.yaml", f"主张 {kind.id} 的类别 {kind.category} 没有词表")
    for category in lexicon.categories.values():
        if category.needs and category.needs not in vocabulary.groups:
            yield _problem(
                f"terms/{category.id}.yaml", f"needs 所指的 {category.needs} 不在 contexts.yaml 中"
            )
    named = {*weights.purpose.offers, *weights.purpose.informs, *CONTEXT_GROUPS, *PURPOSE_GROUPS}
    for group in sorted(named - vocabulary.groups.keys()):
        yield _problem("contexts.yaml", f"缺少 {group}")


def missing_weights(folder: Path) -> Iterator[Problem]:
    """Weights that the program's own file has and a folder's has not, or has as another kind."""
    ours = read_plain(Path(__file__).parent / _WEIGHTS)
    yield from _missing(ours, read_parts(folder / _WEIGHTS), "")


def _missing(ours: Any, theirs: Part, place: str) -> Iterator[Problem]:
    if isinstance(ours, Mapping):
        if not isinstance(theirs.value, Mapping):
            yield _weight(theirs, f"{place or '文件'} 须为“键: 值”")
            return
        for key, value in ours.items():
            inner = f"{place}.{key}".lstrip(".")
            if key in theirs.value:
                yield from _missing(value, theirs.value[key], inner)
            elif place not in _NAMED_FREELY:
                yield _weight(theirs, f"缺少 {inner}")
    elif isinstance(ours, list):
        yield from _unlike(ours, theirs, place)
    elif _is_number(ours) != _is_number(plain(theirs)):
        yield _weight(theirs, f"{place} 须为{'数' if _is_number(ours) else '文字'}")


def _unlike(ours: Sequence[Any], theirs: Part, place: str) -> Iterator[Problem]:
    if not (isinstance(theirs.value, list) and theirs.value):
        yield _weight(theirs, f"{place} 须为不空的列表")
        return
    for part in theirs.value:
        if _is_number(ours[0]) and not _is_number(plain(part)):
            yield _weight(part, f"{place} 须为数的列表")
        elif isinstance(ours[0], str) and not isinstance(part.value, str):
            yield _weight(part, f"{place} 须为文字的列表")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _weight(part: Part, reason: str) -> Problem:
    return Problem(file=_WEIGHTS, line=part.line, reason=reason)


def _problem(file: str, reason: str) -> Problem:
    return Problem(file=file, line=1, reason=reason)
