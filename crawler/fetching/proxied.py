"""One exchange by way of the upstream proxy that the network prescribes."""

import asyncio
from dataclasses import replace

from crawler.domain.capture import Outcome
from crawler.fetching.dialling import Line, Through
from crawler.fetching.errand import Brought, Errand, brought_by, tls_trouble
from crawler.fetching.tls import Handshake, handshake_of
from crawler.fetching.trouble import Trouble
from crawler.fetching.way_out import WayOut

_PORTION = 65_536


async def converse_by(proxy: Through, errand: Errand, out: WayOut) -> Brought:
    """Whoever calls has asked the policy; who really answered only the proxy knows."""
    at, deadline = out.now(), asyncio.get_running_loop().time() + errand.total_s
    line = await _opened(proxy, errand, out)
    try:
        shake = _shake(line)
        errand = replace(errand, request=_as_sent(line, errand))
        line.writer.write(_with_credentials(line, errand.request))
        await _listen(line, errand, deadline)
    finally:
        line.writer.transport.abort()
    return brought_by(errand, line.peer, at, shake, line.route)


async def _opened(proxy: Through, errand: Errand, out: WayOut) -> Line:
    target = errand.target
    host = target.host.strip("[]")
    secure = target.scheme == "https"
    try:
        async with asyncio.timeout(out.limits.connect_s):
            line = await proxy.open(host, target.port, tunnel=secure)
            if secure:
                await line.writer.start_tls(out.context, server_hostname=host)
    except TimeoutError as error:
        raise Trouble(Outcome.TIMED_OUT, "经上级代理连接超时") from error
    except OSError as error:
        raise tls_trouble(error, target.authority) from error
    return line


async def _listen(line: Line, errand: Errand, deadline: float) -> None:
    reader = errand.reader
    try:
        async with asyncio.timeout_at(deadline):
            while not reader.done:
                portion = await line.reader.read(_PORTION)
                if portion:
                    reader.feed(portion)
                else:
                    reader.end()
    except TimeoutError:
        reader.cut()
    except OSError:
        reader.lose()


def _shake(line: Line) -> Handshake | None:
    channel = line.writer.get_extra_info("ssl_object")
    return handshake_of(channel) if channel is not None else None


def _as_sent(line: Line, errand: Errand) -> bytes:
    """A proxy that is no tunnel wants the whole address in the request line."""
    if not line.speaks_to_proxy:
        return errand.request
    path, url = errand.target.path.encode("ascii"), errand.target.url.encode("ascii")
    return errand.request.replace(b" %s HTTP/" % path, b" %s HTTP/" % url, 1)


def _with_credentials(line: Line, request: bytes) -> bytes:
    """The proxy's password goes out, never into the evidence."""
    head, end = request[:-2], request[-2:]
    return head + line.authorization + end
