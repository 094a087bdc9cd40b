"""Where a page leads: app packages, other sites, and the counters that one hand's sites share."""

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

import tldextract

from crawler.reading.soup import Tree, attribute

_MOST_LINKS = 3_000
_MOST_HOSTS = 200
_MOST_DOWNLOADS = 50
_MOST_SOURCE = 3_000_000
_PACKAGE = re.compile(
    r"\.(?:apk|ipa|mobileconfig|mobileprovision|xapk|hap)(?:[?#]|$)|^itms-(?:services|apps?|beta):|"
    r"^(?:https?:)?//(?:apps|itunes)\.apple\.com/|//testflight\.apple\.com/|"
    r"//(?:a\.app|sj)\.qq\.com/|//android\.myapp\.com/|//(?:www\.)?pgyer\.com/|//fir\.im/|//(?:d\.)?firim\.|"
    r"//play\.google\.com/store/apps/|//(?:appgallery|appstore)\.(?:cloud\.)?huawei\.com/",
    re.IGNORECASE,
)
_PACKAGE_IN_SCRIPT = re.compile(
    r"[\"'(=]((?:https?:)?/[^\"'\s<>]{1,500}?\.(?:apk|ipa|mobileconfig)|itms-services:[^\"'\s<>]{1,500})",
    re.IGNORECASE,
)
_COUNTERS: tuple[tuple[str, str], ...] = (
    ("baidu", r"hm\.baidu\.com/hm?\.js\?([0-9a-f]{32})"),
    ("cnzz", r"cnzz\.com/(?:z_)?(?:stat|core)\.php\?(?:[^\"'\s<>]{0,80}?&)?(?:web_)?id=(\d{5,12})"),
    ("cnzz", r"cnzz_stat_icon_(\d{5,12})"),
    ("51la", r"(?:js\.users|web)\.51\.la/(?:go\.asp\?\S{0,20}?id=)?(\d{5,12})"),
    ("51la", r"LA\.init\(\s*\{\s*id\s*:\s*[\"'](\w{10,24})"),
    ("google", r"[\"'=](UA-\d{4,12}-\d{1,4}|G-[A-Z0-9]{8,12}|GTM-[A-Z0-9]{5,9})\b"),
    ("53kf", r"53kf\.com/(?:kf|code/\w{1,20})\S{0,60}?(?:arg|code)[=/](\w{5,40})"),
    ("meiqia", r"_MEIQIA\(\s*[\"']entId[\"']\s*,\s*[\"']?(\w{4,40})"),
    ("livechat", r"__lc\.license\s*=\s*(\d{5,12})"),
    ("tawk", r"embed\.tawk\.to/(\w{20,30})"),
)
_STATISTICS = tuple((name, re.compile(text)) for name, text in _COUNTERS)


def find_downloads(tree: Tree, html: str) -> tuple[str, ...]:
    """The addresses of app packages and store pages, in links, attributes and scripts."""
    found = [address for address in _addresses(tree) if _PACKAGE.search(address)]
    known = "\n".join(found)
    in_scripts = _PACKAGE_IN_SCRIPT.findall(html[:_MOST_SOURCE])
    found += [address for address in in_scripts if address not in known]
    return tuple(dict.fromkeys(address[:500] for address in found))[:_MOST_DOWNLOADS]


def find_links_out(tree: Tree, url: str) -> tuple[str, ...]:
    """The hosts of other registered domains that links and frames point to. Without the page's
    own address every host counts.
    """
    own = registered(_host(url))
    hosts = dict.fromkeys(_host(address) for address in _addresses(tree) if "//" in address[:20])
    return tuple(host for host in hosts if host and registered(host) != own)[:_MOST_HOSTS]


def statistics_ids_in(html: str) -> tuple[str, ...]:
    """Accounts at counters and chat services, as service:id, each once."""
    source = html[:_MOST_SOURCE]
    found = (f"{name}:{one}" for name, pattern in _STATISTICS for one in pattern.findall(source))
    return tuple(dict.fromkeys(found))[:50]


def registered(host: str) -> str:
    """The registered domain of a host (a.b.com.cn → b.com.cn); the host itself if it has none."""
    return _suffixes()(host).top_domain_under_public_suffix or host


def _addresses(tree: Tree) -> Iterator[str]:
    for element in tree.named("a", "area", "iframe", "frame")[:_MOST_LINKS]:
        for name in ("href", "src", "data-href", "data-url"):
            if address := attribute(element, name).strip():
                yield address


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


@cache
def _suffixes() -> tldextract.TLDExtract:
    """The list that came with the library: nothing is fetched, nothing kept on disk."""
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
