"""Families 同族: sites that one hand made from one kit. Marks are what such sites share."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class MarkKind(StrEnum):
    """What two sites of one hand may share."""

    TEXT = "text"  # one band of the words' MinHash
    SHAPE = "shape"  # one band of the markup's MinHash
    PICTURE = "picture"  # one quarter of the first screen's difference hash
    FAVICON = "favicon"
    MOBILE = "mobile"
    PHONE = "phone"
    QQ = "qq"
    WECHAT = "wechat"
    TELEGRAM = "telegram"
    EMAIL = "email"
    STATISTICS = "statistics"
    DOWNLOAD = "download"
    QR = "qr"


MARK_NAMES = {
    MarkKind.TEXT: "文字雷同",
    MarkKind.SHAPE: "模板雷同",
    MarkKind.PICTURE: "首屏雷同",
    MarkKind.FAVICON: "图标相同",
    MarkKind.MOBILE: "手机号相同",
    MarkKind.PHONE: "电话相同",
    MarkKind.QQ: "QQ 相同",
    MarkKind.WECHAT: "微信号相同",
    MarkKind.TELEGRAM: "电报号相同",
    MarkKind.EMAIL: "邮箱相同",
    MarkKind.STATISTICS: "统计编号相同",
    MarkKind.DOWNLOAD: "应用下载地址相同",
    MarkKind.QR: "二维码相同",
}
TEXT_BANDS, SHAPE_BANDS, PICTURE_BANDS = 16, 8, 4
_KIN = 1.0
# A number that reaches one person ties two sites together alone; a hotline, a counter or a look
# only with another mark, for a vendor's customers share those.
_WEIGHTS = {
    MarkKind.MOBILE: 1.0,
    MarkKind.QQ: 1.0,
    MarkKind.WECHAT: 1.0,
    MarkKind.TELEGRAM: 1.0,
    MarkKind.PHONE: 0.8,
    MarkKind.EMAIL: 0.8,
    MarkKind.STATISTICS: 0.8,
    MarkKind.DOWNLOAD: 0.8,
    MarkKind.QR: 0.8,
    MarkKind.FAVICON: 0.4,
}
# How many shared bands mean how much: half of the text bands stand for a Jaccard index of 0.7.
_BANDED = {
    MarkKind.TEXT: ((8, 1.0), (4, 0.5)),
    MarkKind.SHAPE: ((6, 0.5), (4, 0.25)),
    MarkKind.PICTURE: ((4, 0.6), (3, 0.4)),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One thing that a page shows and a relative would show too."""

    kind: MarkKind
    value: str

    @property
    def key(self) -> str:
        """How it is kept and looked up."""
        return f"{self.kind}:{self.value}"[:120]


def mark_from(key: str) -> Mark:
    """The mark behind a key."""
    kind, _, value = key.partition(":")
    return Mark(kind=MarkKind(kind), value=value)


def closeness(shared: Iterable[Mark]) -> float:
    """How much shared marks say; each plain kind counts once."""
    kinds = Counter(mark.kind for mark in shared)
    plain = sum(weight for kind, weight in _WEIGHTS.items() if kinds[kind])
    banded = (
        next((weight for least, weight in steps if kinds[kind] >= least), 0.0)
        for kind, steps in _BANDED.items()
    )
    return plain + sum(banded)


def are_kin(shared: Iterable[Mark]) -> bool:
    """Whether two sites that share these marks belong together."""
    return closeness(shared) >= _KIN


def told_kinds(shared: Iterable[Mark]) -> tuple[MarkKind, ...]:
    """The kinds that count, in the order of the list; a few shared bands are chance."""
    kinds = Counter(mark.kind for mark in shared)
    least = {kind: steps[-1][0] for kind, steps in _BANDED.items()}
    return tuple(kind for kind in MarkKind if kinds[kind] >= least.get(kind, 1))
