"""Homes of the bench, and visits as a parent hands them out."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from crawler.domain.site import Site, Visit
from crawler.service.importing import import_file
from crawler.service.wiring import House, open_house

REGION = "310118"
ALONE = 'robots = "ignore"\npatient = false\n'  # asks no robots, as its peers do


def a_house(home: Path, hosts: Sequence[str], ports: Sequence[int], crawl: str = ALONE) -> House:
    """A home whose names lie on this machine; `crawl` is more of that table, and what follows."""
    home.mkdir()
    (home / "hosts").write_text("\n".join(hosts), "utf-8")
    (home / "xunwang.toml").write_text(
        f'region = "{REGION}"\n[crawl]\nhosts_file = "{home / "hosts"}"\n'
        f'allow = ["127.0.0.0/8"]\nports = {[80, *ports]}\n{crawl}',
        "utf-8",
    )
    return open_house(home)


def a_listed_house(
    home: Path, names: Sequence[str], hosts: Sequence[str], ports: Sequence[int], crawl: str = ALONE
) -> House:
    """A home with these sites on its list."""
    house = a_house(home, hosts, ports, crawl)
    with (home / "list.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("主办单位名称", "域名", "网站首页地址"))
        rows.writerows((f"第{n}号公司", name, f"http://{name}/") for n, name in enumerate(names))
    import_file(
        house, home / "list.csv", source="bench", actor="bench", at=datetime.now(UTC),
        whole=True, rehearse=False,
    )  # fmt: skip
    return house


def visits_at(urls: Sequence[str]) -> list[Visit]:
    """A visit to each homepage, of no store."""
    return [_visit(number, url) for number, url in enumerate(urls, 1)]


def _visit(number: int, url: str) -> Visit:
    host = url.split("/")[2].split(":")[0]
    site = Site(id=number, domain=host, domain_shown=host, region=REGION, home_url=url)
    return Visit(id=number, sweep_id=1, site=site)
