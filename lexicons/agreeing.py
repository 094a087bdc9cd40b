"""Whether the files of a lexicon agree with each other: claims and needs name what exists, weights
say all that the rules ask for. What is missing here would stop a worker on a page.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crawler.domain.lexicon import Lexicon
from lexicons.contexts import GROUPS as CONTEXT_GROUPS
from lexicons.documents import Problem, read_plain
from lexicons.purpose import GROUPS as PURPOSE_GROUPS
from lexicons.vocabulary import Vocabulary
from lexicons.weighing import Weights

# parts of weights.yaml whose keys are names that a person may add to
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
    ours = read_plain(Path(__file__).parent / "weights.yaml")
    yield from _missing(ours, read_plain(folder / "weights.yaml"), "")


def _missing(ours: Any, theirs: Any, place: str) -> Iterator[Problem]:
    if isinstance(ours, Mapping):
        if not isinstance(theirs, Mapping):
            yield _problem("weights.yaml", f"{place or '文件'} 须为“键: 值”")
            return
        for key, value in ours.items():
            inner = f"{place}.{key}".lstrip(".")
            if key in theirs:
                yield from _missing(value, theirs[key], inner)
            elif place not in _NAMED_FREELY:
                yield _problem("weights.yaml", f"缺少 {inner}")
    elif isinstance(ours, int | float) != isinstance(theirs, int | float):
        yield _problem("weights.yaml", f"{place} 须为{'数' if _is_number(ours) else '文字或列表'}")
    elif isinstance(ours, list) and not (isinstance(theirs, list) and theirs):
        yield _problem("weights.yaml", f"{place} 须为不空的列表")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _problem(file: str, reason: str) -> Problem:
    return Problem(file=file, line=1, reason=reason)
