"""`make demo`: the main job on the made-up web, through the same command line that officers use.
`--serve` opens the console on what it made; web and receiver stay up meanwhile.
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HOME = Path("var/demo")
LIST = Path("tests/site/filings.csv")
SECRET = "whsec_" + "ZGVtby1zZWNyZXQtb2YteHVud2FuZy0wMDE="  # the demo's own, of no use elsewhere
XUNWANG = str(Path(sys.executable).parent / "xunwang")


DONE = HOME / "demo.done"  # the alert that was decided, when the whole job is done
PASSWORD = HOME / "demo.password"
PEOPLE = {  # user name: shown name, roles, what they are called
    "shenlan": ("沈岚", "officer", "专员"),
    "zhoumin": ("周敏", "officer,supervisor", "主管"),
    "hechuan": ("何川", "ops,admin", "运维"),
    "lujing": ("陆静", "auditor", "审计"),
}


def main() -> None:
    """The job on a fresh home; or the console on a home where it is done."""
    asked_for = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    asked_for.add_argument("--serve", action="store_true", help="open the console")
    asked_for.add_argument("--port", default="8080")
    given = asked_for.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # else web and receiver stay behind
    if not (given.serve and DONE.exists()):
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir(parents=True)
    with made_up_web(), receiver() as url:
        settle(url)
        if not DONE.exists():
            work()
        if given.serve:
            open_console(given.port)
    if not given.serve:
        where_to_look(int(DONE.read_text("utf-8")))


def work() -> None:
    """One command after the other."""
    run("doctor", needed=False)
    run("sweep", str(LIST))
    say("预警 webhook：橙色及以上自动外发，标明“未经人工核实”，上面是接收端验签后的记录")
    alert = first_alert()
    say(f"人工核实预警 {alert}，生成督办任务；主管审核后外发")
    run("confirm", str(alert), "--reason", "演示：核实属实")
    approve()
    run("deliver")
    time.sleep(0.5)
    run("alerts", "show", str(alert), "--picture", str(HOME / "预警截图.png"), needed=False)
    run("search", "保本", "--limit", "3")
    run("verify")
    DONE.write_text(str(alert), "utf-8")


def open_console(port: str) -> None:
    """With the demo's own people, until Ctrl-C."""
    password = PASSWORD.read_text("utf-8") if PASSWORD.exists() else people_made()
    people = "、".join(f"{name}（{called}）" for name, (*_, called) in PEOPLE.items())
    serving = subprocess.Popen([XUNWANG, "--home", str(HOME), "serve", "--port", port])
    signal.signal(signal.SIGINT, lambda *_: None)  # a Ctrl-C reaches it by itself
    signal.signal(signal.SIGTERM, lambda *_: serving.terminate())
    while port != "0" and serving.poll() is None and not answers(int(port)):
        time.sleep(0.2)  # whoever has a password goes to the address at once
    say(f"演示用户 {people}，口令都是 {password}")
    if code := serving.wait():
        sys.exit(code)


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def people_made() -> str:
    """Their one password, made up for this home."""
    say("\n正在建演示用户……")
    listed = asked("user", "list")
    assert isinstance(listed, list)
    known = {one["name"] for one in listed}  # of a go that was interrupted here
    password = secrets.token_urlsafe(12)
    for name, (shown, roles, _) in PEOPLE.items():
        made = ("add", name, "--role", roles, "--shown", shown)
        words = ("passwd", name) if name in known else made
        command = [XUNWANG, "--home", str(HOME), "user", *words, "--stdin"]
        subprocess.run(command, input=password.encode(), stdout=subprocess.DEVNULL, check=True)
    PASSWORD.touch(mode=0o600)
    PASSWORD.write_text(password, "utf-8")
    return password


@contextmanager
def made_up_web() -> Iterator[None]:
    settings = HOME / "xunwang.toml"
    settings.unlink(missing_ok=True)
    with service(sys.executable, "-m", "tests.site", "--settings", str(settings)):
        wait_for(settings)
        yield


@contextmanager
def receiver() -> Iterator[str]:
    ready, kept = HOME / "receiver.url", HOME / "received.jsonl"
    ready.unlink(missing_ok=True)
    options = ("--secret", SECRET, "--ready-file", str(ready), "--keep", str(kept))
    with service(XUNWANG, "--home", str(HOME), "platform", "stub", "--port", "0", *options):
        wait_for(ready)
        yield ready.read_text("utf-8").strip()


@contextmanager
def service(*words: str) -> Iterator[None]:
    process = subprocess.Popen(words)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def settle(url: str) -> None:
    """The endpoint beside the [crawl] part that the made-up web wrote."""
    with (HOME / "xunwang.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[delivery]\nallow = ["127.0.0.0/8"]\n\n[[delivery.endpoints]]\n'
            f'name = "主平台（演示）"\nurl = "{url}"\nsecret = "{SECRET}"\n'
        )
        if not sandbox_works():
            say("这里的内核不许浏览器用沙箱：演示只看自己的页面，本次关闭沙箱")
            file.write('\n[browser]\nsandbox = "off"\n')
    text = (HOME / "xunwang.toml").read_text("utf-8")
    (HOME / "xunwang.toml").write_text('region = "310118"\n\n' + text, "utf-8")


def sandbox_works() -> bool:
    """Whether an ordinary user may make the namespaces that the sandbox needs."""
    as_user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", "true"],
            stderr=subprocess.DEVNULL, check=False, cwd="/", **as_user,
        )  # fmt: skip
    except OSError:
        return True  # not known: the browser itself will say
    return done.returncode == 0


def run(*words: str, actor: str = "专员", needed: bool = True) -> None:
    say("$ xunwang " + " ".join(words))
    environment = os.environ | {"XUNWANG_ACTOR": actor}
    done = subprocess.run([XUNWANG, "--home", str(HOME), *words], env=environment, check=False)
    if needed and done.returncode != 0:
        sys.exit(f"演示中断：xunwang {words[0]} 以 {done.returncode} 结束")


def asked(*words: str) -> object:
    told = subprocess.run(
        [XUNWANG, "--home", str(HOME), *words, "--json"], capture_output=True, check=True
    )
    return json.loads(told.stdout)


def first_alert() -> int:
    alerts = asked("alerts", "list")
    assert isinstance(alerts, list)
    if not alerts:
        sys.exit("演示失败：没有一条预警")
    # the platform whose page officers know best; any other would do
    known = [one for one in alerts if one["domain"] == "huitongjinfu-demo.cn"]
    return int((known or alerts)[0]["id"])


def approve() -> None:
    tasks = asked("tasks", "list")
    assert isinstance(tasks, list)
    for task in tasks:
        if task["state"] == "drafted":
            run("tasks", "approve", task["number"], actor="主管")


def wait_for(file: Path) -> None:
    for _ in range(600):
        if file.exists():
            return
        time.sleep(0.1)
    sys.exit(f"演示服务没有就绪：{file}")


def where_to_look(alert: int) -> None:
    say(
        "\n看这里：\n"
        f"  截图        {HOME}/预警截图.png\n"
        f"  存证        {HOME}/evidence/*.warc.gz（任何 WARC 工具都能打开）\n"
        f"  收到的消息  {HOME}/received.jsonl\n"
        f"  全部理由    .venv/bin/xunwang --home {HOME} alerts show {alert}\n"
        f"  检索        .venv/bin/xunwang --home {HOME} search 保本\n"
        f"  核验        .venv/bin/xunwang --home {HOME} verify\n"
        "  控制台      .venv/bin/xunwang serve --demo（在浏览器里看这些数据；Ctrl-C 结束）"
    )


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
