"""Is this machine able? Each checkup says what is, and what to do where it is not."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.domain.errors import WatchError
from crawler.fetching.chromium import download_folders, find_browser
from crawler.fetching.fonts import find_chinese_font
from crawler.fetching.identity import reach_problem, remove_folder, worker_identity
from crawler.service.wiring import House
from lexicons.loading import load_lexicon

LEAST_FREE = 2 * 1024**3


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing looked at. `needed` ones stop the work; the others only narrow it."""

    name: str
    fine: bool
    text: str
    needed: bool = True


def checkups(house: House) -> Iterator[Finding]:
    """All of them, in the order in which work would meet them."""
    for look in CHECKUPS:
        yield look(house)


def _python(_: House) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(name="Python", fine=sys.version_info >= (3, 11), text=version)


def _store(house: House) -> Finding:
    with house.database.reading() as db:
        name = db.dialect.name
    text = f"{name} {sqlite3.sqlite_version}" if name == "sqlite" else name
    return Finding(name="数据库", fine=True, text=text)


def _evidence(house: House) -> Finding:
    probe = house.evidence / ".probe"
    try:
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        text = f"{house.evidence} 写不进去：{error.strerror}，请检查权限与空间"
        return Finding(name="存证目录", fine=False, text=text)
    return Finding(name="存证目录", fine=True, text=str(house.evidence))


def _disk(house: House) -> Finding:
    free = shutil.disk_usage(house.home).free
    text = f"余 {free / 1024**3:.1f} GiB"
    if free < LEAST_FREE:
        text += "，请至少留出 2 GiB"
    return Finding(name="磁盘", fine=free >= LEAST_FREE, text=text)


def _lexicon(house: House) -> Finding:
    try:
        lexicon = load_lexicon(house.lexicon)
    except WatchError as error:
        return Finding(name="词库", fine=False, text=str(error))
    text = f"{len(lexicon.terms)} 词条，版本 {lexicon.version[:12]}"
    return Finding(name="词库", fine=True, text=text)


def _browser(house: House) -> Finding:
    name = "浏览器"
    program = find_browser(house.config.browser.executable, download_folders(os.environ))
    if program is None:
        text = "没有；请执行 apt-get install chromium-headless-shell"
        return Finding(name=name, fine=False, text=text, needed=False)
    try:
        identity = worker_identity(house.config.browser.user)
    except WatchError as error:
        return Finding(name=name, fine=False, text=str(error), needed=False)
    try:
        trouble = reach_problem(identity, [Path(sys.executable), program])
    finally:
        remove_folder(identity)
    return Finding(name=name, fine=not trouble, text=trouble or str(program), needed=False)


def _font(_: House) -> Finding:
    font = find_chinese_font()
    text = (
        str(font) if font else "没有中文字体，截图会是方块；请执行 apt-get install fonts-noto-cjk"
    )
    return Finding(name="中文字体", fine=font is not None, text=text, needed=False)


def _endpoints(house: House) -> Finding:
    names = [one.name for one in house.config.delivery.endpoints]
    text = "、".join(names) or "没有配置，预警不会外发"
    return Finding(name="接收端", fine=bool(names), text=text, needed=False)


CHECKUPS: tuple[Callable[[House], Finding], ...] = (
    _python,
    _store,
    _evidence,
    _disk,
    _lexicon,
    _browser,
    _font,
    _endpoints,
)
