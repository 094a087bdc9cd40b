"""The process that opens a workbook, because a small workbook can ask for more memory than there
is and take its process along. One JSON line a row on standard output, the word "end" at the end.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import python_calamine as calamine

SHEET, ROW, ERROR, END = "sheet", "row", "error", "end"


def text_of(cell: object) -> str:
    """A cell as a person would read it: no .0 behind whole numbers, ISO dates."""
    match cell:
        case None:
            return ""
        case bool():
            return "是" if cell else "否"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def lines_of(path: Path) -> Iterator[list[object]]:
    """What the parent is told, line by line."""
    try:
        with path.open("rb") as file, calamine.CalamineWorkbook.from_filelike(file) as workbook:
            for name in workbook.sheet_names:
                sheet = workbook.get_sheet_by_name(name)
                yield [SHEET, name, sheet.height]
                for number, cells in enumerate(sheet.iter_rows(), start=1):
                    yield [ROW, number, [text_of(cell) for cell in cells]]
    except calamine.PasswordError:
        yield [ERROR, "工作簿有密码保护，请去掉密码后再导入"]
    except (calamine.CalamineError, ValueError, OSError) as error:
        yield [ERROR, f"工作簿已损坏，打不开（{str(error)[:80]}）"]
    yield [END]


def main(path: Path, memory_bytes: int, cpu_s: int) -> None:
    """Limit this process, then write."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout
    for line in lines_of(path):
        out.write(json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
