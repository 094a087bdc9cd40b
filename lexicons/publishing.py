"""The life of the word lists: numbered versions in folders of their own, never changed again, and
one link that says which of them is in force. Workers follow the link; nothing is restarted.
"""

import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.lexicon import Lexicon, Term
from lexicons.agreeing import disagreements, missing_weights
from lexicons.documents import Misread, Problem
from lexicons.loading import files_of, load_lexicon, read_lexicon
from lexicons.resembling import FILE as RESEMBLANCE
from lexicons.resembling import load_resemblance
from lexicons.slips import slips
from lexicons.variants import FILE as VARIANTS
from lexicons.vocabulary import load_claims, load_friends, load_groups, load_vocabulary
from lexicons.weighing import load_weights

_LINK = "current"
_SHEET = "version.json"
_BESIDE = ("contexts.yaml", "claims.yaml", "weights.yaml", RESEMBLANCE, VARIANTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One published state of the word lists. `digest` is what assessments name."""

    number: int
    digest: str
    author: str
    approved_by: str  # empty where nobody's consent is asked for
    note: str
    published_at: datetime
    folder: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """Word lists that somebody wants to see in force."""

    folder: Path
    author: str
    note: str
    approved_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What one lexicon has that the other has not, by word."""

    added: tuple[Term, ...] = ()
    removed: tuple[Term, ...] = ()
    changed: tuple[tuple[Term, Term], ...] = ()  # before, after
    variants_added: tuple[str, ...] = ()
    variants_removed: tuple[str, ...] = ()


def check(folder: Path) -> tuple[Problem, ...]:
    """Everything that is wrong with the word lists of a folder."""
    lexicon, problems = read_lexicon(folder)
    beside = tuple(dict.fromkeys((*_problems_beside(folder), *_unread(folder))))
    if problems or beside:
        return (*problems, *beside)
    if found := tuple(slips(folder)):
        return found
    return tuple(disagreements(lexicon, load_vocabulary(folder), load_weights(folder)))


def difference(old: Lexicon, new: Lexicon) -> Difference:
    """What changes from one lexicon to another, in the order of the new one."""
    before = {_key(old, term): term for term in old.terms}
    after = {_key(new, term): term for term in new.terms}
    return Difference(
        added=tuple(term for key, term in after.items() if key not in before),
        removed=tuple(term for key, term in before.items() if key not in after),
        changed=tuple(
            (before[key], term)
            for key, term in after.items()
            if key in before and before[key] != term
        ),
        variants_added=tuple(sorted(new.variants.keys() - old.variants.keys())),
        variants_removed=tuple(sorted(old.variants.keys() - new.variants.keys())),
    )


def publish(draft: Draft, shelf: Path, now: datetime) -> Version:
    """Keep a draft as the next version and put it in force. What fails leaves the old one there."""
    version = shelve(draft, shelf, now)
    put_in_force(version.folder, shelf)
    return version


def shelve(draft: Draft, shelf: Path, now: datetime) -> Version:
    """Keep a draft as the next version, not yet in force."""
    if draft.approved_by and draft.approved_by == draft.author:
        raise NotAllowed("不能批准自己提交的词库")
    if problems := check(draft.folder):
        raise BadInput("；".join(map(str, problems[:50])))
    digest = load_lexicon(draft.folder).version
    in_force = current(shelf)
    if in_force and in_force.digest == digest:
        raise BadInput(f"词库没有变化，仍是第 {in_force.number} 版")
    return _shelved(draft, digest, shelf, now)


def rollback(shelf: Path, number: int) -> Version:
    """Put an earlier version in force again, untouched."""
    version = kept_version(shelf, number)
    put_in_force(version.folder, shelf)
    return version


def kept_version(shelf: Path, number: int) -> Version:
    """A version by number, its files proven untouched."""
    version = next((one for one in versions(shelf) if one.number == number), None)
    if version is None:
        raise BadInput(f"没有第 {number} 版词库")
    if load_lexicon(version.folder).version != version.digest:
        raise BadInput(f"第 {number} 版词库的文件被改动过，不能启用")
    return version


def put_in_force(folder: Path, shelf: Path) -> None:
    """One rename: a worker sees the old version or the new one, never half of each."""
    shelf.mkdir(parents=True, exist_ok=True)
    fresh = shelf / f".{_LINK}-{secrets.token_hex(4)}"
    inside = folder.parent == shelf
    fresh.symlink_to(folder.name if inside else folder, target_is_directory=True)
    fresh.replace(shelf / _LINK)


def current(shelf: Path) -> Version | None:
    """The version in force; None where it is the lists that came with the program."""
    folder = (shelf / _LINK).resolve()
    return _version_in(folder) if (folder / _SHEET).exists() else None


def versions(shelf: Path) -> tuple[Version, ...]:
    """All versions, newest first."""
    folders = (path.parent for path in shelf.glob(f"[0-9]*/{_SHEET}"))
    return tuple(sorted(map(_version_in, folders), key=lambda version: -version.number))


def copied(source: Path, folder: Path) -> int:
    """The files of a lexicon in a folder of their own, to be worked on; how many."""
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} 不是空目录")
    names = files_of(source)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, folder / name)
    return len(names)


def _problems_beside(folder: Path) -> Iterator[Problem]:
    """What stands beside the terms."""
    for read in (load_groups, load_friends, load_claims, _weights_like_ours, load_resemblance):
        try:
            read(folder)
        except Misread as error:
            yield from error.problems
        except BadInput as error:
            file = next((name for name in _BESIDE if name in str(error)), "contexts.yaml")
            yield Problem(file=file, line=1, reason=str(error))


def _unread(folder: Path) -> Iterator[Problem]:
    """Files that look like part of a lexicon, and that nobody would read."""
    known = {*_BESIDE, *(name for name in files_of(folder) if name.startswith("terms/"))}
    for path in sorted([*folder.glob("*.y*ml"), *(folder / "terms").iterdir()]):
        name = path.relative_to(folder).as_posix()
        if name not in known and not path.name.startswith("."):
            reason = f"不会读取：词表须为 terms/*.yaml，旁边只有 {'、'.join(_BESIDE)}"
            yield Problem(file=name, line=1, reason=reason)


def _weights_like_ours(folder: Path) -> None:
    if problems := tuple(missing_weights(folder)):
        raise Misread(*problems)
    load_weights(folder)


def _key(lexicon: Lexicon, term: Term) -> tuple[str, str]:
    return lexicon.categories[term.category].zone, term.word


def _shelved(draft: Draft, digest: str, shelf: Path, now: datetime) -> Version:
    """A copy of the draft's files under the next free number, whole or not at all."""
    shelf.mkdir(parents=True, exist_ok=True)
    number = max((version.number for version in versions(shelf)), default=0) + 1
    version = Version(
        number=number,
        digest=digest,
        author=draft.author,
        approved_by=draft.approved_by,
        note=draft.note,
        published_at=now,
        folder=shelf / f"{number:04d}",
    )
    with tempfile.TemporaryDirectory(dir=shelf, prefix=".draft-") as work:
        copy = Path(work) / "copy"
        copied(draft.folder, copy)
        (copy / _SHEET).write_text(_sheet(version), encoding="utf-8")
        try:
            copy.rename(version.folder)
        except OSError as error:
            raise NotAllowed(f"第 {number} 版刚被他人发布，请重试") from error
    return version


def _sheet(version: Version) -> str:
    rows = asdict(version) | {"published_at": version.published_at.isoformat()}
    del rows["folder"]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def _version_in(folder: Path) -> Version:
    try:
        rows = json.loads((folder / _SHEET).read_text(encoding="utf-8"))
        at = datetime.fromisoformat(rows.pop("published_at"))
        return Version(**rows, published_at=at, folder=folder)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{folder.name}/{_SHEET} 无法读取：{error}") from error
