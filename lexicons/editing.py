"""One term added, changed or taken out in the files of a word list, as a person with an editor
would: everything else in them, comments too, stays as it is.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from crawler.domain.errors import BadInput
from crawler.domain.lexicon import Boundary, Category, Term
from lexicons.documents import Part, Problem, read_document
from lexicons.entries import CategoryReader, Entry
from lexicons.loading import files_of
from lexicons.normalising import normal_form

_HEADER = re.compile(r"""(\s+)["']?(\d+)["']?:\s*(#.*)?""")
_DASH = re.compile(r"(\s*)- ")


class EditKind(StrEnum):
    """What is to be done with a term."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One change of one term, as a person asks for it; nothing of it is checked yet."""

    kind: EditKind
    word: str
    category: str  # in which it is to stand, or from which it goes
    was: str = ""  # the category in which it stands, where it is changed
    weight: str = ""
    needs_context: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sheet:
    file: str
    category: Category
    entries: tuple[Entry, ...]


def edit_files(folder: Path, edit: Edit) -> tuple[Problem, ...]:
    """Do it in a folder that is nobody's else. With problems nothing was changed.

    BadInput where a file is written in a way that only its author can change.
    """
    sheets = {one.category.id: one for one in _sheets(folder)}
    home, old = sheets.get(edit.category), None
    if home is None:
        return (Problem(file="terms", line=1, reason=f"没有类别“{edit.category[:60]}”"),)
    if edit.kind is not EditKind.ADD:
        # where it stands may be another category than where it is to stand
        stands_in = sheets.get(edit.was or edit.category, home)
        old = _entry(stands_in, normal_form(edit.word))
        if old is None:
            reason = f"{stands_in.category.name}里没有“{edit.word[:20]}”"
            return (Problem(file=stands_in.file, line=1, reason=reason),)
    new, problems = (None, ()) if edit.kind is EditKind.REMOVE else _wanted(home, edit, old)
    if problems:
        return problems
    if old and old.term == new:
        return (Problem(file=old.file, line=old.line, reason=f"“{new.word}”没有改动"),)
    wanted = _terms(sheets.values()) - ({old.term} if old else set()) | ({new} if new else set())
    if old:
        _rewrite(folder / old.file, lambda lines: _without(lines, old.line - 1))
    if new:
        _rewrite(folder / home.file, lambda lines: _with(lines, new))
    if _terms(_sheets(folder)) != wanted:
        raise BadInput(
            f"{home.file} 的写法特殊，不能在页面上改；请用 xunwang lexicon export 改文件"
        )
    return ()


def _sheets(folder: Path) -> Iterator[_Sheet]:
    for name in files_of(folder):
        if not name.startswith("terms/"):
            continue
        document = read_document((folder / name).read_bytes(), name)
        if isinstance(document, Problem):
            raise BadInput(str(document))
        reader = CategoryReader(name)
        category = reader.category(document)
        if category:
            entries = tuple(reader.entries(document, category))
            yield _Sheet(file=name, category=category, entries=entries)


def _terms(sheets: Iterable[_Sheet]) -> set[Term]:
    return {entry.term for sheet in sheets for entry in sheet.entries}


def _entry(sheet: _Sheet, word: str) -> Entry | None:
    return next((entry for entry in sheet.entries if entry.term.word == word), None)


def _wanted(home: _Sheet, edit: Edit, old: Entry | None) -> tuple[Term | None, tuple[Problem, ...]]:
    """The term by the reader of the files, with what the form does not ask kept as it was."""
    kept = old.term if old else None
    options: dict[str, str | tuple[str, ...]] = {}
    if edit.needs_context:
        options["needs_context"] = "true"
    if note := " ".join(edit.note.split()):
        options["note"] = note
    if kept:
        options |= _unasked(kept)
    reader = CategoryReader(home.file)
    part = _part(edit.word, options)
    term = reader.term(part, home.category.id, edit.weight.strip())
    return term, tuple(reader.problems)


def _unasked(term: Term) -> dict[str, str | tuple[str, ...]]:
    asked: dict[str, str | tuple[str, ...]] = {
        "exact": term.exact,
        "false_friends": term.false_friends,
        "era": term.era,
        "boundary": "" if term.boundary is Boundary.ANY else str(term.boundary),
    }
    return {key: value for key, value in asked.items() if value}


def _part(word: str, options: dict[str, str | tuple[str, ...]]) -> Part:
    def leaf(value: str | tuple[str, ...]) -> Part:
        if isinstance(value, str):
            return Part(line=1, value=value)
        return Part(line=1, value=[Part(line=1, value=one) for one in value])

    inner = Part(line=1, value={key: leaf(value) for key, value in options.items()})
    return Part(line=1, value={word: inner})


def _rewrite(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = path.read_text("utf-8-sig").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", "utf-8")


def _without(lines: list[str], place: int) -> list[str]:
    """Without the entry that begins there; a weight whose last it was goes too."""
    dash = _DASH.match(lines[place])
    if dash is None:
        return lines
    after = place + 1
    while after < len(lines) and _belongs(lines[after], len(dash[1])):
        after += 1
    rest = lines[:place] + lines[after:]
    alone = _HEADER.fullmatch(rest[place - 1]) and not (
        place < len(rest) and _DASH.match(rest[place])
    )
    return rest[: place - 1] + rest[place:] if alone else rest


def _belongs(line: str, indent: int) -> bool:
    return bool(line.strip()) and len(line) - len(line.lstrip()) > indent


def _with(lines: list[str], term: Term) -> list[str]:
    """With the term as the first of its weight."""
    start = next((n for n, line in enumerate(lines) if line.startswith("terms:")), len(lines))
    known = [
        (n, found)
        for n, line in enumerate(lines)
        if n > start and (found := _HEADER.fullmatch(line))
    ]
    for place, found in known:
        if int(found[2]) == term.weight:
            dash = next((one for line in lines[place + 1 :] if (one := _DASH.match(line))), None)
            indent = dash[1] if dash else found[1] + "  "
            return [*lines[: place + 1], indent + _line(term), *lines[place + 1 :]]
    indent = known[0][1][1] if known else "  "
    return [*lines, f"{indent}{term.weight:g}:", f"{indent}  {_line(term)}"]


def _line(term: Term) -> str:
    options: dict[str, str] = {}
    if term.needs_context:
        options["needs_context"] = "true"
    for key, value in _unasked(term).items():
        options[key] = _quoted(value)
    if term.note:
        options["note"] = _quoted(term.note)
    shown = ", ".join(f"{key}: {one}" for key, one in options.items())
    return f"- {_quoted(term.word)}" + (f": {{{shown}}}" if shown else "")


def _quoted(value: str | tuple[str, ...]) -> str:
    """As JSON has it, which YAML reads as the same words."""
    return json.dumps(value, ensure_ascii=False)
