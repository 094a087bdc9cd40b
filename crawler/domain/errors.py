"""The four errors of the house, named by what the caller does next. A page that is down is none:
it is a Capture.
"""

import errno
import socket
import ssl

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
