"""As whom a page is asked for: one table of request headers a profile."""

from collections.abc import Mapping

from crawler.domain.capture import Profile

ACCEPTED_CODINGS = "gzip, deflate, br, zstd"
_ALL = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.6",
    "Accept-Encoding": ACCEPTED_CODINGS,
    "Upgrade-Insecure-Requests": "1",
}
_DESKTOP_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
_PHONE_AGENT = (
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/126.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
)
HEADERS: Mapping[Profile, Mapping[str, str]] = {
    Profile.DESKTOP: {"User-Agent": _DESKTOP_AGENT, **_ALL},
    Profile.PHONE: {"User-Agent": _PHONE_AGENT, **_ALL},
    Profile.SEARCH: {
        "User-Agent": _DESKTOP_AGENT,
        **_ALL,
        "Referer": "https://www.baidu.com/s?wd=%E5%AE%98%E7%BD%91",
    },
}


def headers_for(profile: Profile, agent: str = "") -> dict[str, str]:
    """The headers to send; a desktop may call itself what the settings say."""
    own = {"User-Agent": agent} if agent and profile is not Profile.PHONE else {}
    return {**HEADERS[profile], **own}
