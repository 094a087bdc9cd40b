"""How the machine's clock stands, by the kernel's own account: what a record of evidence must say
beside the time. Whoever keeps the clock (chrony, ntpd, systemd-timesyncd) tells the kernel.
"""

import ctypes
import struct
import sys

_ROOM = 256  # bytes; struct timex takes 208 on 64-bit Linux
_UNSYNCHRONISED, _NANOSECONDS = 0x0040, 0x2000  # bits of timex.status
UNKNOWN = "未知：本系统不报告校时状态"


def clock_state() -> str:
    """One clause in Chinese: synchronised or not, offset and greatest error in seconds."""
    told = _asked()
    return UNKNOWN if told is None else said(*told)


def said(offset: int, greatest_error: int, status: int) -> str:
    """What the kernel's numbers mean; the error is in microseconds, the offset too unless the
    status says nanoseconds.
    """
    if status & _UNSYNCHRONISED:
        return "未与时间源同步（系统未报告校时），时间以本机时钟为准"
    offset_s = offset / (1e9 if status & _NANOSECONDS else 1e6)
    return f"已与时间源同步，偏差 {offset_s:+.6f} 秒，误差上限 {greatest_error / 1e6:.3f} 秒"


def _asked() -> tuple[int, int, int] | None:
    if not sys.platform.startswith("linux") or struct.calcsize("l") != 8:
        return None
    room = ctypes.create_string_buffer(_ROOM)
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(room)
    except (OSError, AttributeError):
        return None
    if answer < 0:
        return None
    offset, _, greatest_error, _ = struct.unpack_from("4l", room, 8)
    (status,) = struct.unpack_from("i", room, 40)
    return offset, greatest_error, status
