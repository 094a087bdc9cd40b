"""Pages that try everything against a browser, on a loopback server in a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.hostile.said import chunked
from tests.site.certificate import self_signed
from tests.site.sentinel import Sentinel

ADDRESS = "127.0.0.2"
HOSTS = ("a.test", "b.test")

CHINESE = """<!doctype html><meta charset=utf-8><title>稳盈理财</title>
<meta name=description content="专业理财平台"><body style="margin:0;background:#fff4e0">
<h1 style="color:#c00">保本保息 年化 18%</h1><p>限时<b>开放</b>，今日<em>注册</em>即送体验金。</p>
<table border=1><tr><td>三个月</td><td>12%</td></tr><tr><td>六个月</td><td>15%</td></tr></table>
<form><input placeholder="请输入手机号"><input type=submit value="立即投资"></form>
<img alt="资金安全" width=40 height=40 src="/dot.png">"""

DRAWN = """<!doctype html><meta charset=utf-8><title>壳</title><div id=app></div><script>
fetch('/words').then(r => r.text()).then(t => setTimeout(() => {
  document.getElementById('app').textContent = t;
  const host = document.body.appendChild(document.createElement('div'));
  host.attachShadow({mode: 'closed'}).innerHTML = '<p>影子里的承诺</p>';
}, 150));</script><iframe src="/frame"></iframe>"""

DRAWING = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="800" height="400">
<rect width="800" height="400" fill="#fff4e0"/><text x="20" y="60" font-size="40">保本保息</text>
<text id="a" x="20" y="140" font-size="40"></text>
<script>document.getElementById('a').textContent = '年化 18%'</script></svg>"""

HIDDEN = """<!doctype html><meta charset=utf-8><p>看得见</p>
<p style="display:none">没有位置</p><p style="visibility:hidden">不可见</p>
<div style="opacity:0"><b>透明</b></div><p style="color:#fff">白上白</p>
<p style="position:absolute;left:-9999px">页面之外</p><p style="font-size:0">零号字</p>"""

EVERYTHING = """<!doctype html><meta charset=utf-8><p>四面出击</p>
<iframe src="http://127.0.0.1:{port}/i"></iframe><iframe src="http://localhost:{port}/l"></iframe>
<iframe src="http://[::1]:{port}/six"></iframe><iframe src="/302"></iframe>
<iframe srcdoc="<meta http-equiv=refresh content='0;url=http://127.0.0.1:{port}/m'>"></iframe>
<img src="http://127.0.0.1:{port}/img"><img src="/302"><link rel=stylesheet
 href="http://127.0.0.1:{port}/css"><link rel=preconnect href="http://127.0.0.1:{port}">
<link rel=dns-prefetch href="http://127.0.0.1:{port}"><link rel=prefetch
 href="http://127.0.0.1:{port}/p"><object data="http://127.0.0.1:{port}/o"></object>
<form id=f method=post target=x action="http://127.0.0.1:{port}/form"></form>
<iframe name=x></iframe>
<script>
const bad = 'http://127.0.0.1:{port}/';
const tries = [
  () => fetch(bad, {{mode: 'no-cors'}}), () => navigator.sendBeacon(bad, 'x'),
  () => new EventSource(bad), () => new WebSocket('ws://127.0.0.1:{port}/'),
  () => new WebSocket('ws://localhost:{port}/'), () => document.getElementById('f').submit(),
  () => new Worker(URL.createObjectURL(new Blob([`fetch('${{bad}}w', {{mode: 'no-cors'}});
     new WebSocket('ws://127.0.0.1:{port}/')`]))),
  () => new SharedWorker(URL.createObjectURL(new Blob([
     `fetch('${{bad}}s', {{mode: 'no-cors'}})`]))),
  () => window.open(bad), () => new WebTransport('https://127.0.0.1:{port}/'),
  () => {{ const p = new RTCPeerConnection({{iceServers: [
     {{urls: 'stun:127.0.0.1:{port}'}},
     {{urls: 'turn:127.0.0.1:{port}?transport=tcp', username: 'u', credential: 'c'}}]}});
     p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o)); }},
  () => {{ const w = document.body.appendChild(document.createElement('iframe')).contentWindow;
     new w.RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}}]}})
       .createDataChannel('y'); }},
];
for (const attempt of tries)
  try {{ const r = attempt(); r && r.catch && r.catch(() => 0); }} catch {{ }}
</script>"""

SCRIPTS = {
    "slow-words": "setTimeout(() => document.body.innerHTML = '<p>保本保息</p>'.repeat(60), 1000)",
    "slow-way": "setTimeout(() => window['loc' + 'ation']['href'] = '/chinese', 1000)",
    "loop": "while(true){}",
    "loop-later": "setTimeout(() => { while(true){} }, 50)",
    "alerts": "for(;;) alert('保本')",
    "windows": "for (let i = 0; i < 200; i++) window.open('/words?' + i)",
    "memory": "const a = []; for(;;) a.push(new Uint8Array(2e7).fill(1))",
    "spin": "location.href = '/spin?' + Math.random()",
    "inward": "location.href = 'http://127.0.0.1:{port}/admin'",
    "then-inward": "document.body.innerHTML = '<p>保本保息</p>'.repeat(60);"
    "setTimeout(() => location.href = 'http://127.0.0.1:{port}/admin', 300)",
    "then-dead": "document.body.innerHTML = '<p>保本保息</p>'.repeat(60);"
    "setTimeout(() => location.href = 'http://dead.test/?' + Math.random(), 300)",
    "shy": """const told = (navigator.userAgentData?.brands ?? []).map(one => one.brand).join();
      document.body.append(navigator.webdriver || /headless/i.test(told + navigator.userAgent)
        ? '机器请回' : '保本保息' + told)""",
    "away": "setTimeout(() => location.replace('/words-page'), 100)",
    "takes-a-file": "setTimeout(() => location.href = '/file', 100)",
    "goes-nowhere": "setTimeout(() => location.href = '/204', 100)",
    "print": "print(); document.documentElement.requestFullscreen?.()",
    "leaving": "addEventListener('beforeunload', e => { e.preventDefault(); e.returnValue = 1 })",
    "push": "for (let i = 0; ; i++) history.pushState({}, '', '/push?' + i)",
    "remember": """const old = document.cookie + localStorage.getItem('k');
      document.cookie = 'seen=记得'; localStorage.setItem('k', '记得');
      document.body.append(old.includes('记得') ? '认出了你' : '初次见面')""",
}


class HostileWeb:
    """The server, with a sentinel beside it, from `with` until its end."""

    def __init__(self) -> None:
        self.port = 0
        self.https_port = 0
        self.dead_port = 0
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.sentinel = Sentinel()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    @property
    def hosts(self) -> tuple[str, ...]:
        return (
            f"{ADDRESS}:{self.port}:{self.https_port} {' '.join(HOSTS)}",
            f"{ADDRESS}:{self.dead_port} dead.test",
            f"127.0.0.1:{self.sentinel.port} inner.test",
            "127.0.0.1 localhost",  # the hosts setting cannot open it: only the policy could
        )

    @property
    def ports(self) -> tuple[int, ...]:
        """The sentinel's too: only its address stands between."""
        return (80, 443, self.port, self.https_port, self.dead_port, self.sentinel.port)

    async def _run(self) -> None:
        self._stop = asyncio.Event()
        plain = await asyncio.start_server(self._converse, ADDRESS, 0)
        secret = await asyncio.start_server(
            self._converse, ADDRESS, 0, ssl=self_signed("wrong.test")
        )
        unused = await asyncio.start_server(self._converse, ADDRESS, 0)
        self.port, self.https_port, self.dead_port = (
            server.sockets[0].getsockname()[1] for server in (plain, secret, unused)
        )
        unused.close()
        async with self.sentinel:
            self._ready.set()
            await self._stop.wait()
        for server in (plain, secret):
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            path = head[0].split(" ")[1]
            self.asked.append((fields.get("host", ""), path, fields))
            await self._answer(path.partition("?")[0].strip("/"), writer)
        writer.close()

    async def _answer(self, name: str, writer: asyncio.StreamWriter) -> None:
        writer.write(self._page(name))
        await writer.drain()
        if name in ("never", "never.png", "endless"):
            await asyncio.sleep(60)
        while name == "flood":
            writer.write(b"<p>" + b"x" * 65_536)
            await writer.drain()

    def _page(self, name: str) -> bytes:
        made = PAGES.get(name)
        if made:
            return made(self)
        if name in SCRIPTS:
            script = SCRIPTS[name].replace("{port}", str(self.sentinel.port))
            return html(
                f"<!doctype html><meta charset=utf-8><p>先有的字</p><script>{script}</script>"
            )
        return answer("404 Not Found", "text/html; charset=utf-8", "<p>没有这一页".encode())


def html(text: str, charset: str = "utf-8") -> bytes:
    return answer("200 OK", "text/html", text.encode(charset))


def answer(status: str, kind: str, body: bytes, *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


_WORDS = "<!doctype html><meta charset=utf-8>" + "<p>保本保息" * 2_000
_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"


def _tall(_: HostileWeb) -> bytes:
    return html(
        "<meta charset=utf-8><p>很高</p><div style='height:5000000px;width:200000px'></div>"
    )


PAGES: dict[str, Callable[[HostileWeb], bytes]] = {
    "chinese": lambda _: html(CHINESE),
    "gbk": lambda _: html(CHINESE.replace("utf-8", "gbk"), "gbk"),
    "drawn": lambda _: html(DRAWN),
    "words": lambda _: answer("200 OK", "text/plain; charset=utf-8", "后来画上的字".encode()),
    "words-page": lambda _: html("<meta charset=utf-8><title>到了</title><p>最后一页</p>"),
    "frame": lambda _: html("<meta charset=utf-8><p>框里的字</p>"),
    "hidden": lambda _: html(HIDDEN),
    "everything": lambda web: html(EVERYTHING.format(port=web.sentinel.port)),
    "302": lambda web: answer(
        "302 Found", "text/html", b"", f"Location: http://127.0.0.1:{web.sentinel.port}/in"
    ),
    "moved": lambda _: answer("301 Moved", "text/html", b"", "Location: /meta"),
    "meta": lambda _: html("<meta http-equiv=refresh content='1;url=/away'><p>1"),
    "meta-in": lambda web: html(
        f"<meta http-equiv=refresh content='0;url=http://127.0.0.1:{web.sentinel.port}/m'>"
    ),
    "tall": _tall,
    "204": lambda _: b"HTTP/1.1 204 No Content\r\n\r\n",
    "401": lambda _: answer(
        "401 Unauthorized", "text/html; charset=utf-8", "<p>需要登录".encode(),
        'WWW-Authenticate: Basic realm="x"',
    ),
    "500": lambda _: answer("500 Oops", "text/html; charset=utf-8", "<p>坏了".encode()),
    "file": lambda _: answer(
        "200 OK", "application/octet-stream", b"PK\x03\x04", "Content-Disposition: attachment"
    ),
    "door": lambda _: html(
        "<!doctype html><meta charset=utf-8><title>智慧园区</title><div id=app></div><script>"
        "setTimeout(() => { app.innerHTML = '<h3>综合管理平台</h3><input placeholder=账号>"
        "<input type=password placeholder=密码><button>登 录</button>'; }, 150)</script>"
    ),
    "drawing": lambda _: answer("200 OK", "image/svg+xml", DRAWING.encode()),
    "pdf": lambda _: answer("200 OK", "application/pdf", b"%PDF-1.4"),
    "nothing": lambda _: html("<!doctype html>"),
    "around": lambda _: answer("302 Found", "text/html", b"", "Location: /around"),
    "never.png": lambda _: b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n",
    "waits": lambda _: html("<meta charset=utf-8><p>字已到</p><img src=/never.png>"),
    "endless": lambda _: b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<meta charset=utf-8>"
    + "<p>只有开头".encode(),
    "short": lambda _: html(_WORDS).replace(b"Content-Length: ", b"Content-Length: 9"),
    "bad-chunk": lambda _: _CHUNKED + chunked(_WORDS.encode(), ends=b"zz\r\nx"),
    "bad-chunk-first": lambda _: _CHUNKED + b"zz\r\nx",
    "flood": lambda _: b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>flood",
    "never": lambda _: b"",
    "local": lambda _: html(
        "<meta charset=utf-8><p>本地</p><iframe src='file:///etc/passwd'></iframe>"
        "<iframe src='chrome://version'></iframe><iframe src='view-source:http://a.test/'></iframe>"
    ),
    "nodes": lambda _: html(
        "<p>a</p><script>const d=document;for(let i=0;i<5e6;i++)"
        "d.body.appendChild(d.createElement('p')).textContent=i</script>"
    ),
    "worker": lambda _: html(
        "<meta charset=utf-8><p>登记</p>"
        "<script>navigator.serviceWorker?.register('/sw.js')</script>"
    ),
}  # fmt: skip
