"""The word lists people edit become one frozen lexicon. Every fault is told with file, line and
reason, all of them at once; a folder with a fault gives no lexicon.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from crawler.domain.errors import BadInput
from crawler.domain.lexicon import Category, Lexicon, Zone
from lexicons.documents import MOST_SHOWN, Problem, read_bytes, read_document
from lexicons.entries import CategoryReader, Entry
from lexicons.variants import Variants, read_variants, reversed_words, sounded

_MOST_FILES = 500


def load_lexicon(folder: Path) -> Lexicon:
    """The lexicon of a folder (terms/*.yaml, variants.yaml); BadInput lists what is wrong."""
    lexicon, problems = read_lexicon(folder)
    if problems:
        more = f"；另有 {len(problems) - MOST_SHOWN} 处" if len(problems) > MOST_SHOWN else ""
        raise BadInput("；".join(map(str, problems[:MOST_SHOWN])) + more)
    return lexicon


def read_lexicon(folder: Path) -> tuple[Lexicon, tuple[Problem, ...]]:
    """What could be read of a folder, and every problem found in it."""
    contents = _contents(folder)
    terms, problems = _read_terms({n: d for n, d in contents.items() if n.startswith("terms/")})
    categories, entries = terms
    variants, faults = read_variants(contents.get("variants.yaml", b""))
    problems += [*_disagreements(entries), *faults]
    lexicon = Lexicon(
        version=_version(contents),
        categories=categories,
        terms=tuple(entry.term for entry in entries),
        variants={**_disguised(entries, variants), **variants.undone},
    )
    return lexicon, tuple(problems)


def version_of(folder: Path) -> str:
    """The version that these files make, whatever is in them."""
    return _version(_contents(folder))


def _contents(folder: Path) -> dict[str, bytes]:
    return {name: read_bytes(folder / name) for name in files_of(folder)}


def _disguised(entries: Sequence[Entry], variants: Variants) -> dict[str, str]:
    """What the list of disguises gives for these terms: written in syllables, or backwards."""
    words = [entry.term.word for entry in entries if entry.zone is Zone.PAGE]
    strong = [entry.term.word for entry in entries if entry.term.weight >= 3]
    written = {**sounded(words, variants.sounds), **reversed_words(strong)}
    for word in words:
        written.pop(word, None)
    return written


def files_of(folder: Path) -> tuple[str, ...]:
    """The files a lexicon consists of, by name relative to its folder, in order."""
    terms = sorted((folder / "terms").glob("*.yaml"))
    if not terms:
        raise BadInput(f"{folder} 中没有词表（terms/*.yaml）")
    if len(terms) > _MOST_FILES:
        raise BadInput(f"{folder}/terms 中的文件超过 {_MOST_FILES} 个")
    beside = sorted(folder.glob("*.yaml"))
    return tuple(path.relative_to(folder).as_posix() for path in [*beside, *terms])


def _version(contents: dict[str, bytes]) -> str:
    hasher = hashlib.sha256()
    for name, content in contents.items():
        hasher.update(f"{name}:{len(content)}:".encode())
        hasher.update(content)
    return hasher.hexdigest()[:16]


_Terms = tuple[dict[str, Category], list[Entry]]


def _read_terms(contents: dict[str, bytes]) -> tuple[_Terms, list[Problem]]:
    categories: dict[str, Category] = {}
    entries: list[Entry] = []
    problems: list[Problem] = []
    for file, content in contents.items():
        document = read_document(content, file)
        if isinstance(document, Problem):
            problems.append(document)
            continue
        reader = CategoryReader(file)
        category = reader.category(document)
        if category and category.id in categories:
            problems.append(Problem(file=file, line=1, reason=f"类别 {category.id} 已在别的文件中"))
        elif category:
            categories[category.id] = category
            entries.extend(reader.entries(document, category))
        problems.extend(reader.problems)
    return (categories, entries), problems


def _disagreements(entries: Sequence[Entry]) -> Iterator[Problem]:
    """A word may stand once for pages and once for names; twice is a duplicate or contradiction."""
    first: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        earlier = first.setdefault((entry.zone, entry.term.word), entry)
        if earlier is entry:
            continue
        place = f"{earlier.file} 第 {earlier.line} 行"
        if earlier.term.weight == entry.term.weight:
            reason = f"“{entry.term.word}”重复，已在 {place}"
        else:
            reason = (
                f"“{entry.term.word}”自相矛盾：此处权重 {entry.term.weight:g}，"
                f"{place}权重 {earlier.term.weight:g}"
            )
        yield Problem(file=entry.file, line=entry.line, reason=reason)
