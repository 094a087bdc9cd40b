"""The bundled filing list in the shapes it is handed over in: `filings.csv` (GB18030, as an export
that somebody opened in Excel once) and `filings.xlsx`, both made from the readable `filings.tsv`.

`python -m tests.site.filings` writes both anew.
"""

import csv
import io
from pathlib import Path

from openpyxl import Workbook

HERE = Path(__file__).parent


def rows() -> list[list[str]]:
    """Header and rows, as cells of text."""
    lines = (HERE / "filings.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines]


def as_csv() -> bytes:
    """The list as GB18030 bytes."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows())
    return out.getvalue().encode("gb18030")


def as_workbook() -> Workbook:
    """The list as one sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "备案信息"
    for row in rows():
        sheet.append(row)
    return book


def main() -> None:
    """Write both files beside this one."""
    (HERE / "filings.csv").write_bytes(as_csv())
    as_workbook().save(HERE / "filings.xlsx")


if __name__ == "__main__":
    main()
