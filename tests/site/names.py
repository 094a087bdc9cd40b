"""Which made-up name does what: a page of its own, a fault, or nothing at all."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Name:
    """One registered domain. `www.` in front of it does the same, unless `only` says which of
    the two exists.
    """

    domain: str
    does: str = "page"  # a method of behaviours, or: absent, refused
    to: str = ""  # where a redirect goes
    charset: str = "utf-8"  # the bytes of the page
    content_type: str = "text/html; charset=utf-8"
    https: bool = False  # answers on the TLS port
    http: bool = True
    only: str = ""  # "www" or "bare"
    robots: str = ""

    @property
    def folder(self) -> str:
        return self.domain.split(".")[0].removesuffix("-demo")

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(host for host in (self.domain, f"www.{self.domain}") if self._is(host))

    @property
    def absent(self) -> tuple[str, ...]:
        return tuple(h for h in (self.domain, f"www.{self.domain}") if not self._is(h))

    def _is(self, host: str) -> bool:
        if self.does == "absent":
            return False
        return not self.only or (self.only == "www") == host.startswith("www.")


RISKY = (
    Name(domain="huitongjinfu-demo.cn"),
    Name(domain="hengxindr-demo.com"),
    Name(domain="songheyl-demo.cn"),
    Name(domain="bitzhiya-demo.com"),
    Name(domain="xinrongtong-demo.cn"),
)
CAREFUL = (
    Name(domain="puhaibank-demo.com"),
    Name(domain="fanzha-demo.cn"),
)
ORDINARY = (Name(domain="jinggong-demo.cn"),)
DEAD = (
    Name(domain="shiwang-demo.cn", does="absent"),
    Name(domain="jujue-demo.cn", does="refused"),
    Name(domain="chenmo-demo.cn", does="silent"),
    Name(domain="zhaobudao-demo.cn", does="missing"),
    Name(domain="baocuo-demo.cn", does="broken"),
    Name(domain="zhuanquan-demo.cn", does="loop"),
    Name(domain="banjia-demo.cn", does="moved", to="http://www.huitongjinfu-demo.cn/"),
    Name(domain="neiwang-demo.cn", does="inward"),
    Name(domain="wujin-demo.cn", does="endless"),
    Name(domain="zhadan-demo.cn", does="bomb"),
    Name(domain="duanliu-demo.cn", does="short"),
    Name(domain="fenkuai-demo.cn", does="bad_chunk"),
    Name(domain="toubu-demo.cn", does="huge_header"),
)

NAMES = RISKY + CAREFUL + ORDINARY + DEAD


def hosts_lines(
    names: tuple[Name, ...], *, addresses: tuple[str, ...], http: int, https: int, refused: int
) -> Iterator[str]:
    """Lines of `crawl.hosts`: `address:http-port:https-port name …`, and `- name …` for names
    that do not exist. A port where a name does not answer is one that refuses.
    """
    for number, name in enumerate(names):
        if name.hosts:
            alive = name.does != "refused"
            ports = (
                http if name.http and alive else refused,
                https if name.https and alive else refused,
            )
            address = addresses[number % len(addresses)]
            yield f"{address}:{ports[0]}:{ports[1]} {' '.join(name.hosts)}"
        if name.absent:
            yield f"- {' '.join(name.absent)}"
