"""Workbooks (xlsx, xlsm, xlsb, xls, et, ods): looked into before they are opened, opened in a
process of their own.
"""

import json
import subprocess
import sys
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing
from mmap import ACCESS_READ, mmap
from pathlib import Path

from crawler.domain.errors import BadInput
from crawler.reading.list_rules import MIB, ListRules
from crawler.reading.tables import Row, Table

_CHILD = Path(__file__).with_name("workbook_child.py")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DIED = "工作簿打不开：已损坏，或展开后需要的内存、时间超过上限"


def check_zipped(path: Path, rules: ListRules) -> None:
    """BadInput unless the archive is a workbook of bearable size. Nothing is unpacked for this."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise BadInput("工作簿已损坏，打不开（压缩结构不完整）") from None
    if len(members) > rules.max_members:
        raise BadInput(f"工作簿里的部件太多：{len(members)} 个，上限 {rules.max_members} 个")
    _check_is_workbook({member.filename for member in members})
    _check_unpacked(members, path.stat().st_size, rules)


def check_not_encrypted(path: Path) -> None:
    """BadInput for an xlsx that hides, encrypted, in the shape of an old workbook."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        if content.find(_ENCRYPTED) >= 0:
            raise BadInput("工作簿有密码保护，请去掉密码后再导入")


def _check_is_workbook(names: set[str]) -> None:
    if any(name.startswith("word/") for name in names):
        raise BadInput("文件类型不对：这是 Word 文档，请提供 CSV 或 Excel 格式的备案清单")
    if any(name.startswith("ppt/") for name in names):
        raise BadInput("文件类型不对：这是演示文稿，请提供 CSV 或 Excel 格式的备案清单")
    is_sheet = any(name.startswith("xl/") for name in names)
    if not is_sheet and not {"content.xml", "mimetype"} <= names:
        raise BadInput("文件类型不对：这是 ZIP 压缩包，请解压后导入其中的表格")


def _check_unpacked(members: list[zipfile.ZipInfo], packed: int, rules: ListRules) -> None:
    total = sum(member.file_size for member in members)
    strings = max(
        (m.file_size for m in members if "sharedstrings" in m.filename.lower()), default=0
    )
    if total > rules.max_unpacked_bytes:
        raise BadInput(
            f"工作簿展开后有 {total // MIB} MB，超过上限 {rules.max_unpacked_bytes // MIB} MB"
        )
    if strings > rules.max_shared_strings_bytes:
        raise BadInput(f"工作簿的共享字符串有 {strings // MIB} MB，超过上限")
    if total > 16 * MIB and total > packed * rules.max_ratio:
        raise BadInput(f"工作簿的压缩比异常（{total // max(packed, 1)} 倍），疑似压缩炸弹")


def workbook_tables(path: Path, rules: ListRules) -> Iterator[Table]:
    """Every sheet as a table, in order. A sheet left half-read is skipped to its end."""
    if path.stat().st_size > rules.max_whole_bytes:
        raise BadInput(f"工作簿太大：上限 {rules.max_whole_bytes // MIB} MB，请另存为 CSV")
    with closing(_told_by_child(path, rules)) as told:
        yield from _sheets(told)


def _sheets(told: Iterator[list[object]]) -> Iterator[Table]:
    following: list[list[object]] = []
    for kind, *rest in told:
        if kind != "sheet":
            continue
        following.append(rest)
        while following:
            name, height = following.pop()
            there = height if isinstance(height, int) else 0
            table = Table(name=str(name), rows=_rows_until_next(told, following), there=there)
            yield table
            for _ in table.rows:
                pass


def _rows_until_next(told: Iterator[list[object]], following: list[list[object]]) -> Iterator[Row]:
    for kind, *rest in told:
        if kind == "sheet":
            following.append(rest)
            return
        number, cells = rest
        if isinstance(number, int) and isinstance(cells, list):
            yield Row(number=number, cells=cells)


def _told_by_child(path: Path, rules: ListRules) -> Generator[list[object]]:
    """The child's lines; BadInput for its errors, and for a child that died before its end."""
    limits = [str(rules.child_memory_bytes), str(rules.child_cpu_s)]
    command = [sys.executable, "-P", str(_CHILD), str(path.absolute()), *limits]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        try:
            yield from _lines_before_end(child)
        finally:
            child.kill()


def _lines_before_end(child: "subprocess.Popen[bytes]") -> Iterator[list[object]]:
    assert child.stdout is not None
    for line in child.stdout:
        try:
            told = json.loads(line)
        except ValueError:
            break
        if told[0] == "end":
            return
        if told[0] == "error":
            raise BadInput(told[1])
        yield told
    raise BadInput(_DIED)
