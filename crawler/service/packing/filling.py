"""Word templates with {{placeholders}}: filled, or refused with the placeholder that is wrong.

A placeholder may be cut over several runs, as Word likes to do, and stand wherever Word has text:
in a table, a text box, a control, a link, a header. A table row with {{list.field}} is repeated for
each item of the list. What is filled in is text and nothing else.
"""

import copy
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from docx.text.run import Run

from crawler.domain.errors import BadInput
from crawler.service.packing.archive import EPOCH

Values = Mapping[str, str | Sequence[Mapping[str, str]]]
LARGEST = 8 << 20
_LARGEST_UNPACKED = 64 << 20
_PLACE = re.compile(r"\{\{\s*([^{}]{1,40}?)\s*\}\}")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOTHING = "—"
_PARAGRAPH, _RUN, _ROW, _DELETED = qn("w:p"), qn("w:r"), qn("w:tr"), qn("w:del")


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
    for paragraph in _paragraphs(document):
        _fill(paragraph, values, items.get(paragraph))
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
        text = _text(paragraph)
        rest = _PLACE.sub("", text)
        if "{{" in rest or "}}" in rest:
            at = rest.find("{{") if "{{" in rest else rest.find("}}")
            raise BadInput(f"模板 {name} 的占位符不完整：{rest[max(0, at - 10) : at + 20].strip()}")
        for found in _PLACE.finditer(text):
            if "." in found[1] and next(paragraph.iterancestors(_ROW), None) is None:
                raise BadInput(f"模板 {name} 的占位符 {found[0]} 须放在表格的一行里")
            yield found[1]
    for part in document.part.package.iter_parts():
        if not isinstance(part, XmlPart) and part.partname.endswith(".xml") and b"{{" in part.blob:
            raise BadInput(f"模板 {name} 的占位符不能放在 {part.partname.filename} 里")


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
    rows = dict.fromkeys(
        next(paragraph.iterancestors(_ROW))
        for paragraph in _paragraphs(document)
        if any("." in place for place in _places_in(paragraph))
    )
    for row in rows:
        for item in _listed(row, name, values):
            made = copy.deepcopy(row)
            row.addprevious(made)
            found |= dict.fromkeys(made.iter(_PARAGRAPH), item)
        row.getparent().remove(row)
    return found


def _listed(row: Any, name: str, values: Values) -> Sequence[Mapping[str, str]]:
    """The list that a row is repeated for."""
    places = [place for paragraph in row.iter(_PARAGRAPH) for place in _places_in(paragraph)]
    fields = [place.partition(".") for place in places if "." in place]
    lists = {head for head, _, _ in fields}
    if len(lists) > 1:
        raise BadInput(f"模板 {name} 的同一行里有两个列表：{'、'.join(sorted(lists))}")
    items = values[lists.pop()]
    assert not isinstance(items, str)
    return items or [{field: _NOTHING for _, _, field in fields}]


def _places_in(paragraph: Any) -> list[str]:
    return [found[1] for found in _PLACE.finditer(_text(paragraph))]


def _text(paragraph: Any) -> str:
    return "".join(run.text for run in _runs(paragraph))


def _runs(paragraph: Any) -> list[Run]:
    """Its own, in links and controls too; not those of a text box that hangs on it."""
    return [
        Run(run, paragraph)
        for run in paragraph.iter(_RUN)
        if next(run.iterancestors(_PARAGRAPH)) is paragraph
        and next(run.iterancestors(_DELETED), None) is None
    ]


def _fill(paragraph: Any, values: Values, item: Mapping[str, str] | None) -> None:
    """From the right, so that places further left stay where they were found."""
    runs = _runs(paragraph)
    text = "".join(run.text for run in runs)
    for found in reversed(list(_PLACE.finditer(text))):
        head, dot, field = found[1].partition(".")
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


def _paragraphs(document: Any) -> list[Any]:
    """Of the text, its headers and footers, wherever in them."""
    parts = document.part.package.iter_parts()
    roots = [part.element for part in parts if isinstance(part, XmlPart)]
    return [paragraph for root in roots for paragraph in root.iter(_PARAGRAPH)]


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
