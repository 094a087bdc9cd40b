"""修订: changes of the word lists that wait to be published. Each is a lexicon in a folder of its
own beside the published versions, with a sheet that says who asked for what, why, and from which
version; checked by the reader of the files whenever it changes, and published like any other.
"""

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from crawler.domain.errors import BadInput, NotAllowed
from crawler.service.holding import shelf_alone
from crawler.service.lexicon_life import act_on_lists, may_consent, noted, publish_draft
from crawler.service.wiring import House
from crawler.store.audit import note
from lexicons.documents import Problem
from lexicons.editing import Edit, edit_files
from lexicons.loading import version_of
from lexicons.publishing import Version, check, copied, current

MOST_OPEN = 50
MOST_EDITS = 200
_SHEET = "amendment.json"


class AmendmentState(StrEnum):
    """Where it stands."""

    OPEN = "open"
    PUBLISHED = "published"
    DROPPED = "dropped"


@dataclass(frozen=True, kw_only=True, slots=True)
class Amendment:
    """What somebody wants changed. Its files stand in a folder that is named by their digest."""

    number: int
    author: str
    note: str
    base: str  # digest of the version it was made from
    base_number: int
    digest: str
    edits: tuple[Edit, ...] = ()  # none: it came as files, from a terminal
    opened_at: datetime
    state: AmendmentState = AmendmentState.OPEN
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_because: str = ""
    version: int = 0  # that it became


class Faulty(BadInput):
    """Word lists with faults, each with its reason."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(map(str, self.problems[:50])))


def amendments(house: House) -> tuple[Amendment, ...]:
    """All of them, newest first."""
    sheets = _shelf(house).glob(f"[0-9]*/{_SHEET}")
    return tuple(sorted(map(_read, sheets), key=lambda one: -one.number))


def amendment_of(house: House, number: int) -> Amendment | None:
    """One by its number."""
    sheet = _place(house, number) / _SHEET
    return _read(sheet) if sheet.is_file() else None


def files_of_amendment(house: House, one: Amendment) -> Path:
    """Its word lists; they never change, an edit makes others."""
    return _place(house, one.number) / one.digest


def is_stale(house: House, one: Amendment) -> bool:
    """Whether another version came into force since it was made."""
    return one.base != version_of(house.lexicon)


def propose_edit(house: House, edit: Edit, author: str, text: str, now: datetime) -> Amendment:
    """A new amendment that begins with one edit. Faulty tells all that is wrong."""
    with shelf_alone(house.home):
        return _opened(house, house.lexicon, (edit,), author, text, now)


def propose_files(house: House, folder: Path, author: str, text: str, now: datetime) -> Amendment:
    """A new amendment of a whole folder, as somebody edited it."""
    with shelf_alone(house.home):
        return _opened(house, folder, (), author, text, now)


def amend(house: House, number: int, edit: Edit, actor: str, now: datetime) -> Amendment:
    """One edit more, by its author."""
    with shelf_alone(house.home):
        one = _open_one(house, number)
        _is_its_author(one, actor)
        if len(one.edits) >= MOST_EDITS:
            raise BadInput(f"一份修订最多改 {MOST_EDITS} 处，请先发布或另提一份")
        digest = _built(house, number, files_of_amendment(house, one), (edit,))
        after = replace(one, digest=digest, edits=(*one.edits, edit))
        return _told(house, after, actor, "lexicon.amend", _in_short(edit), now, one.digest)


def renew(house: House, number: int, actor: str, now: datetime) -> Amendment:
    """The same edits on the version now in force, by its author. Faulty where they do not fit."""
    with shelf_alone(house.home):
        one = _open_one(house, number)
        _is_its_author(one, actor)
        if not one.edits:
            raise NotAllowed("这份修订是整个文件夹提交的，请重新导出启用版、改后再提交")
        before = current(house.shelf)
        base = version_of(house.lexicon)
        digest = _built(house, number, house.lexicon, one.edits)
        after = replace(one, digest=digest, base=base, base_number=before.number if before else 0)
        return _told(house, after, actor, "lexicon.renew", after.base, now, one.digest)


def withdraw(house: House, number: int, actor: str, why: str, now: datetime) -> Amendment:
    """Over: by its author, or by a supervisor who says why."""
    with shelf_alone(house.home):
        one = _open_one(house, number)
        if actor != one.author:
            with house.database.reading() as db:
                allowed = may_consent(db, actor)
            if not allowed:
                raise NotAllowed("修订由提出的人撤回，或由主管退回")
            why = noted(why)
        after = replace(
            one, state=AmendmentState.DROPPED, ended_at=now, ended_by=actor,
            ended_because=" ".join(why.split())[:500],
        )  # fmt: skip
        return _told(house, after, actor, "lexicon.drop", after.ended_because, now, "*")


def publish_amendment(
    house: House, number: int, seen: str, actor: str, now: datetime
) -> tuple[Amendment, Version]:
    """In force, as the digest that was seen, if `review.lexicon_consent` lets this person do it."""
    one = _open_one(house, number)
    if seen != one.digest:
        raise NotAllowed("这份修订在你看过之后又改了，请再看一遍")
    alone = actor == one.author and not house.config.review.lexicon_consent
    version = publish_draft(
        house, files_of_amendment(house, one), one.author, one.note, "" if alone else actor, now,
        base=one.base,
    )  # fmt: skip
    after = replace(
        one, state=AmendmentState.PUBLISHED, ended_at=now, ended_by=actor, version=version.number
    )
    with shelf_alone(house.home):
        _write(house, after)
        _clear(house, after, "*")
    return after, version


def _opened(
    house: House, source: Path, edits: tuple[Edit, ...], author: str, text: str, now: datetime
) -> Amendment:
    known = amendments(house)
    if sum(one.state is AmendmentState.OPEN for one in known) >= MOST_OPEN:
        raise NotAllowed(f"已有 {MOST_OPEN} 份修订待发布，请先处理")
    number = max((one.number for one in known), default=0) + 1
    said = noted(text)
    before, base = current(house.shelf), version_of(house.lexicon)
    one = Amendment(
        number=number, author=author, note=said, base=base,
        base_number=before.number if before else 0,
        digest=_built(house, number, source, edits), edits=edits, opened_at=now,
    )  # fmt: skip
    if one.digest == base:
        raise BadInput("与启用的词库没有差别")
    return _told(house, one, author, "lexicon.propose", said, now)


def _built(house: House, number: int, source: Path, edits: Iterable[Edit]) -> str:
    """The source with these edits among the amendment's files, checked; its digest."""
    shelf = _shelf(house)
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shelf, prefix=".work-") as work:
        copy = Path(work) / "copy"
        copied(source, copy)
        for edit in edits:
            if problems := edit_files(copy, edit):
                raise Faulty(problems)
        if problems := check(copy):
            raise Faulty(problems)
        digest = version_of(copy)
        goal = _place(house, number) / digest
        goal.parent.mkdir(exist_ok=True)
        if not goal.exists():
            copy.rename(goal)
    return digest


def _told(
    house: House, one: Amendment, actor: str, action: str, after: str, now: datetime, old: str = ""
) -> Amendment:
    """Its sheet, its audit entry; what lay there of its former files goes."""
    with house.database.transaction() as db:
        said = f"修订 {one.number}：{after}"[:500]
        note(db, act_on_lists(house, actor, action, 0, "", said, now))
    _write(house, one)
    _clear(house, one, old)
    return one


def _write(house: House, one: Amendment) -> None:
    place = _place(house, one.number)
    fresh = place / f".{_SHEET}"
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(one), indent=1))
    fresh.replace(place / _SHEET)


def _clear(house: House, one: Amendment, old: str) -> None:
    """Files of the digest before, or (*) all of them: a version or nothing has come of it."""
    if not old:
        return
    for path in _place(house, one.number).glob(old):
        if path.is_dir() and (old == "*" or path.name != one.digest):
            shutil.rmtree(path, ignore_errors=True)


def _open_one(house: House, number: int) -> Amendment:
    one = amendment_of(house, number)
    if one is None:
        raise BadInput(f"没有修订 {number}")
    if one.state is not AmendmentState.OPEN:
        raise NotAllowed("这份修订已经发布或撤回")
    return one


def _is_its_author(one: Amendment, actor: str) -> None:
    if actor != one.author:
        raise NotAllowed("修订只由提出的人改")


def _shelf(house: House) -> Path:
    return house.shelf / "amendments"


def _place(house: House, number: int) -> Path:
    return _shelf(house) / f"{number:04d}"


def _in_short(edit: Edit) -> str:
    return f"{edit.kind} {edit.category} {edit.word[:40]}"


def _read(sheet: Path) -> Amendment:
    try:
        return msgspec.json.decode(sheet.read_bytes(), type=Amendment)
    except (OSError, msgspec.MsgspecError) as error:
        raise BadInput(f"{sheet.parent.name}/{_SHEET} 无法读取：{error}") from error
