"""What goes into the browser worker and what comes out: as whom to look, how much a page may use,
and what was seen.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crawler.domain.capture import Flag, Hop, Outcome, PageText, Profile, TlsFacts

_MIB = 1024 * 1024
LANGUAGE = "zh-CN"
_NOBODY = ("Not:A-Brand", "8.0.0.0")  # Chromium's own list has such an entry, too


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """As whom a page is visited."""

    width: int
    height: int
    user_agent: str  # {version} stands for the browser's major version
    scale: float = 1.0
    phone: bool = False
    referer: str = ""

    def size_at(self, scale: float) -> tuple[float, float]:
        """How many CSS pixels the screen shows, at so many device pixels each."""
        return self.width * self.scale / scale, self.height * self.scale / scale

    def agent_of(self, number: str) -> str:
        """The User-Agent that goes with a browser of this version."""
        return self.user_agent.format(version=number.partition(".")[0])

    def names(self, number: str) -> dict[str, Any]:
        """All that a site may ask the browser's name by, alike: its client hints would say
        HeadlessChrome, and a cloak needs no more.
        """
        product = "Android WebView" if self.phone else "Google Chrome"
        brands = [(product, number), ("Chromium", number), _NOBODY]
        machine = _PHONE if self.phone else _PC
        return {
            "userAgent": self.agent_of(number),
            "acceptLanguage": LANGUAGE,
            "userAgentMetadata": {
                **machine,
                "mobile": self.phone,
                "brands": [{"brand": b, "version": v.partition(".")[0]} for b, v in brands],
                "fullVersionList": [{"brand": b, "version": v} for b, v in brands],
            },
        }


_PC = {
    "platform": "Windows", "platformVersion": "10.0.0", "architecture": "x86", "bitness": "64",
    "model": "",
}  # fmt: skip
_PHONE = {
    "platform": "Android", "platformVersion": "14.0.0", "architecture": "", "bitness": "",
    "model": "23127PN0CC",
}  # fmt: skip
_DESKTOP_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{version}.0.0.0 Safari/537.36"
)
_WECHAT_AGENT = (
    "Mozilla/5.0 (Linux; Android 14; 23127PN0CC Build/UKQ1.230804.001; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/{version}.0.0.0 Mobile Safari/537.36 "
    "MicroMessenger/8.0.54.2760(0x28003656) WeChat/arm64 Weixin NetType/4G Language/zh_CN ABI/arm64"
)

LOOKS = {
    Profile.DESKTOP: Look(width=1280, height=800, user_agent=_DESKTOP_AGENT),
    Profile.PHONE: Look(width=390, height=844, scale=2.0, phone=True, user_agent=_WECHAT_AGENT),
    Profile.SEARCH: Look(
        width=1280, height=800, user_agent=_DESKTOP_AGENT, referer="https://www.baidu.com/"
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderLimits:
    """What one page may use."""

    total_s: float = 45.0
    load_s: float = 20.0
    settle_s: float = 5.0  # after loading, for what scripts still fetch
    quiet_s: float = 0.4  # nothing under way for so long: settled
    read_s: float = 8.0  # each of text, DOM, picture
    dialogs: int = 10
    windows: int = 10
    navigations: int = 12
    full_picture_s: float = 12.0
    picture_width: int = 2_560  # pixels of the full picture
    picture_height: int = 16_384
    dom_characters: int = 8 * _MIB
    jpeg_quality: int = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedConnection:
    """Where a page wanted to go and may not."""

    host: str
    port: int
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """One page as the browser saw it; a page that could not be seen has an outcome and a reason."""

    url: str
    profile: Profile
    outcome: Outcome
    reason: str = ""  # in words, for an officer
    flags: tuple[Flag, ...] = ()
    hops: tuple[Hop, ...] = ()
    final_url: str = ""
    status: int | None = None
    content_type: str = ""
    title: str = ""
    text: PageText = field(default_factory=PageText)
    dom: str = ""
    picture: bytes = b""  # JPEG of the first screen, the page's pixels and nothing else
    full_picture: bytes | None = None
    tls: TlsFacts | None = None
    viewport: tuple[int, int, float] = (0, 0, 1.0)  # CSS width, height; pixels a CSS pixel
    browser: str = ""  # product and version
    started_at: datetime
    ended_at: datetime
    refused: tuple[RefusedConnection, ...] = ()
    dialogs: int = 0
    windows: int = 0
    received_bytes: int = 0
