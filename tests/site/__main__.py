"""`python -m tests.site`: the made-up web as a process of its own."""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from tests.site.server import FILINGS, Site
from tests.site.truth import TRUTH


def main() -> None:
    """Serve until SIGINT or SIGTERM. Prints one line when ready."""
    options = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    options.add_argument("--port", type=int, default=0, help="http port (default: a free one)")
    options.add_argument("--ready-file", type=Path, help="written when ready: facts as JSON")
    options.add_argument("--settings", type=Path, help="written when ready: [crawl] as TOML")
    given = options.parse_args()
    asyncio.run(_serve(given.port, given.ready_file, given.settings))


async def _serve(port: int, ready_file: Path | None, settings: Path | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Site(port=port) as site:
        if settings:
            _put(settings, as_toml(site))
        if ready_file:
            _put(ready_file, json.dumps(as_facts(site), ensure_ascii=False, indent=1))
        print(f"演示网站已就绪：{len(site.names)} 个域名，http 端口 {site.http_port}", flush=True)
        await stop.wait()


def as_facts(site: Site) -> dict[str, object]:
    """What a starter needs to know: where the web is, and what the crawler must be told."""
    return {
        "http_port": site.http_port,
        "https_port": site.https_port,
        "sentinel_port": site.sentinel.port,
        "hosts": site.hosts,
        "allow": site.allow,
        "ports": site.ports,
        "filings": str(FILINGS),
        "truth": str(TRUTH),
    }


def as_toml(site: Site) -> str:
    """The `[crawl]` part of a settings file that opens this web and nothing else."""
    facts = {"hosts": site.hosts, "allow": site.allow, "ports": site.ports}
    lines = (f"{key} = {json.dumps(value)}" for key, value in facts.items())
    return "\n".join(["[crawl]", *lines, ""])


def _put(file: Path, text: str) -> None:
    """Whole or not at all: whoever waits for the file reads all of it."""
    part = file.with_name(file.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)


if __name__ == "__main__":
    main()
