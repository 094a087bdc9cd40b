"""The four errors of the house, named by what the caller does next. A page that is down is none:
it is a Capture.
"""

import errno
import re
import socket
import ssl
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

_REASONS = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOTDIR: "它不是文件夹",
    errno.EISDIR: "它是文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "只读",
    errno.ENAMETOOLONG: "文件名过长",
    errno.EEXIST: "已有同名文件",
    errno.ENOSPC: "空间不足",
    errno.EDQUOT: "超出磁盘配额",
    errno.EIO: "读写出错，磁盘可能损坏",
    errno.EMFILE: "打开的文件过多",
    errno.ENFILE: "打开的文件过多",
    errno.EADDRINUSE: "端口已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
    errno.ECONNREFUSED: "对方拒绝连接",
    errno.ECONNRESET: "连接被重置",
    errno.ETIMEDOUT: "连接超时",
    errno.ENETUNREACH: "网络不可达",
    errno.EHOSTUNREACH: "主机不可达",
    errno.EPIPE: "连接被断开",
    socket.EAI_NONAME: "域名解析不到地址",
    socket.EAI_AGAIN: "域名服务没有答复",
}


class WatchError(Exception):
    """Something the caller must decide about."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).__doc__ or "")


class TryLater(WatchError):
    """The same call may succeed later."""


class StoreAway(TryLater):
    """The database does not answer, is held by somebody else or has no room; it may in a moment."""


class GiveUp(WatchError):
    """The same call will never succeed."""


class NotAllowed(WatchError):
    """This actor may not do this, or the state does not permit it."""


class BadInput(WatchError):
    """What came in cannot be used; the message says what and where, in one line."""


def reason_of(error: OSError) -> str:
    """Why the system or the network would not do it, in words for people; in its own where we have
    none.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"证书不可信（{error.verify_message}）"
    if isinstance(error, ssl.SSLError):  # its number is of another list
        return f"加密连接未能建立（{error.reason or type(error).__name__}）"
    if isinstance(error, TimeoutError) and not error.errno:
        return _REASONS[errno.ETIMEDOUT]
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def wrong_with(error: Mapping[str, Any]) -> str:
    """What is wrong with a value, by the kind of pydantic's error; what our own checks say, as it
    is.
    """
    bounds = {name: str(value)[:200] for name, value in (error.get("ctx") or {}).items()}
    bounds |= {"expected": _OR.sub("、", bounds.get("expected", ""))}
    for kind, said in _KINDS.items():
        if error["type"].startswith(kind):
            return said.format_map(defaultdict(str, bounds))
    return "不是可以采用的值"


# Beginnings of pydantic's names; the first that fits counts.
_KINDS = {
    "missing": "缺少这一项",
    "greater_than_equal": "须不小于 {ge}",
    "greater_than": "须大于 {gt}",
    "less_than_equal": "须不大于 {le}",
    "less_than": "须小于 {lt}",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "写法不符",
    "string": "须为文字",
    "int": "须为整数",
    "float": "须为数字",
    "bool": "须为 true 或 false",
    "datetime": "须为带时区的时间，如 2026-05-12T09:00:00+08:00",
    "timezone": "须为带时区的时间，如 2026-05-12T09:00:00+08:00",
    "date": "须为日期，如 2026-05-12",
    "enum": "不在可用的值之内：{expected}",
    "literal": "不在可用的值之内：{expected}",
    "extra_forbidden": "没有这一项",
    "json": "不是 JSON",
    "ip_any": "须为 IP 地址",
    "list": "须为数组",
    "tuple": "须为数组",
    "dict": "须为一节",
    "model": "须为一节",
    "value_error": "{error}",
}
_OR = re.compile(r", | or ")


def fault_in_toml(error: ValueError) -> str:
    """Where a file is no TOML, as far as its reader says."""
    if isinstance(error, UnicodeDecodeError):
        return "不是 UTF-8"
    place = re.search(r"line (\d+), column (\d+)", str(error))
    return f"第 {place[1]} 行第 {place[2]} 列写法不对" if place else "写法不对"
