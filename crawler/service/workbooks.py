"""Tables as a workbook for a spreadsheet."""

from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from crawler.service.reporting import Cell, Sheet, harmless

_MEASURED = 200  # rows


def as_workbook(sheets: Sequence[Sheet]) -> bytes:
    """One sheet a table, heads frozen, the sum in bold."""
    book = Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.title[:31])
        page.append(list(sheet.columns))
        for row in sheet.rows:
            page.append([harmless(cell) for cell in row])
        for cell in page[1]:
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E8EEF4")
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if sheet.rows and str(sheet.rows[-1][0]) == "合计":
            for cell in page[page.max_row]:
                cell.font = Font(bold=True)
        page.freeze_panes = "B2"
        for number, _ in enumerate(sheet.columns, start=1):
            width = _width([row[number - 1] for row in sheet.rows[:_MEASURED]])
            page.column_dimensions[get_column_letter(number)].width = width
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _width(cells: Sequence[Cell]) -> int:
    """Of a column, in characters; a Chinese one takes the room of two. The head may wrap."""
    longest = max((sum(1 + (c > "\u2e7f") for c in str(cell)) for cell in cells), default=0)
    return min(max(longest, 10), 60) + 2
