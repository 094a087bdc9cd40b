"""Word templates with {{placeholders}}: filled, or refused with the placeholder that is wrong.

A placeholder may be cut over several runs, as Word likes to do. A table row with {{list.field}} is
repeated for each item of the list. What is filled in is text and nothing else.
"""

import copy
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table, _Row
from docx.text.paragraph import Paragraph

from crawler.domain.errors import BadInput
from crawler.service.packing.archive import EPOCH

Values = Mapping[str, str | Sequence[Mapping[str, str]]]
LARGEST = 8 << 20
_LARGEST_UNPACKED = 64 << 20
_PLACE = re.compile(r"\{\{\s*([^{}]{1,40}?)\s*\}\}")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOTHING = "—"


def filled(template: bytes, name: str, values: Values, needed: Sequence[str] = ()) -> bytes:
    """The document; the same template and values make the same bytes. BadInput names the template
    and the placeholder: unknown, broken, or missing from it though it is needed.
    """
    document = _opened(template, name)
    places = set(_checked(document, name))
    for place in sorted(places):
        _known(place, name, values)
    for place in needed:
        if place not in places:
            raise BadInput(f"模板 {name} 缺少占位符 {{{{{place}}}}}")
    items = _repeat_rows(document, name, values)
    for part, paragraph in {one._p: one for one in _paragraphs(document)}.items():
        _fill(paragraph, values, items.get(part))
    return _saved(document)


def read_document(content: bytes) -> Any:
    """A document of ours, to be shown as a page."""
    return Document(BytesIO(content))


def _opened(template: bytes, name: str) -> Any:
    try:
        with zipfile.ZipFile(BytesIO(template)) as parts:
            size = sum(one.file_size for one in parts.infolist())
        if len(template) > LARGEST or size > _LARGEST_UNPACKED:
            raise BadInput(f"模板 {name} 过大")
        return Document(BytesIO(template))
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError, SyntaxError) as error:
        raise BadInput(f"模板 {name} 不是 Word 文档（.docx）") from error


def _checked(document: Any, name: str) -> Iterator[str]:
    for paragraph in _paragraphs(document):
        text = paragraph.text
        rest = _PLACE.sub("", text)
        if "{{" in rest or "}}" in rest:
            at = rest.find("{{") if "{{" in rest else rest.find("}}")
            raise BadInput(f"模板 {name} 的占位符不完整：{rest[max(0, at - 10) : at + 20].strip()}")
        yield from (found[1] for found in _PLACE.finditer(text))


def _known(place: str, name: str, values: Values) -> None:
    head, dot, field = place.partition(".")
    value = values.get(head)
    if not dot and isinstance(value, str):
        return
    listed = bool(dot) and value is not None and not isinstance(value, str)
    if listed and (not value or field in value[0]):
        return
    raise BadInput(f"模板 {name} 的占位符 {{{{{place}}}}} 没有对应的内容")


def _repeat_rows(document: Any, name: str, values: Values) -> dict[Any, Mapping[str, str]]:
    """Rows copied for each item, nothing filled yet: what is filled in could read as a placeholder
    and must not be looked at again. The item of each paragraph in them.
    """
    found: dict[Any, Mapping[str, str]] = {}
    tables: list[Table] = list(document.tables)
    for table in tables:
        for row in list(table.rows):
            _repeat(row, table, _listed(row, name, values), found)
        tables += (one for row in table.rows for cell in row.cells for one in cell.tables)
    return found


def _listed(row: _Row, name: str, values: Values) -> Sequence[Mapping[str, str]] | None:
    """The list that a row is repeated for, if any."""
    lists = {place.partition(".")[0] for place in _places_in(row) if "." in place}
    if len(lists) > 1:
        raise BadInput(f"模板 {name} 的同一行里有两个列表：{'、'.join(sorted(lists))}")
    if not lists:
        return None
    items = values[lists.pop()]
    assert not isinstance(items, str)
    return items or [dict.fromkeys(_fields_in(row), _NOTHING)]


def _repeat(
    row: _Row,
    table: Table,
    items: Sequence[Mapping[str, str]] | None,
    found: dict[Any, Mapping[str, str]],
) -> None:
    if items is None:
        return
    for item in items:
        made = copy.deepcopy(row._tr)
        row._tr.addprevious(made)
        for cell in _Row(made, table).cells:
            found |= {paragraph._p: item for paragraph in cell.paragraphs}
    row._tr.getparent().remove(row._tr)


def _places_in(row: _Row) -> Iterator[str]:
    for cell in row.cells:
        for paragraph in cell.paragraphs:
            yield from (found[1] for found in _PLACE.finditer(paragraph.text))


def _fields_in(row: _Row) -> list[str]:
    return [place.partition(".")[2] for place in _places_in(row) if "." in place]


def _fill(paragraph: Paragraph, values: Values, item: Mapping[str, str] | None) -> None:
    """From the right, so that places further left stay where they were found."""
    runs = paragraph.runs
    text = "".join(run.text for run in runs)
    for found in reversed(list(_PLACE.finditer(text))):
        head, dot, field = found[1].partition(".")
        if dot and item is None:
            continue
        value = item[field] if dot and item is not None else values[head]
        assert isinstance(value, str)
        _put(runs, found.start(), found.end(), _NOT_XML.sub("�", value) or _NOTHING)


def _put(runs: Sequence[Any], start: int, end: int, value: str) -> None:
    """Into the run where the placeholder begins; the others lose their part of it."""
    at = 0
    for run in runs:
        here, size = run.text, len(run.text)
        left, right = max(start - at, 0), min(end - at, size)
        if left < right:
            first = at <= start
            run.text = here[:left] + (value if first else "") + here[right:]
        at += size


def _paragraphs(document: Any) -> Iterator[Paragraph]:
    yield from document.paragraphs
    for table in _tables(document):
        for row in table.rows:
            for cell in row.cells:
                yield from cell.paragraphs
    for section in document.sections:
        yield from section.header.paragraphs
        yield from section.footer.paragraphs


def _tables(document: Any) -> list[Table]:
    found: list[Table] = list(document.tables)
    for table in found:
        for row in table.rows:
            for cell in row.cells:
                found += [one for one in cell.tables if one not in found]
    return found


def _saved(document: Any) -> bytes:
    """Without the moment of saving."""
    out = BytesIO()
    document.save(out)
    made = BytesIO()
    with zipfile.ZipFile(out) as parts, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as fresh:
        for part in parts.infolist():
            info = zipfile.ZipInfo(part.filename, EPOCH)
            info.create_system, info.compress_type = 3, zipfile.ZIP_DEFLATED
            fresh.writestr(info, parts.read(part))
    return made.getvalue()
