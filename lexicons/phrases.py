"""contexts.yaml and claims.yaml read: groups of words, and the kinds of claims, each fault with its
line.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lexicons.documents import NUMBER, Part, read_parts
from lexicons.normalising import normal_form
from lexicons.parts import PartReader

_PATTERN_SIGNS = "\\^$*?|[]{}"
_NEEDED = ("id", "category", "says", "weight", "enough", "reach", "objects", "promises")
_MAY_HAVE = {*_NEEDED, "firm", "objects_enough", "offers"}
_FURTHEST = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimKind:
    """One kind of claim: what it is about, what is promised, and how much of it is enough."""

    id: str
    category: str
    says: str
    weight: float
    enough: float
    firm: float  # from this weight on a promise is one that only such an offer makes
    reach: int
    objects: frozenset[str]
    objects_enough: int
    promises: Mapping[str, float]
    offers: bool = False  # who says this is winning people over, whatever else the page tells


def read_groups(path: Path) -> dict[str, frozenset[str]]:
    """The groups of words of a contexts.yaml; Misread tells every fault."""
    reader = PartReader(path.name)
    groups = {
        name: frozenset(_words(reader, part, name, ()))
        for name, part in reader.mapping(_under(reader, path, "groups"), "groups").items()
    }
    reader.refuse_faults()
    return groups


def read_friends(path: Path) -> dict[str, tuple[str, ...]]:
    """Longer words in which a word of the groups means something else, by word (a version of before
    has none); Misread tells every fault.
    """
    reader = PartReader(path.name)
    document = reader.mapping(read_parts(path), "文件")
    listed = document.get("false_friends")
    friends: dict[str, tuple[str, ...]] = {}
    for word, part in reader.mapping(listed, "false_friends").items() if listed else ():
        friends[normal_form(word)] = tuple(_friends(reader, part, normal_form(word)))
    reader.refuse_faults()
    return friends


def _friends(reader: PartReader, part: Part, word: str) -> Iterator[str]:
    for one in reader.items(part, word):
        friend = reader.phrase(one, _PATTERN_SIGNS)
        if friend and (word not in friend or word == friend):
            reader.note(one.line, f"排除词“{friend}”须包含“{word}”且更长")
        yield friend


def read_claims(path: Path, shapes: Collection[str]) -> tuple[ClaimKind, ...]:
    """The kinds of claims of a claims.yaml, which may name ways of writing in <…>; Misread tells
    every fault.
    """
    reader = PartReader(path.name)
    parts = reader.items(_under(reader, path, "claims"), "claims")
    kinds = tuple(kind for part in parts for kind in _kinds(reader, part, shapes))
    reader.refuse_faults()
    return kinds


def _under(reader: PartReader, path: Path, key: str) -> Part:
    document = read_parts(path)
    parts = reader.mapping(document, "文件")
    if not (key in parts and parts[key].value):
        reader.note(document.line, f"没有 {key}")
    reader.refuse_faults()
    return parts[key]


def _kinds(reader: PartReader, part: Part, shapes: Collection[str]) -> Iterator[ClaimKind]:
    parts = reader.mapping(part, "主张")
    reader.only(parts, _MAY_HAVE)
    if not (parts and reader.needed(parts, _NEEDED, part.line)):
        return
    promises = reader.mapping(parts["promises"], "promises")
    yield ClaimKind(
        id=reader.word(parts, "id"),
        category=reader.word(parts, "category"),
        says=reader.word(parts, "says"),
        weight=reader.figure(parts, "weight"),
        enough=reader.figure(parts, "enough", least=1),
        firm=reader.figure(parts, "firm", 3),
        reach=reader.number(parts, "reach", 0, _FURTHEST),
        objects=frozenset(_words(reader, parts["objects"], "objects", shapes)),
        objects_enough=reader.number(parts, "objects_enough", 1, _FURTHEST),
        offers=reader.truth(parts, "offers"),
        promises=dict(_promises(reader, promises, shapes)),
    )


def _promises(
    reader: PartReader, promises: dict[str, Part], shapes: Collection[str]
) -> Iterator[tuple[str, float]]:
    """Lighter ones first: what is listed twice counts as the heavier."""
    for weight in promises:
        if not NUMBER.fullmatch(weight):
            reader.note(promises[weight].line, f"权重须为数，不能是“{weight[:20]}”")
    weights = (weight for weight in promises if NUMBER.fullmatch(weight))
    for weight in sorted(weights, key=float):
        for word in _words(reader, promises[weight], f"权重 {weight}", shapes):
            yield word, float(weight)


def _words(reader: PartReader, part: Part, name: str, shapes: Collection[str]) -> Iterator[str]:
    for one in reader.items(part, name):
        if isinstance(one.value, str) and one.value in shapes:
            yield one.value
        elif isinstance(one.value, str) and shapes and one.value.startswith("<"):
            reader.note(one.line, f"没有写法 {one.value[:20]}")
        elif word := reader.phrase(one, _PATTERN_SIGNS):
            yield word
