"""Whether the way out is open, as the settings describe it: names, the upstream proxy, a dial."""

import asyncio

from crawler.domain.capture import Outcome
from crawler.fetching.dialling import Straight
from crawler.fetching.trouble import Trouble
from crawler.service.passages import passage_from
from crawler.service.wiring import House, greeting_for

KNOWN = "www.gov.cn"  # is dialled and told nothing
PORT = 443
_WITHIN_S = 8.0


def reach_out(house: House) -> tuple[bool, str]:
    """Whether one well-known host can be reached, and how, or what stands in the way and what to
    do. BadInput where a setting of the way out is wrong.
    """
    return asyncio.run(_dialled(house))


async def _dialled(house: House) -> tuple[bool, str]:
    passage = passage_from(greeting_for(house, "doctor", patient=False))
    way = passage.proxy or Straight(resolver=passage.resolver, policy=passage.policy)
    upstream = passage.proxy.proxy if passage.proxy else None
    through = f"经上级代理 {upstream.host}:{upstream.port} " if upstream else "直连"
    try:
        async with asyncio.timeout(_WITHIN_S):
            line = await way.dial(KNOWN, PORT, tunnel=True)
    except Trouble as trouble:
        return False, f"{through}到不了 {KNOWN}:{PORT}：{trouble.reason}。{_advice(trouble)}"
    except TimeoutError:
        return False, f"{through}到不了 {KNOWN}:{PORT}：没有应答。请查防火墙与 crawl.proxy"
    line.writer.close()
    return True, f"{through.strip()}，{KNOWN}:{PORT} 可以连接"


def _advice(trouble: Trouble) -> str:
    if trouble.outcome is Outcome.BLOCKED_ADDRESS:
        return "请查 crawl.ports、crawl.deny，或域名服务器给出的地址"
    if "域名" in trouble.reason:
        return "请查 /etc/resolv.conf 里的域名服务器与 crawl.hosts"
    if "代理" in trouble.reason:
        return "请查 crawl.proxy 的地址与口令"
    return "请查防火墙与 crawl.proxy"
