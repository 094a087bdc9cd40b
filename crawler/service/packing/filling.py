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
    for table in _tables(document):
        _repeat_rows(table, name, values)
    for paragraph in _paragraphs(document):
        _fill(paragraph, values)
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


def _repeat_rows(table: Table, name: str, values: Values) -> None:
    for row in list(table.rows):
        lists = {place.partition(".")[0] for place in _places_in(row) if "." in place}
        if len(lists) > 1:
            raise BadInput(f"模板 {name} 的同一行里有两个列表：{'、'.join(sorted(lists))}")
        if not lists:
            continue
        items = values[lists.pop()]
        assert not isinstance(items, str)
        for item in items or [dict.fromkeys(_fields_in(row), _NOTHING)]:
            made = copy.deepcopy(row._tr)
            row._tr.addprevious(made)
            for cell in _Row(made, table).cells:
                for paragraph in cell.paragraphs:
                    _fill(paragraph, item, dotted=True)
        row._tr.getparent().remove(row._tr)


def _places_in(row: _Row) -> Iterator[str]:
    for cell in row.cells:
        for paragraph in cell.paragraphs:
            yield from (found[1] for found in _PLACE.finditer(paragraph.text))


def _fields_in(row: _Row) -> list[str]:
    return [place.partition(".")[2] for place in _places_in(row) if "." in place]


def _fill(paragraph: Paragraph, values: Values, *, dotted: bool = False) -> None:
    """From the right, so that places further left stay where they were found."""
    runs = paragraph.runs
    text = "".join(run.text for run in runs)
    for found in reversed(list(_PLACE.finditer(text))):
        name = found[1]
        if ("." in name) is not dotted:
            continue
        value = values[name.partition(".")[2] if dotted else name]
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
