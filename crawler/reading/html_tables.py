"""Tables in HTML, which many systems export under the name of .xls: the rows of all of them."""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree  # type: ignore[import-untyped]

from crawler.domain.errors import BadInput
from crawler.reading.tables import Row, Table


def html_table(path: Path, encoding: str) -> Table:
    """All rows of the page as one table, numbered in their order."""
    return Table(name="", rows=_rows(path, encoding))


def _rows(path: Path, encoding: str) -> Iterator[Row]:
    walk = etree.iterparse(
        str(path), events=("end",), tag="tr", html=True, encoding=encoding, no_network=True
    )
    try:
        for number, (_, row) in enumerate(walk, start=1):
            yield Row(number=number, cells=[_text_of(cell) for cell in row if _is_cell(cell)])
            _forget(row)
    except etree.XMLSyntaxError:
        raise BadInput("文件类型不对：这是网页，里面没有读得出的备案表格") from None


def _is_cell(element: etree._Element) -> bool:
    return element.tag in ("td", "th")


def _text_of(cell: etree._Element) -> str:
    return "".join(str(text) for text in cell.itertext()).strip()


def _forget(row: etree._Element) -> None:
    """Flat memory: what was read is dropped from the tree."""
    row.clear()
    parent = row.getparent()
    while parent is not None and row.getprevious() is not None:
        del parent[0]
