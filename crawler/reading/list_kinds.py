"""What a file that claims to be a filing list really is, told by its first bytes and never by its
name.
"""

import stat
from enum import StrEnum
from pathlib import Path

from crawler.domain.errors import BadInput, reason_of
from crawler.reading.list_rules import MIB, ListRules


class Kind(StrEnum):
    """The kinds that are read."""

    TEXT = "text"
    ZIPPED_WORKBOOK = "zipped_workbook"  # xlsx, xlsm, xlsb, ods: to be looked into before opening
    OLD_WORKBOOK = "old_workbook"  # xls, et, or an encrypted xlsx
    JSON = "json"
    HTML = "html"  # what many systems export under the name of .xls


_MAGIC = (
    (b"%PDF", "PDF 文件"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"BZh", "bzip2 压缩包"),
    (b"\xfd7zXZ", "xz 压缩包"),
    (b"\x28\xb5\x2f\xfd", "zstd 压缩包"),
    (b"{\\rtf", "RTF 文档"),
    (b"\x7fELF", "程序"),
    (b"MZ", "程序"),
    (b"SQLite format 3", "SQLite 数据库"),
)
_HTML = (b"<!doctype", b"<html", b"<table", b"<meta", b"<head", b"<body", b"<style", b"<div")
_WANTED = "请提供 CSV、Excel（xlsx、xls）、ODS 或 JSON 格式的备案清单"


def kind_of(path: Path, rules: ListRules) -> Kind:
    """The kind of a readable file of bearable size; otherwise BadInput says what is wrong."""
    _check_size(path, rules)
    head = _head_of(path)
    if head.startswith(b"PK\x03\x04"):
        return Kind.ZIPPED_WORKBOOK
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") or head[:2] == b"\x09\x08":
        return Kind.OLD_WORKBOOK
    for magic, name in _MAGIC:
        if head.startswith(magic) and not _is_words(head, magic):
            raise BadInput(f"文件类型不对：这是{name}，{_WANTED}")
    return _kind_of_text(head)


def _is_words(head: bytes, magic: bytes) -> bool:
    """A CSV may begin with BM or MZ; a picture or a program has zero bytes soon."""
    return len(magic) == 2 and magic.isalpha() and b"\x00" not in head


def _kind_of_text(head: bytes) -> Kind:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Kind.TEXT
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise BadInput("文件是空的：没有任何行")
    if b"\x00" in head:
        raise BadInput(f"不是文本表格：文件里有二进制内容，{_WANTED}")
    if start[:16].lower().startswith(_HTML):
        return Kind.HTML
    if start.startswith(b"<?xml"):
        raise BadInput(f"文件类型不对：这是 XML，请另存为 xlsx。{_WANTED}")
    return Kind.JSON if start[:1] in (b"{", b"[") else Kind.TEXT


def _check_size(path: Path, rules: ListRules) -> None:
    try:
        state = path.stat()
    except FileNotFoundError:
        raise BadInput(f"找不到文件：{path}") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"读不了文件：{path}（{error}）") from None
    if stat.S_ISDIR(state.st_mode):
        raise BadInput(f"这是一个文件夹，不是备案清单：{path}")
    if not stat.S_ISREG(state.st_mode):
        raise BadInput(f"这不是一个普通文件：{path}")
    if not state.st_size:
        raise BadInput("文件是空的：没有任何行")
    if state.st_size > rules.max_bytes:
        raise BadInput(f"文件太大：{state.st_size // MIB} MB，上限 {rules.max_bytes // MIB} MB")


def _head_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(65_536)
    except OSError as error:
        raise BadInput(f"读不了文件：{path}（{reason_of(error)}）") from None
