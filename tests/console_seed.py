"""A filled console to look at: `python -m tests.console_seed HOME [--port 8100]`.

The made-up web is swept as in the demo; then a week passes: alerts are decided, tasks move, come
back, grow late. Everything is done through the house's own functions, at moments of its own.
"""

import argparse
import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn

from alerts.desk import Desk
from alerts.reviewing import confirm, dismiss, watch
from alerts.tasking import approve, extend, move_task
from crawler.domain.task import Conclusion, Move
from crawler.domain.user import Role, user_from
from crawler.service.console.app import console_app
from crawler.service.console.passwords import hash_of
from crawler.service.desks import desk_of
from crawler.service.wiring import House, open_house
from crawler.store.cards import queue
from crawler.store.people import save_user, user_named
from tests import demo

PASSWORD = "correct horse 9"  # of a made-up web on this machine
PEOPLE = (
    ("shenlan", "沈岚", {Role.OFFICER}, "310118"),
    ("zhouning", "周宁", {Role.SUPERVISOR}, "310118"),
    ("luqi", "陆祺", {Role.OPS}, "310000"),
    ("heshen", "何慎", {Role.AUDITOR}, "310000"),
    ("guanli", "管理员", {Role.ADMIN}, "310000"),
    ("chengshi", "程实", {Role.OFFICER, Role.SUPERVISOR, Role.OPS}, "310000"),
    ("jinshan", "金杉", {Role.OFFICER}, "310116"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--port", type=int, default=0, help="serve it afterwards")
    parser.add_argument("--fresh", action="store_true", help="make it anew")
    wanted = parser.parse_args()
    if wanted.fresh or not (wanted.home / "xunwang.db").exists():
        filled(wanted.home)
    if wanted.port:
        serve(wanted.home, wanted.port)


def filled(home: Path) -> None:
    """Swept twice, so that every site has a history; then a week of work."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    demo.HOME = home
    with demo.made_up_web(), demo.receiver() as url:
        demo.settle(url)
        demo.run("sweep", str(demo.LIST))
        demo.run("deliver", needed=False)
        time.sleep(0.5)
        demo.run("sweep", "--all", needed=False)
    house = open_house(home)
    people(house)
    a_week_of_work(house)
    house.database.close()


def people(house: House) -> None:
    """One of each role, and an officer of another district."""
    made = hash_of(PASSWORD)
    with house.database.transaction() as db:
        for name, shown, roles, region in PEOPLE:
            if user_named(db, name) is None:
                user = user_from(name, frozenset(roles), region, datetime.now().astimezone(), shown)
                save_user(db, user, made, "seed")


def a_week_of_work(house: House) -> None:
    """Some of the alerts, from the gentlest end of the queue: the gravest are left to look at."""
    desk, now = desk_of(house), datetime.now().astimezone()
    with house.database.reading() as db:
        waiting = list(reversed(queue(db, "")))
    confirmed, rest = waiting[:9], waiting[9:]
    tasks = [
        confirm(house.database, one, "shenlan", now - timedelta(days=9 - place), desk, "属实")
        for place, one in enumerate(confirmed)
    ]
    for place, task in enumerate(tasks):
        _as_far_as(house, desk, task.id, place, now - timedelta(days=8 - place))
    for one, why in zip(rest[:3], ("词语误读", "反诈宣传或普法", "持牌机构合规表述"), strict=True):
        dismiss(house.database, one, "shenlan", now - timedelta(minutes=50), desk, why, ())
    watch(house.database, rest[3], "shenlan", now - timedelta(minutes=3), desk, "")


_MOVES: tuple[tuple[Move, str], ...] = (
    (Move.ACKNOWLEDGE, ""),
    (Move.WORK, "已约谈主办单位负责人"),
    (Move.ANSWER, "网站已关停，宣传页已撤下，未发现资金归集"),
    (Move.CHECK, "复采看到首页已关停"),
    (Move.CLOSE, "经复采确认"),
)


def _as_far_as(house: House, desk: Desk, task_id: int, steps: int, at: datetime) -> None:
    """Task number n has gone n steps: drafted, sent, acknowledged … closed, returned, extended."""
    database = house.database
    if steps == 0:
        return
    approve(database, task_id, "zhouning", at, desk, "同意")
    if steps == 7:
        move_task(database, task_id, Move.RETURN, "zhouning", at, desk, "不属本辖区，建议改派")
        return
    for place, (move, said) in enumerate(_MOVES[: steps - 1 if steps < 7 else 2]):
        ended = Conclusion.RECTIFIED if move in (Move.ANSWER, Move.CLOSE) else None
        later = at + timedelta(hours=3 * (place + 1))
        move_task(database, task_id, move, "shenlan", later, desk, said, ended)
    if steps == 8:
        extend(database, task_id, 5, "zhouning", at + timedelta(hours=9), desk, "需调取流水")


def serve(home: Path, port: int) -> None:
    """On loopback, until interrupted."""
    house = open_house(home)
    uvicorn.run(console_app(house), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
