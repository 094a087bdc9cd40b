"""The bench's web: every page on an address of its own, as with 400,000 sites, behind nginx."""

import gzip
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from crawler.reading.decoding import decode
from crawler.reading.quick_text import read_quickly
from crawler.service.wiring import LEXICONS
from lexicons.judging import Judge
from tests.bench.assets import write_assets

PAGES = 400
SHELL = PAGES  # one more: a script that writes the page
PLANTED_EVERY = 20  # with those that pass by chance as many as on the ordinary web: 7.8 %
OWN = Path("tests/quality/pages")
XUNWANG = str(Path(sys.executable).parent / "xunwang")
_NGINX = """daemon off; worker_processes 1; pid ngx.pid; error_log stderr crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; sendfile on; keepalive_timeout 15; gzip_static on;
  reset_timedout_connection on; types {{ text/html html; }} charset utf-8;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
  uwsgi_temp_path t4; scgi_temp_path t5;
  server {{ listen {port} backlog=4096; server_name ~^p(?<page>[0-9]+)s; root www;
    location = / {{ try_files /p/$page.html =404; }} }}
  server {{ listen {port} default_server; root www; location = / {{ default_type text/html;
    return 200 "{small}"; }} }}
}}
"""


SMALL = (  # what stands at an address of no name, and says which
    "<html><title>站点$host</title><body><h1>站点$host有限公司</h1>"
    "<p>主营钢材批发，欢迎来电咨询。地址号 $host。</p></body></html>"
)


def free_port(first: int = 0) -> int:
    """One that nobody listens at, below those that the kernel gives away. Two benches that look at
    the same time begin apart.
    """
    for port in range(first or 18_080 + os.getpid() % 12_000, 32_000):
        with suppress(OSError), socket.create_server(("0.0.0.0", port)):
            return port
    raise SystemExit("没有空闲的端口")


_SHELL_PAGE = (
    '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>首页</title></head><body>'
    '<div id="app"></div><script>document.getElementById("app").innerHTML = "<h1>某某商贸有限公司'
    '</h1>" + "<p>主营建材批发与物流配送，欢迎来电咨询。</p>".repeat(40);</script></body></html>'
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Web:
    """`count` sites over 400 pages; a site is reached by its address or by its name."""

    count: int
    port: int

    def addresses(self, scheme: str = "http") -> list[str]:
        """URLs for those who take any."""
        port = self.port
        return [f"{scheme}://{ip_of(i)}:{port}/p/{i % PAGES}.html" for i in range(self.count)]

    def names(self) -> list[str]:
        """Domains for those who sweep a list."""
        return [f"p{i % PAGES}s{i}.bench.cn" for i in range(self.count)]

    def hosts(self) -> list[str]:
        """Lines of `crawl.hosts`."""
        port = self.port
        return [f"{ip_of(i)}:{port}:{port} {name}" for i, name in enumerate(self.names())]


def ip_of(number: int) -> str:
    """The loopback address of one site."""
    return f"127.{21 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"


@contextmanager
def served(
    folder: Path, port: int, real: Path | None = None, texts: Path | None = None
) -> Iterator[None]:
    """The pages under nginx, until the block ends. `real` is a folder of saved pages that make
    half of them; without it all are made up. `texts` holds what ordinary pages say (JSON lines with
    `text`, gzipped): our own quiet pages are all about money, which is dearer to read.
    """
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise SystemExit("没有 nginx：apt-get install nginx-light")
    _write_pages(folder / "www" / "p", real, texts)
    (folder / "www" / "token").write_text(folder.name, "utf-8")
    write_assets(folder / "www" / "a")
    (folder / "nginx.conf").write_text(_NGINX.format(port=port, small=SMALL), "utf-8")
    command = [program, "-e", "stderr", "-p", str(folder), "-c", "nginx.conf"]
    server = subprocess.Popen(command)
    try:
        _wait_for(server, f"http://127.21.0.1:{port}/token", folder.name)
        yield
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(server: "subprocess.Popen[bytes]", url: str, token: str) -> None:
    """Until it is our own server that answers: another bench's pages would be measured instead."""
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"nginx ended with {server.returncode}")
        with suppress(OSError), urlopen(url, timeout=2) as answer:
            if answer.read().decode() == token:
                return
        time.sleep(0.1)
    raise RuntimeError("nginx does not answer")


def _write_pages(folder: Path, real: Path | None, texts: Path | None = None) -> None:
    """Every made-up page says what one page says, so that only planted ones pass the sieve."""
    folder.mkdir(parents=True)
    chance = random.Random(7)
    saved = _saved(real) if real else []
    quiet = _told_in(texts) if texts else _tellers("b*.html", passing=False)
    risky = _tellers("r*.html", passing=True)
    for number in range(PAGES):
        planted = number % PLANTED_EVERY == 0
        teller = chance.choice(risky if planted else quiet)
        taken = saved and not planted and number % 2
        page = saved[number // 2 % len(saved)] if taken else _made_up(number, teller, chance)
        _write(folder, number, page)
    _write(folder, SHELL, _SHELL_PAGE)


def _write(folder: Path, number: int, page: str) -> None:
    (folder / f"{number}.html").write_bytes(page.encode())
    (folder / f"{number}.html.gz").write_bytes(gzip.compress(page.encode(), 6))


def _saved(folder: Path) -> list[str]:
    texts = [file.read_bytes().decode("utf-8", "replace") for file in sorted(folder.glob("*.html"))]
    declared = re.compile(r'(?i)charset=["\']?(gb2312|gbk|gb18030)')
    return [declared.sub('charset="utf-8', one) for one in texts if "\ufffd" * 3 not in one]


def _tellers(pattern: str, *, passing: bool) -> list[list[str]]:
    """What our own pages say, a list of sentences each; those that pass the sieve, or do not."""
    with tempfile.TemporaryDirectory() as cache:
        judge = Judge(LEXICONS, Path(cache))
        found = [read_quickly(decode(file.read_bytes()).text) for file in sorted(OWN.glob(pattern))]
        chosen = [text for text in found if judge.passes(text) is passing]
    lines = [[one for one in text.field("body").splitlines() if one.strip()] for text in chosen]
    return [one for one in lines if len(one) > 3]


def _told_in(texts: Path) -> list[list[str]]:
    """What ordinary homepages say, a list of lines each."""
    with gzip.open(texts, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    pages = [
        row["text"].splitlines() for row in rows if row.get("kind", "site_page") == "site_page"
    ]
    told = ([line.strip() for line in page if line.strip()] for page in pages)
    return [one for one in told if len(one) > 3]


def _made_up(number: int, sentences: Sequence[str], chance: random.Random) -> str:
    """A company's homepage with the weight of one: about 50 KB, most of it markup."""

    def said(longest: int = 200) -> str:
        return chance.choice(sentences)[:longest]

    nav = "".join(f'<li class="nav-item"><a href="/c/{j}">{said(6)}</a></li>' for j in range(12))
    cards = "".join(
        f'<div class="col-md-4"><div class="card"><img src="/a/{j}.jpg" alt=""><div class='
        f'"card-body"><h5 class="card-title">{said(18)}</h5><p class="card-text">{said(120)}</p>'
        f'<a href="/d/{j}" class="btn btn-primary">查看详情</a></div></div></div>'
        for j in range(12)
    )
    news = "".join(
        f'<li><span class="date">2025-0{j % 9 + 1}-1{j % 9}</span><a href="/n/{j}.html" title='
        f'"{said(30)}">{said(40)}</a></li>'
        for j in range(60)
    )
    rows = "".join(
        f'<div class="row f{j}" data-v="{chance.getrandbits(64):x}"><p>{said()}</p></div>'
        for j in range(80)
    )
    script = json.dumps({f"k{j}": chance.getrandbits(60) for j in range(700)})
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>站点{number}有限公司</title>"
        f'<meta name="description" content="{said(80)}"><link rel="stylesheet" href="/a/site.css">'
        '<script src="/a/site.js"></script>'
        f"<style>body{{font-family:sans-serif}}</style><script>var cfg={script};</script></head>"
        f'<body><nav><ul class="navbar-nav">{nav}</ul></nav><div class="container"><div class='
        f'"row">{cards}</div><ul class="list">{news}</ul>{rows}</div><footer>版权所有 &copy; '
        f"站点{number}有限公司 沪ICP备{chance.randint(10**7, 10**8 - 1)}号-1</footer></body></html>"
    )
