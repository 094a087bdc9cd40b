"""The only place where real things are built; everything else is handed its parts."""

import hashlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec

from alerts.dialects import load_dialect
from crawler.config import Config, EndpointSettings, load_config
from crawler.domain.agreement import Agreement
from crawler.domain.delivery import Endpoint
from crawler.domain.errors import BadInput, reason_of
from crawler.domain.peer import Peer
from crawler.service.own_hosts import own_addresses
from crawler.service.pipes import Greeting
from crawler.store.database import Database, migrate, open_database
from lexicons.loading import version_of
from lexicons.publishing import put_in_force

_LONGEST_NAME = 100  # PostgreSQL holds no longer one in its columns
LEXICONS = Path(__file__).parents[2] / "lexicons"


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """An opened installation."""

    config: Config
    database: Database
    side: str = ""  # a name of its own for what works beside the main thing in one process
    errors: Path | None = None  # what processes it starts print; none: where its own goes

    @property
    def home(self) -> Path:
        """Where everything of this installation lies."""
        return self.config.home

    @property
    def evidence(self) -> Path:
        """Where segments lie."""
        return self.config.evidence_folder

    @property
    def cache(self) -> Path:
        """Private files that can be made anew."""
        return self.home / "cache"

    @property
    def run(self) -> Path:
        """Files of running processes."""
        return self.home / "run" / self.side

    @property
    def shelf(self) -> Path:
        """Where the published versions of the word lists lie."""
        return self.home / "lexicons"

    @property
    def lexicon(self) -> Path:
        """The word lists in force: a link to the published ones, else to those that came with the
        program. Workers follow it.
        """
        return self.shelf / "current"

    @property
    def owner(self) -> str:
        """The name under which this parent claims visits and chains captures."""
        name = f"{socket.gethostname()[:60]}:{self.home.absolute()}"
        name = f"{name}+{self.side}" if self.side else name
        if len(name) <= _LONGEST_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        return f"{name[: _LONGEST_NAME - 17]}~{digest}"

    @property
    def mark(self) -> str:
        """Ours in the names of segments, which all machines write down in one store."""
        return f"m{hashlib.sha256(self.owner.encode()).hexdigest()[:8]}"


def agreement_for(house: House) -> Agreement:
    """What this machine has, for the sweep it starts or joins."""
    endpoints = sorted(
        (one.name, sorted(one.events), sorted(one.levels), sorted(one.regions))
        for one in house.config.delivery.endpoints
    )
    return Agreement(
        program=tool_name(),
        lexicon=version_of(house.lexicon),
        endpoints=hashlib.sha256(msgspec.json.encode(endpoints)).hexdigest(),
    )


def open_house(home: Path, file: Path | None = None) -> House:
    """Read the settings, make what is missing, bring the store up to date."""
    config = load_config(home, file)
    if (home / "restore.part").exists():
        raise BadInput(f"{home} 里有一次没有完成的恢复，请重新执行 xunwang restore")
    try:
        for folder in (home, home / "cache", home / "run", config.evidence_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"数据目录 {home} 无法使用：{reason_of(error)}") from error
    house = House(config=config, database=open_database(config.database_url))
    if not house.lexicon.exists():
        put_in_force(LEXICONS, house.shelf)
    migrate(house.database)
    return house


def tool_name() -> str:
    """The program and its version, as evidence names it."""
    return f"xunwang/{version('xunwang')}"


def hosts_of(config: Config) -> tuple[str, ...]:
    """Lines of the hosts setting and of the file beside it."""
    if config.crawl.hosts_file is None:
        return config.crawl.hosts
    try:
        return (*config.crawl.hosts, *config.crawl.hosts_file.read_text("utf-8").splitlines())
    except OSError as error:
        raise BadInput(f"crawl.hosts_file 无法读取：{reason_of(error)}") from error


def greeting_for(house: House, worker: str, *, patient: bool) -> Greeting:
    """What a child is told of this installation: no database, key or secret."""
    crawl = house.config.crawl
    return Greeting(
        worker=worker,
        evidence=str(house.evidence.absolute()),
        lexicon=str(house.lexicon.absolute()),
        cache=str(house.cache.absolute()),
        watch=str((house.run / f"{worker}.watch").absolute()),
        agent=crawl.agent,
        slots=crawl.slots,
        patient=patient,
        hosts=hosts_of(house.config),
        allow=crawl.allow,
        deny=(*crawl.deny, *own_addresses(house.config)),
        ports=crawl.ports,
        proxy=crawl.proxy,
        robots=crawl.robots,
        browser=house.config.browser.executable,
        sandbox=house.config.browser.sandbox == "on",
        tool=tool_name(),
        egress="、".join(map(str, crawl.egress)),
    )


def child_environment(house: House) -> Mapping[str, str]:
    """What a child may know of the environment: nothing secret."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "PYTHONPATH")
    known = {name: os.environ[name] for name in kept if name in os.environ}
    return known | {"HOME": str(house.run.absolute()), "TMPDIR": str(house.run.absolute())}


def endpoints_of(config: Config) -> tuple[Endpoint, ...]:
    """The receivers of signed messages, with their secrets. BadInput if one's mapping file cannot
    be used.
    """
    return tuple(endpoint_from(config.home, one) for one in config.delivery.endpoints)


def endpoint_from(home: Path, one: EndpointSettings) -> Endpoint:
    """One receiver, with its secrets and its mapping file read."""
    return Endpoint(
        name=one.name,
        url=one.url,
        secret=one.secret.get_secret_value(),
        former_secret=one.former_secret.get_secret_value(),
        sm3=one.sm3,
        events=one.events,
        levels=one.levels,
        regions=one.regions,
        dialect=load_dialect(home / one.mapping, one.events) if one.mapping else None,
    )


def peers_of(config: Config) -> tuple[Peer, ...]:
    """The docked installations, with their secrets."""
    return tuple(
        Peer(
            name=one.name,
            secret=one.secret.get_secret_value(),
            former_secret=one.former_secret.get_secret_value(),
            regions=one.regions,
            url=one.url,
        )
        for one in config.delivery.peers
    )
