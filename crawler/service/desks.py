"""The officer's desk of an installation, and the courier that carries what leaves it."""

import os
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.calendars import load_calendar
from alerts.delivering import Courier
from alerts.desk import Desk
from alerts.dispatching import load_departments
from alerts.webhook import Poster
from crawler.domain.case import CHINA
from crawler.domain.delivery import DeliveryState
from crawler.domain.errors import NotAllowed
from crawler.fetching.guard import Policy, may_connect, networks_of
from crawler.service.wiring import House, endpoints_of
from crawler.store.circuits import Circuit, all_circuits
from crawler.store.outbox import delivery_counts, oldest_waiting
from lexicons.loading import load_lexicon


def desk_of(house: House) -> Desk:
    """Who is told, by which names, rules and calendar."""
    region = house.config.region
    return Desk(
        endpoints=endpoints_of(house.config),
        categories=load_lexicon(house.lexicon).categories,
        departments=load_departments(),
        calendar=load_calendar(),
        approval_from=house.config.review.approval_from,
        home=region.rstrip("0"),
        chance=os.urandom,
    )


class Desks:
    """The desk, made anew when another lexicon is in force."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._made: tuple[Path, Desk] | None = None

    def current(self) -> Desk:
        """The one in force now."""
        now = self._house.lexicon.resolve()
        if self._made is None or self._made[0] != now:
            self._made = (now, desk_of(self._house))
        return self._made[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointStands:
    """How one receiver is doing; `url` is empty where it fetches."""

    name: str
    url: str
    says: str
    waiting: int
    delivered: int
    given_up: int
    oldest_waiting: datetime | None
    in_trouble: bool


def standings(house: House, now: datetime) -> list[EndpointStands]:
    """Every configured receiver, and those that messages still wait for though they are not."""
    with house.database.reading() as db:
        counts, circuits, oldest = delivery_counts(db), all_circuits(db), oldest_waiting(db)
    urls = {one.name: one.url for one in house.config.delivery.endpoints}
    names = [*urls, *sorted({name for name, _ in counts} - urls.keys())]
    return [
        EndpointStands(
            name=name,
            url=urls.get(name, ""),
            says=_says(circuits.get(name), now, configured=name in urls),
            waiting=counts.get((name, DeliveryState.WAITING), 0),
            delivered=counts.get((name, DeliveryState.DELIVERED), 0),
            given_up=counts.get((name, DeliveryState.GIVEN_UP), 0),
            oldest_waiting=oldest.get(name),
            in_trouble=name not in urls or _is_troubled(circuits.get(name, Circuit(endpoint=name))),
        )
        for name in names
    ]


def _says(circuit: Circuit | None, now: datetime, *, configured: bool) -> str:
    if not configured:
        return "已不在配置中，消息留着"
    if circuit is None or not _is_troubled(circuit):
        return "正常"
    if circuit.paused:
        return f"已暂停：{circuit.paused}"
    if circuit.blocked_until is not None and now < circuit.blocked_until:
        until = circuit.blocked_until.astimezone(CHINA)
        return f"连续失败 {circuit.failures} 次，{until:%m-%d %H:%M:%S} 再试"
    return f"连续失败 {circuit.failures} 次"


def _is_troubled(circuit: Circuit) -> bool:
    return bool(circuit.paused) or circuit.failures > 0


def courier_of(house: House, poster: Poster) -> Courier:
    """Sends with the real clock and chance."""
    return Courier(
        database=house.database,
        send=poster.send,
        clock=lambda: datetime.now(UTC),
        spread=random.random,
        token=lambda: os.urandom(16).hex(),
        longest_send=timedelta(seconds=house.config.delivery.timeout_s),
    )


def poster_of(house: House) -> Poster:
    """Posts only to public addresses and to receivers that the settings list."""
    return Poster(permit_of(house), deadline_s=house.config.delivery.timeout_s)


def permit_of(house: House) -> Callable[[str, int], str]:
    """Resolves once and asks the policy; the address it gives is the one that is dialled."""
    allowed = networks_of(house.config.delivery.allow)

    def permit(host: str, port: int) -> str:
        policy = Policy(ports=frozenset({port}), allowed=allowed)
        reasons = []
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            answer = may_connect(str(address[0]), port, policy)
            if answer.granted:
                return str(address[0])
            reasons.append(answer.reason)
        raise NotAllowed("；".join(reasons) or f"{host} 没有地址")

    return permit
