"""Real servers for tests that need them: `make test-all` starts them, and fails where it cannot."""

import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Elasticsearch refuses root and runs as another user, who must be able to come in here
CACHE = Path(os.environ.get("XUNWANG_TEST_CACHE", "/var/tmp/xunwang-servers"))
WANTED = "XUNWANG_TEST_SERVERS"  # set by make test-all: nothing may be skipped


def wanted() -> bool:
    return bool(os.environ.get(WANTED))


def needed(name: str) -> None:
    """Without `make test-all` what stands on a server is skipped, with a line."""
    if not wanted():
        pytest.skip(f"needs a real {name}: make test-all starts one")


@contextmanager
def elasticsearch(config: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a fresh server; `config` are files it reads, by name."""
    told("elasticsearch-server", "fetch", str(CACHE / "elasticsearch"), seconds=1_800)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    folder = elasticsearch_folder(url)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "node" / "config").mkdir(parents=True)
    for home in (CACHE / "elasticsearch").glob("elasticsearch-*"):
        (folder / home.name).symlink_to(home)
    for name, text in (config or {}).items():
        (folder / "node" / "config" / name).write_text(text, "utf-8")
    try:
        told("elasticsearch-server", "start", str(folder), str(port), seconds=700)
        yield url
    finally:
        told("elasticsearch-server", "stop", str(folder), seconds=60)
        shutil.rmtree(folder)


def elasticsearch_folder(url: str) -> Path:
    """Where the server at this address lies: one that a run left behind, or that another run uses,
    is nobody else's.
    """
    return CACHE / f"elasticsearch-{url.rsplit(':', 1)[1]}"


def kill_elasticsearch(url: str) -> None:
    """As a power cut would."""
    pid = int((elasticsearch_folder(url) / "node" / "pid").read_text())
    os.kill(pid, signal.SIGKILL)


def restart_elasticsearch(url: str) -> None:
    """After a kill: the same port, the same data."""
    folder = elasticsearch_folder(url)
    told("elasticsearch-server", "start", str(folder), url.rsplit(":", 1)[1], seconds=700)


def files_for(users: Mapping[str, str], roles: Mapping[str, str]) -> dict[str, str]:
    """What makes an Elasticsearch demand a password. `users` are passwords by name; `roles`, by the
    same names, what each may, as Elasticsearch writes it in roles.yml.
    """
    lines = {
        "users": [f"{name}:{_hashed(password)}" for name, password in users.items()],
        "users_roles": [f"{name}:{name}" for name in users],
        "roles.yml": [f"{name}: {may}" for name, may in roles.items()],
    }
    return {name: "".join(f"{line}\n" for line in some) for name, some in lines.items()}


def _hashed(password: str) -> str:
    """As Elasticsearch's file realm reads it: its PBKDF2 is over SHA-512, 32 bytes of it."""
    rounds, salt = 10_000, os.urandom(32)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, 32)
    return f"{{PBKDF2}}{rounds}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


@contextmanager
def prometheus(folder: Path, targets: str) -> Iterator[str]:
    """The address of a fresh one (Debian's package) that asks `targets` (host:port) each second, by
    the alert rules that come with the program.
    """
    if shutil.which("prometheus") is None:
        told_apt("prometheus")
    rules = Path("deploy/prometheus/xunwang.yml").absolute()
    scrape = (
        "  - job_name: xunwang\n    scrape_interval: 1s\n"
        f'    static_configs: [{{ targets: ["{targets}"] }}]\n'
    )
    settings = folder / "prometheus.yml"
    settings.write_text(f"rule_files: [{rules}]\nscrape_configs:\n{scrape}", "utf-8")
    port = free_port()
    process = subprocess.Popen(
        ["prometheus", f"--config.file={settings}", f"--storage.tsdb.path={folder / 'data'}",
         f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def told_apt(package: str) -> None:
    """Where an administrator may; its own service is not wanted."""
    done = subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
        stdout=subprocess.DEVNULL, timeout=600, check=False,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"},
    )  # fmt: skip
    assert done.returncode == 0, f"apt-get install {package}"


def postgres_folder(port: int) -> Path:
    """Where the server at this port lies: in memory where that is a disk, for a database is 300
    files. Several may run beside each other: each needs a folder of its own, which it empties.
    """
    memory = Path("/dev/shm")
    place = memory / "xunwang-servers" if memory.is_dir() else CACHE
    return place / f"postgres-{port}"


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a fresh database server, as SQLAlchemy writes it."""
    told("postgres-server", "fetch", seconds=600)
    port = free_port()
    folder = postgres_folder(port)
    address = told("postgres-server", "start", str(folder), str(port), seconds=120)
    try:
        yield address.splitlines()[-1]
    finally:
        told("postgres-server", "stop", str(folder), seconds=60)
        shutil.rmtree(folder)


def told(tool: str, *words: str, seconds: float) -> str:
    done = subprocess.run(
        [str(HERE / tool), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{tool} {words[0]}: {done.stdout[-2_000:]}"
    return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
