"""Names and homepages as people type them into a form, made comparable; what must never be visited
is refused with a reason.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import idna
import tldextract

from crawler.domain.address import address_of, ends_in_number
from crawler.reading.cells import BadCell, without_invisible
from crawler.reading.list_rules import ListRules

_SEPARATORS = re.compile(r"[;,、|\s]+")
_URL_SEPARATORS = re.compile(r"[;、|\s]+|,(?=\s*(?:https?:|www\.))", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):(?!\d)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN_NAME = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9\-]{0,61}[a-z0-9])?"
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?")
_INNER_NAMES = frozenset({"localhost", "local", "internal", "lan", "intranet", "arpa", "onion"})
_FULL_STOPS = str.maketrans({"。": ".", "．": ".", "｡": "."})
_PATH_SAFE = "/?:@!$&'()*+,;=-._~%[]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A site that a cell points at: its host in ASCII, and the URL if more than a bare name was
    given.
    """

    host: str
    url: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """The host without www.; one that would be only a suffix then keeps it."""
        if not self.host.startswith("www."):
            return self.host
        bare = self.host[4:]
        return self.host if _why_nobodys(bare) else bare


def parts_of_names(cell: str) -> Iterator[str]:
    """The names in a cell that may hold several."""
    return (part for part in _SEPARATORS.split(_folded(cell)) if part)


def parts_of_urls(cell: str) -> Iterator[str]:
    """The URLs in a cell that may hold several; a comma inside a query is none between them."""
    return (part for part in _URL_SEPARATORS.split(_folded(cell)) if part)


def _folded(cell: str) -> str:
    """Separators and dots in one width. A tab is kept: browsers drop it, so it is no separator."""
    text = cell.strip(" \r\n\t\u3000\xa0")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", without_invisible(text)).translate(_FULL_STOPS)
    if "\t" in text:
        raise BadCell("含有制表符，浏览器与本系统可能读成不同的主机")
    return text


def plain_place(cell: str) -> Place | None:
    """What a cell of nothing but one ordinary name points at, if that is all it holds."""
    is_plain = _PLAIN_NAME.fullmatch(cell) and "xn--" not in cell
    return Place(host=cell) if is_plain and _why_nobodys(cell) is None else None


def place_in(part: str, rules: ListRules) -> Place:
    """What one name or URL points at; BadCell if it must not or cannot be visited."""
    if _CONTROL.search(part):
        raise BadCell("含有控制字符")
    scheme, rest = _split_scheme(part)
    authority, tail = _split_authority(rest)
    host, port = _split_port(authority)
    _check_port(port, rules)
    if host == part and host.isdigit():
        raise BadCell("只有数字，不是网址")
    name, notes = _host_of(host, rules)
    bare = not (scheme or port or tail.strip("/"))
    url = None if bare else _url(scheme or "http", name, port, tail)
    return Place(host=name, url=url, notes=notes)


def with_url(place: Place) -> Place:
    """As a homepage: there is always a URL, http where no scheme was given."""
    url = place.url or f"http://{place.host}/"
    return Place(host=place.host, url=url, notes=place.notes)


def _split_scheme(part: str) -> tuple[str, str]:
    found = _SCHEME.match(part)
    if not found:
        return "", part.removeprefix("//")
    scheme = found[1].lower()
    if "." in scheme:
        raise BadCell("端口不是数字")
    if scheme not in ("http", "https"):
        raise BadCell(f"不支持的网址类型：{scheme}")
    rest = part[found.end() :]
    if not rest.startswith("//") or rest.startswith("///"):
        raise BadCell("网址写法不规范：协议后应为 //")
    return scheme, rest[2:]


def _split_authority(rest: str) -> tuple[str, str]:
    if "\\" in rest:
        raise BadCell("网址含有反斜杠，浏览器与本系统可能读成不同的主机")
    if "@" in rest:
        raise BadCell("网址含有 @，真实主机可能被伪装")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return authority, rest[len(authority) :].partition("#")[0]


def _split_port(authority: str) -> tuple[str, str]:
    if authority.startswith("["):
        host, _, after = authority.partition("]")
        if after and not after.startswith(":"):
            raise BadCell("网址写法不规范")
        return host + "]", after[1:]
    host, _, port = authority.partition(":")
    return host, port


def _check_port(port: str, rules: ListRules) -> None:
    if not port:
        return
    if not re.fullmatch(r"[0-9]{1,5}", port):
        raise BadCell("端口不是有效数字")
    if int(port) not in rules.ports:
        raise BadCell(f"端口 {int(port)} 不在允许之列")


def _host_of(host: str, rules: ListRules) -> tuple[str, tuple[str, ...]]:
    """The ASCII name or the public address behind a host as written."""
    bare = host.rstrip(".").lower()
    address = address_of(bare)
    if address is not None:
        if not rules.allows(address):
            raise BadCell(f"指向内部或保留地址 {address}")
        if address.version == 6:
            raise BadCell("IPv6 地址不能作为网站")
        return str(address), ()
    if ends_in_number(bare) or "[" in bare:
        raise BadCell("不是有效的 IP 地址")
    if bare.isascii() and "xn--" not in bare:
        return _checked_name(bare), ()
    return _international(bare)


@lru_cache(maxsize=4096)
def _international(name: str) -> tuple[str, tuple[str, ...]]:
    try:
        ascii_name = idna.encode(name, uts46=True, std3_rules=True).decode("ascii")
        written = idna.decode(ascii_name)
    except (idna.IDNAError, UnicodeError):
        raise BadCell("域名含有不能使用的字符") from None
    return _checked_name(ascii_name), _look_alike_notes(written)


def _look_alike_notes(name: str) -> tuple[str, ...]:
    scripts = {unicodedata.name(c, "").partition(" ")[0] for c in name if not c.isascii()}
    foreign = scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "GEORGIAN"}
    has_latin = any(c.isascii() and c.isalpha() for label in name.split(".")[:-1] for c in label)
    if foreign and has_latin:
        return (f"域名“{name}”混用拉丁字母与形近字母，疑似仿冒",)
    return (f"域名“{name}”含有与拉丁字母形近的字母",) if foreign else ()


@lru_cache(maxsize=1)
def _suffixes() -> frozenset[str]:
    """The public suffixes that came with the library: nothing is fetched, nothing kept on disk."""
    listed = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None).tlds
    return frozenset(_ascii_suffix(suffix) for suffix in listed)


def _ascii_suffix(suffix: str) -> str:
    if suffix.isascii():
        return suffix
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in suffix.split(".")
    )


def _is_suffix(name: str) -> bool:
    if name in _suffixes():
        return True
    above = name.partition(".")[2]
    return f"*.{above}" in _suffixes() and f"!{name}" not in _suffixes()


def _checked_name(name: str) -> str:
    """The name if it can be a site of somebody's."""
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadCell("通配域名不能作为网站" if "*" in name else "不是有效的域名")
    if why := _why_nobodys(name):
        raise BadCell(why)
    return name


def _why_nobodys(name: str) -> str | None:
    if name.rpartition(".")[2] in _INNER_NAMES:
        return "内部名称不能作为网站"
    if "." not in name:
        return "不是完整域名"
    return "只是公共后缀，不是某个网站的域名" if _is_suffix(name) else None


def _url(scheme: str, host: str, port: str, tail: str) -> str:
    usual = {"http": "80", "https": "443"}[scheme]
    netloc = host if port in ("", usual) else f"{host}:{int(port)}"
    path = quote(tail, safe=_PATH_SAFE)
    return f"{scheme}://{netloc}{path if path.startswith('/') else '/' + path}"
