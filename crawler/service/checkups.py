"""Is this machine able? Each checkup says what is, and what to do where it is not."""

import asyncio
import os
import resource
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.config import EndpointSettings
from crawler.domain.case import CHINA
from crawler.domain.errors import BadInput, WatchError, reason_of
from crawler.fetching.chromium import download_folders, find_browser
from crawler.fetching.clock import clock_state
from crawler.fetching.fonts import find_chinese_font
from crawler.service.browsing import browsing_crew, tried
from crawler.service.forecasting import GIB, room_line, room_of
from crawler.service.identifying import WAY_BACK, find_keys, find_provider
from crawler.service.minding import DISK_DAYS
from crawler.service.reaching import reach_out
from crawler.service.searching import engine_of, state_of
from crawler.service.wiring import House, endpoint_from
from crawler.store.audit import latest_acts
from lexicons.loading import load_lexicon

LEAST_FREE = 2 * GIB
LEAST_HANDLES = 4_096
_SOUND_WAL = (3, 51, 3)
_AHEAD = timedelta(minutes=5)


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


def without_house(home: Path, why: str) -> Iterator[Finding]:
    """What can be said where the home cannot be opened: why, and how the machine stands."""
    yield _python(None)
    yield Finding(name="数据目录", fine=False, text=why)
    yield _free(home)
    yield _handles(None)
    yield _font(None)


def _free(home: Path) -> Finding:
    there = next(one for one in (home.absolute(), *home.absolute().parents) if one.exists())
    free = shutil.disk_usage(there).free
    text = f"{there} 所在的磁盘余 {free / GIB:.1f} GiB"
    fine = free >= LEAST_FREE
    return Finding(name="磁盘", fine=fine, text=text if fine else f"{text}，请至少留出 2 GiB")


def _python(_: object) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(name="Python", fine=sys.version_info >= (3, 11), text=version)


def _store(house: House) -> Finding:
    with house.database.reading() as db:
        name = db.dialect.name
    if name != "sqlite":
        return Finding(name="数据库", fine=True, text=name)
    text = f"{name} {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < _SOUND_WAL:
        text += "：此版本的 WAL 有一处罕见缺陷（3.51.3 修复），请勿停止每日备份"
        return Finding(name="数据库", fine=False, text=text, needed=False)
    return Finding(name="数据库", fine=True, text=text)


def _evidence(house: House) -> Finding:
    probe = house.evidence / ".probe"
    try:
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        text = f"{house.evidence} 写不进去：{reason_of(error)}，请检查权限与空间"
        return Finding(name="存证目录", fine=False, text=text)
    return Finding(name="存证目录", fine=True, text=str(house.evidence))


def _disk(house: House) -> Finding:
    now = datetime.now(UTC)
    with house.database.reading() as db:
        room = room_of(house, db, now)
    text = room_line(room, now)
    if room.free_bytes < LEAST_FREE:
        return Finding(name="磁盘", fine=False, text=f"{text}，请至少留出 2 GiB")
    soon = room.days is not None and room.days < DISK_DAYS
    if soon:
        text += "，请扩容，或缩短 [keep] 的期限"
    return Finding(name="磁盘", fine=not soon, text=text, needed=False)


def _lexicon(house: House) -> Finding:
    try:
        lexicon = load_lexicon(house.lexicon)
    except WatchError as error:
        return Finding(name="词库", fine=False, text=str(error))
    text = f"{len(lexicon.terms)} 词条，版本 {lexicon.version[:12]}"
    return Finding(name="词库", fine=True, text=text)


def _browser(house: House) -> Finding:
    """Started as a sweep starts it: user, sandbox and all."""
    name, settings = "浏览器", house.config.browser
    if not settings.enabled:
        return Finding(name=name, fine=True, text="按设置不用（browser.enabled）")
    try:
        crew, trouble = browsing_crew(house, "doctor")
        said = asyncio.run(tried(crew)) if crew else trouble
    except OSError as error:
        said = f"无法启动：{reason_of(error)}"
    if said:
        return Finding(name=name, fine=False, text=said, needed=False)
    if settings.remote.get_secret_value():
        text = "远程浏览器，启动参数、出口与中文字体已核对"
        return Finding(name=name, fine=True, text=text)
    program = find_browser(settings.executable, download_folders(os.environ))
    if settings.sandbox == "off":
        text = f"{program}，没有沙箱：browser.sandbox 是 off，请尽量打开"
        return Finding(name=name, fine=False, text=text, needed=False)
    return Finding(name=name, fine=True, text=f"{program}，沙箱已核对")


def _egress(house: House) -> Finding:
    fine, text = reach_out(house)
    return Finding(name="出网", fine=fine, text=text, needed=False)


def _font(_: object) -> Finding:
    font = find_chinese_font()
    text = (
        str(font) if font else "没有中文字体，截图会是方块；请执行 apt-get install fonts-noto-cjk"
    )
    return Finding(name="中文字体", fine=font is not None, text=text, needed=False)


def _endpoints(house: House) -> Finding:
    given = house.config.delivery.endpoints
    refused = [said for one in given if (said := _refused(house.home, one))]
    if refused:  # nothing is told, to nobody, until it is mended
        text = f"{'；'.join(refused)}。请改好该文件，或去掉 mapping"
        return Finding(name="接收端", fine=False, text=text)
    text = "、".join(one.name for one in given) or "没有配置，预警不会外发"
    return Finding(name="接收端", fine=bool(given), text=text, needed=False)


def _refused(home: Path, one: EndpointSettings) -> str:
    try:
        endpoint_from(home, one)
    except BadInput as mistake:
        return f"{one.name} 不能用：{mistake}"
    return ""


def _provider(house: House) -> Finding:
    """Whether people can sign in there: its document, its keys, and what it must know of us."""
    name, settings = "统一身份登录", house.config.console.oidc
    if settings is None:
        return Finding(name=name, fine=True, text="没有配置，用口令登录")
    try:
        keys = find_keys(house, settings, find_provider(house, settings))
    except WatchError as error:
        return Finding(name=name, fine=False, text=str(error), needed=False)
    text = f"{settings.issuer}，{len(keys.keys)} 个签名公钥；在那里登记的回调地址须为 "
    return Finding(name=name, fine=True, text=text + settings.address + WAY_BACK)


def _clock(house: House) -> Finding:
    """Set by somebody, and not before what is written down already."""
    now, state = datetime.now(UTC), clock_state()
    with house.database.reading() as db:
        newest = latest_acts(db, limit=1)
    if newest and newest[0].act.at - now > _AHEAD:
        text = f"比最近一条记录早（{newest[0].act.at.astimezone(CHINA):%Y-%m-%d %H:%M}），请校时"
        return Finding(name="时钟", fine=False, text=text)
    synchronised = "已与时间源同步" in state
    return Finding(name="时钟", fine=synchronised, text=state, needed=False)


def _search(house: House) -> Finding:
    try:
        found = state_of(house, engine_of(house))
    except WatchError as error:
        text = f"{error}；采集与预警不受影响"
        return Finding(name="检索", fine=False, text=text, needed=False)
    if found.trouble:
        text = f"{found.name}：{found.trouble}；采集与预警不受影响"
        return Finding(name="检索", fine=False, text=text, needed=False)
    return Finding(name="检索", fine=True, text=f"{found.name}，{found.texts} 篇")


def _secrets(house: House) -> Finding:
    """Files that hold secrets are their owner's alone."""
    files = [house.home / "xunwang.toml", *(house.home / "keys").glob("*")]
    open_ones = [one.name for one in files if one.is_file() and one.stat().st_mode & 0o044]
    if open_ones and _holds_secrets(house):
        text = f"{'、'.join(open_ones)} 别的用户可读，请 chmod 600"
        return Finding(name="密钥", fine=False, text=text, needed=False)
    return Finding(name="密钥", fine=True, text="仅属主可读" if files else "没有")


def _holds_secrets(house: House) -> bool:
    config = house.config
    return bool(
        config.delivery.endpoints
        or config.search.password.get_secret_value()
        or config.ops.secret.get_secret_value()
        or (config.console.oidc and config.console.oidc.secret.get_secret_value())
        or (house.home / "keys").exists()
    )


def _handles(_: object) -> Finding:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    fine = limit >= LEAST_HANDLES
    text = f"每进程 {limit}" + ("" if fine else "，请设 LimitNOFILE=65536（ulimit -n）")
    return Finding(name="文件句柄", fine=fine, text=text, needed=False)


CHECKUPS: tuple[Callable[[House], Finding], ...] = (
    _python,
    _store,
    _evidence,
    _disk,
    _clock,
    _handles,
    _secrets,
    _lexicon,
    _search,
    _egress,
    _browser,
    _font,
    _endpoints,
    _provider,
)
