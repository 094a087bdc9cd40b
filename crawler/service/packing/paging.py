"""A filled Word document as a page, for the browser to print: paragraphs and tables with their
sizes and alignment, whatever template they came from.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from crawler.service.packing.filling import read_document

_STYLE = (Path(__file__).parent / "templates" / "form.css").read_text("utf-8")
_ALIGNED = {
    WD_ALIGN_PARAGRAPH.CENTER: "center",
    WD_ALIGN_PARAGRAPH.RIGHT: "right",
    WD_ALIGN_PARAGRAPH.JUSTIFY: "justify",
}
_HEADINGS = ("黑体", "SimHei", "方正小标宋")


def page_of(content: bytes, title: str, after: str = "", style: str = "") -> bytes:
    """One HTML document, complete in itself, without script; `after` is markup of ours that stands
    below the paper, with its own style.
    """
    document = read_document(content)
    inside = "".join(_blocks(document.iter_inner_content()))
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}{style}</style></head>"
        f"<body>{inside}{after}</body></html>"
    ).encode("utf-8", "replace")


def _blocks(content: Any) -> Iterator[str]:
    for block in content:
        if isinstance(block, Paragraph):
            yield _paragraph(block)
        elif isinstance(block, Table):
            yield _table(block)


def _paragraph(paragraph: Paragraph) -> str:
    styles = []
    if paragraph.alignment in _ALIGNED:
        styles.append(f"text-align:{_ALIGNED[paragraph.alignment]}")
    indent = paragraph.paragraph_format.first_line_indent
    if indent:
        styles.append(f"text-indent:{indent.pt:g}pt")
    for name, space in (
        ("top", paragraph.paragraph_format.space_before),
        ("bottom", paragraph.paragraph_format.space_after),
    ):
        if space is not None:
            styles.append(f"margin-{name}:{space.pt:g}pt")
    sizes = [run.font.size.pt for run in paragraph.runs if run.font.size is not None]
    if sizes:
        styles.append(f"font-size:{max(sizes):g}pt")
    inside = "".join(_run(run) for run in paragraph.runs)
    return f'<p style="{";".join(styles)}">{inside or "&nbsp;"}</p>'


def _run(run: Any) -> str:
    text = escape(run.text).replace("\n", "<br>").replace("\t", "&emsp;")
    styles = []
    if run.font.size is not None:
        styles.append(f"font-size:{run.font.size.pt:g}pt")
    heading = run.bold or any(name in (run.font.name or "") for name in _HEADINGS)
    kind = ' class="heading"' if heading else ""
    return f'<span{kind} style="{";".join(styles)}">{text}</span>' if styles or kind else text


def _table(table: Table) -> str:
    head, rows = "", ""
    for row in table.rows:
        made = f"<tr>{''.join(_cell(cell) for cell in row.cells)}</tr>"
        if row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None:
            head += made
        else:
            rows += made
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _cell(cell: Any) -> str:
    width = f' style="width:{cell.width.cm:.2f}cm"' if cell.width is not None else ""
    return f"<td{width}>{''.join(_blocks(cell.iter_inner_content()))}</td>"
