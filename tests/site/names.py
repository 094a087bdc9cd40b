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
    shows: str = ""  # the folder of its pages, where it is not called like the domain
    catch_all: bool = False  # whatever stands before the domain gets the same

    @property
    def folder(self) -> str:
        return self.shows or self.domain.split(".")[0].removesuffix("-demo")

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
    Name(domain="yunlianlq-demo.com"),
    Name(domain="quanfanmall-demo.cn"),
    Name(domain="niugu-demo.com"),
    Name(domain="pzcaopan-demo.cn"),
    Name(domain="goldfx-demo.com"),
    Name(domain="shanjie-demo.cn"),
    Name(domain="yuanshigu-demo.cn"),
    Name(domain="cangpin-demo.com"),
    Name(domain="chongdian-demo.cn"),
    Name(domain="paofen-demo.com"),
    Name(domain="abdai-demo.cn"),
    Name(domain="tuibao-demo.com"),
    Name(domain="anxinbao-demo.cn"),
    Name(domain="gangrui-demo.com"),
    Name(domain="jinniuwealth-demo.cn"),
    Name(domain="yinshancf-demo.com"),
    Name(domain="minjian-demo.cn", charset="gb18030", content_type="text/html"),
    Name(domain="jinlibao-demo.com"),
    Name(domain="caifuquan-demo.cn"),
    Name(domain="haibaotz-demo.com"),
    Name(domain="jufucai-demo.cn", charset="gb18030", content_type="text/html; charset=rot13"),
    Name(domain="zhengtou-demo.cn"),
    Name(domain="yangzhu-demo.cn"),
    Name(domain="zijinhuzhu-demo.cn"),
    Name(domain="zhengxin-demo.com"),
)
CAREFUL = (  # they speak of money, lawfully
    Name(domain="puhaibank-demo.com", https=True),
    Name(domain="fanzha-demo.cn"),
    Name(domain="caijingnews-demo.com"),
    Name(domain="chengjinglaw-demo.cn"),
    Name(domain="courtgg-demo.cn"),
    Name(domain="mingdezx-demo.cn", only="www"),
    Name(domain="haojob-demo.com"),
    Name(domain="anfangcam-demo.com"),
    Name(domain="zhonggongkj-demo.com"),
    Name(domain="youpinmall-demo.com", https=True),
    Name(domain="ankangyl-demo.cn"),
    Name(domain="xinyongxf-demo.cn"),
    Name(domain="ruifengfund-demo.com", https=True),
    Name(domain="taianins-demo.com", https=True),
    Name(domain="paofenshuma-demo.com"),
    Name(domain="hujiaxj-demo.com"),
)
ORDINARY = (
    Name(domain="jinggong-demo.cn"),
    Name(domain="xn---demo-e28izwx12ivdb505x.cn", shows="xiaoguan"),  # 淀山湖小馆-demo.cn
    Name(domain="miaomiaoyey-demo.cn", charset="gb18030", content_type="text/html; charset=gbk"),
    Name(domain="suixiangblog-demo.com"),
    Name(domain="shuixiangbwg-demo.cn"),
    Name(domain="chenmuphoto-demo.com", only="bare"),
    Name(domain="huayunwl-demo.com", https=True),
    Name(domain="anceyiqi-demo.com", http=False, https=True),
)
THIN = (  # a page, and hardly anything on it
    Name(domain="tingfang-demo.com"),
    Name(domain="chushou-demo.com"),
    Name(domain="jianshe-demo.cn"),
    Name(domain="huiyuan-demo.cn"),
    Name(domain="moren-demo.cn"),
    Name(domain="kongbai-demo.cn"),
    Name(domain="jinzhi-demo.cn", shows="jinggong", robots="User-agent: *\nDisallow: /\n"),
    Name(domain="xiazai-demo.cn", does="download"),
    Name(domain="zhidu-demo.cn", does="paper"),
)
DEAD = (
    Name(domain="shiwang-demo.cn", does="absent"),
    Name(domain="zhuxiao-demo.cn", does="absent"),
    Name(domain="gongshi-demo.cn", does="absent"),
    Name(domain="jujue-demo.cn", does="refused"),
    Name(domain="chenmo-demo.cn", does="silent", only="www"),
    Name(domain="zhaobudao-demo.cn", does="missing"),
    Name(domain="baocuo-demo.cn", does="broken"),
    Name(domain="xianliu-demo.cn", does="busy"),
    Name(domain="zhuanquan-demo.cn", does="loop"),
    Name(domain="banjia-demo.cn", does="moved", to="http://www.huitongjinfu-demo.cn/"),
    Name(domain="neiwang-demo.cn", does="inward"),
    Name(domain="wujin-demo.cn", does="endless"),
    Name(domain="zhadan-demo.cn", does="bomb"),
    Name(domain="duanliu-demo.cn", does="short"),
    Name(domain="fenkuai-demo.cn", does="bad_chunk"),
    Name(domain="toubu-demo.cn", does="huge_header"),
)

SLY = (  # they show one thing and are another
    Name(domain="mufeng-demo.cn", does="two_faced"),  # a company to desktops, a scheme in WeChat
    Name(domain="jieming-demo.cn"),  # bears another's filing number
    Name(domain="shanlin-demo.cn"),  # leads who comes from a search engine elsewhere
    Name(domain="yaxu-demo.cn"),  # an empty hall with one door
)

NAMES = RISKY + CAREFUL + ORDINARY + THIN + DEAD + SLY


def hosts_lines(
    names: tuple[Name, ...], *, addresses: tuple[str, ...], http: int, https: int, refused: int
) -> Iterator[str]:
    """Lines of `crawl.hosts`: `address:http-port:https-port name …`, and `- name …` for names
    that do not exist. A port where a name does not answer is one that refuses. Whom `doctor` would
    dial does not exist either: nothing here leaves the machine.
    """
    yield "- www.gov.cn"
    for number, name in enumerate(names):
        if name.hosts:
            alive = name.does != "refused"
            ports = (
                http if name.http and alive else refused,
                https if name.https and alive else refused,
            )
            address = addresses[number % len(addresses)]
            below = (f"*.{name.domain}",) * name.catch_all
            yield f"{address}:{ports[0]}:{ports[1]} {' '.join((*name.hosts, *below))}"
        if name.absent:
            yield f"- {' '.join(name.absent)}"
