"""A web of mixed kinds with its truth: what a real list meets, each kind as often as it is asked.

`python -m tests.bench.mixed --settings FILE --list FILE --sites N` serves it until SIGTERM.
"""

import argparse
import asyncio
import csv
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.hostile.bodies import CHUNKS, CODINGS, LENGTHS, TYPES
from tests.hostile.heads import HEADER_LINES, STATUS_LINES
from tests.hostile.said import Said, said
from tests.hostile.server import HostileServer
from tests.hostile.times import SLOW
from tests.site.__main__ import as_toml
from tests.site.behaviours import BEHAVIOURS, Call, answer, page
from tests.site.filings import rows
from tests.site.names import CAREFUL, DEAD, ORDINARY, RISKY, SLY, THIN, Name
from tests.site.server import Site
from tests.site.truth import Expected, truth

HTML = "text/html; charset=utf-8"
ADDRESSES = tuple(f"127.0.0.{n}" for n in range(2, 130))
HOSTILE = (*STATUS_LINES, *HEADER_LINES, *LENGTHS, *CHUNKS, *CODINGS, *TYPES, *SLOW)
TIMES = ((RISKY, 2), (CAREFUL, 8), (ORDINARY, 15), (THIN, 5), (DEAD, 5), (SLY, 3))
SHOWN = ("jinggong", "shuixiangbwg", "huayunwl", "chenmuphoto")  # what stands behind a way on
WAYS_ON_EACH, WRITTEN_EACH, REFUSED, SILENT = 10, 5, 40, 60

WRITTEN = {  # pages that say hardly anything, by the kind that they are of
    "parked": (
        "<title>{d}</title><h1>该域名已过期</h1><p>请联系注册商续费。</p>",
        "<title>{d} is parked</title><p>This domain is parked free of charge.</p>",
        "<title>域名停放</title><p>{d}</p><ul><li>相关搜索<li>贷款<li>股票开户</ul>",
        "<title>网站已到期</title><p>您访问的网站空间已到期，请及时续费。</p>",
        "<title>{d}</title><p>该域名尚未绑定主机。</p>",
    ),
    "for_sale": (
        "<title>域名出售</title><h2>{d} 域名正在出售</h2><p>报价请发邮件。</p>",
        "<title>{d}</title><p>本域名可转让，有意者请联系 QQ 12345678</p>",
        "<title>{d} is for sale</title><p>The domain {d} may be for sale. Make an offer.</p>",
        "<title>购买此域名</title><p>购买该域名：一口价 8800 元</p>",
    ),
    "construction": (
        "<title>{d}</title><h1>网站正在建设中</h1>",
        "<title>系统维护</title><p>系统升级维护中，请稍后访问。</p>",
        "<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1><p>If you see this page…</p>",
        "<title>恭喜，站点创建成功！</title><p>这是默认 index.html，本页面由系统自动生成</p>",
        "<title>Coming Soon</title><p>We are coming soon.</p>",
        "<title>{d}</title><p>敬请期待</p>",
    ),
    "login_wall": (
        "<title>管理系统</title><form><input placeholder=用户名><input type=password "
        "placeholder=密码><button>登录</button></form>",
        "<title>会员登录</title><form action=/in method=post><p>请输入手机号<input name=m>"
        "<p>验证码<input name=c><button>登 录</button></form>",
        "<title>OA</title><h3>协同办公平台</h3><form><input placeholder=请输入账号><input "
        "type=password placeholder=请输入密码><button>立即登录</button></form>",
        "<title>Sign in</title><form><input placeholder=Username><input type=password "
        "placeholder=Password><button>Log in</button></form>",
    ),
    "wildcard": (
        "<title>{d}</title><p>您好，{d} 的精彩内容很快就来，请稍后再来看看。</p>",
        "<h1>欢迎光临</h1><p>本站由某某主机提供空间。</p>",
    ),
    "error_page": (
        "<title>没有备案</title><p>您访问的网站未备案，无法访问。</p>",
        "<title>提示</title><p>您的请求已被网站防火墙拦截</p>",
    ),
}  # fmt: skip


async def to_https(call: Call) -> bool:
    """http leads to https, whose certificate is broken."""
    if call.path == "/":
        return await answer(call, 301, b"", location=f"https://{call.host}/index.html")
    return await page(call)


async def to_path(call: Call) -> bool:
    """A redirect within the site."""
    return await (
        answer(call, 302, b"", location="/index.html") if call.path == "/" else page(call)
    )


async def with_cookie(call: Call) -> bool:
    """A redirect to itself until the cookie comes back."""
    if "seen=1" in call.headers.get("cookie", ""):
        return await page(call)
    return await answer(call, 302, b"", location="/", set_cookie="seen=1")


async def refreshing(call: Call) -> bool:
    """A meta refresh."""
    return await _onward(call, "<meta http-equiv=refresh content='0;url=/index.html'>")


async def scripted(call: Call) -> bool:
    """A script that leads on."""
    return await _onward(call, "<script>window.location.href = '/index.html'</script>")


async def framed(call: Call) -> bool:
    """All that it is stands in a frame."""
    frame = "<iframe src=/index.html style='width:100%;height:100vh;border:0'></iframe>"
    return await _onward(call, frame)


async def halled(call: Call) -> bool:
    """An empty hall with one door."""
    return await _onward(call, "<title>欢迎</title><a href=/index.html>进入首页</a>")


async def drawn(call: Call) -> bool:
    """A shell that its script fills."""
    script = "fetch('/index.html').then(r => r.text()).then(t => app.innerHTML = t)"
    return await _onward(call, f"<div id=app></div><script>{script}</script>")


async def written(call: Call) -> bool:
    """One of the pages above."""
    kind, number = call.name.shows.split("/")
    text = WRITTEN[kind][int(number)].format(d=call.name.domain)
    return await answer(call, 200, f"<!doctype html>{text}".encode(), content_type=HTML)


async def _onward(call: Call, text: str) -> bool:
    if call.path != "/":
        return await page(call)
    return await answer(call, 200, f"<!doctype html>{text}".encode(), content_type=HTML)


WAYS_ON = (to_https, to_path, with_cookie, refreshing, scripted, framed, halled, drawn)
BEHAVIOURS |= {one.__name__: one for one in (*WAYS_ON, written)}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One site of the web: what it does, what is true of it, and the row under which it is filed.
    A hostile answer has no name of the made-up web.
    """

    kind: str
    domain: str
    truth: Expected
    filing: tuple[str, ...]
    name: Name | None = None
    said: Said | None = None


def members(count: int) -> tuple[Member, ...]:
    """So many sites: of every kind a share, or all and then names that do not exist any more."""
    made = list(_made())
    if count < len(made):
        return tuple(made[number * len(made) // count] for number in range(count))
    more = count - len(made)
    gone = (_alone("absent", f"gone{n}-mix.cn", "name_not_found") for n in range(more))
    return (*made, *gone)


def _made() -> Iterator[Member]:
    yield from _copies()
    yield from (_of_hostile(number, one) for number, one in enumerate(HOSTILE))
    for way in WAYS_ON:
        for n in range(WAYS_ON_EACH):
            does = way.__name__
            name = Name(
                domain=f"{does.replace('_', '')}{n}-mix.cn", does=does, shows=SHOWN[n % len(SHOWN)],
                https=way is to_https,
            )  # fmt: skip
            yield _member(does, name, "seen", flags=("tls_invalid",) * (way is to_https))
    for kind, texts in WRITTEN.items():
        for n in range(len(texts) * WRITTEN_EACH):
            domain = f"{kind.replace('_', '')}{n}-mix.cn"
            name = Name(
                domain=domain, does="written", shows=f"{kind}/{n % len(texts)}",
                catch_all=kind == "wildcard",
            )  # fmt: skip
            yield _member(kind, name, "seen", kind=kind)
    for n, shows in enumerate(SHOWN):  # a company that bears any name below its own
        name = Name(domain=f"any{n}-mix.cn", does="page", shows=shows, catch_all=True)
        yield _member("any name", name, "seen", kind="ordinary")
    yield from (_alone("refused", f"shut{n}-mix.cn", "connection_refused") for n in range(REFUSED))
    yield from (_alone("silent", f"mute{n}-mix.cn", "timed_out") for n in range(SILENT))


def _copies() -> Iterator[Member]:
    """The made-up web's own sites, and more of each under other names."""
    known = truth()
    for names, times in TIMES:
        for name in names:
            for n in range(times):
                stem, _, end = name.domain.rpartition(".")
                stem = "guan-mix" if n and "xn--" in stem else stem
                domain = f"{stem}{n or ''}.{end}"
                copy = replace(name, domain=domain, shows=name.folder)
                told = known[name.domain]
                yield Member(
                    kind=_kind_of(name, told), domain=domain, name=copy,
                    truth=replace(told, domain=domain), filing=_filed_as(name.domain, domain),
                )  # fmt: skip


def _filed_as(known: str, domain: str) -> tuple[str, ...]:
    """The known site's row, under another domain."""
    for row in rows()[1:]:
        if row[7].rstrip("。") == known:
            return tuple(cell.replace(known, domain) for cell in row)
    return _row(domain)


def _kind_of(name: Name, told: Expected) -> str:
    if name.does != "page":
        return name.does
    return told.kind or (told.label if told.outcome == "seen" else told.outcome)


def _of_hostile(number: int, one: Said) -> Member:
    domain = f"h{number}-mix.cn"
    flags = tuple(str(flag) for flag in one.flags)
    told = replace(_told(domain, str(one.outcome), flags=flags), note=one.name)
    return Member(
        kind="hostile answer", domain=domain, truth=told, filing=_row(domain),
        said=replace(one, name=domain),
    )  # fmt: skip


def _alone(does: str, domain: str, outcome: str) -> Member:
    return _member(does, Name(domain=domain, does=does), outcome)


def _member(called: str, name: Name, outcome: str, **more: object) -> Member:
    told = _told(name.domain, outcome, **more)
    return Member(kind=called, domain=name.domain, name=name, truth=told, filing=_row(name.domain))


def _told(domain: str, outcome: str, **more: object) -> Expected:
    facts = {"unit": "", "label": "benign", "level": "blue", "category": "none", "rates": ()}
    return Expected(domain=domain, outcome=outcome, note="", **(facts | more))  # type: ignore[arg-type]


def _row(domain: str) -> tuple[str, ...]:
    """A row with a subject of its own and no number that a page could contradict."""
    unit = f"上海{domain.split('-')[0]}商务有限公司"
    return ("", unit, "企业", "", "", unit, f"www.{domain}", domain, "", "2020-01-01", "否")


class Answers(HostileServer):
    """The hostile answers, each at a domain; asked for robots.txt, they have none."""

    def _name(self, head: bytes) -> str:
        name = super()._name(head)
        return "" if b" /robots.txt " in head else name


def put_list(file: Path, sites: Sequence[Member]) -> None:
    """The filing list, as an export is."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        sheet = csv.writer(stream)
        sheet.writerow(rows()[0])
        for number, one in enumerate(sites, 1):
            sheet.writerow([number, *one.filing[1:]])


async def serve(sites: Sequence[Member], settings: Path) -> None:
    """Until SIGTERM. The settings are written when all is ready."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    names = tuple(one.name for one in sites if one.name)
    none = said("", b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
    answers = [none, *(one.said for one in sites if one.said)]
    async with Site(names, addresses=ADDRESSES) as web, Answers(answers) as hostile:
        lines = [f"127.0.0.2:{hostile.port}:{web.refused_port} {one.domain} www.{one.domain}"
                 for one in sites if one.said]  # fmt: skip
        part = settings.with_suffix(".part")
        part.write_text(_opened(as_toml(web), lines, hostile.port, settings.with_name("hosts")))
        part.replace(settings)
        await stop.wait()


def _opened(toml: str, lines: Sequence[str], port: int, file: Path) -> str:
    """The web's own settings, with more names in a file and one more port."""
    file.write_text("\n".join(lines), "utf-8")
    opened = toml.replace("ports = [", f"ports = [{port}, ", 1)
    return f'region = "310118"\n\n{opened}hosts_file = "{file}"\n'


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench.mixed", description=__doc__)
    asked.add_argument("--settings", type=Path, required=True)
    asked.add_argument("--list", type=Path, required=True)
    asked.add_argument("--sites", type=int, default=1_000)
    given = asked.parse_args()
    sites = members(given.sites)
    put_list(given.list, sites)
    asyncio.run(serve(sites, given.settings))


if __name__ == "__main__":
    main()
