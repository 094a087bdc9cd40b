"""`platform`: a stand-in of the main platform, and probes of the real one."""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from crawler.domain.delivery import Endpoint
from crawler.domain.errors import BadInput, NotAllowed, reason_of
from crawler.domain.signing_key import key_from, secret_from
from crawler.service.desks import poster_of
from crawler.service.doors import Door, now
from crawler.service.platform.probing import Found, Mark, Prober, probe_all
from crawler.service.platform.stub import Plan, Stub, failures_from, reports_from, serve
from crawler.service.showing import as_json, complain, say, table
from crawler.service.wiring import endpoints_of

MARKS = {Mark.GOOD: "✓", Mark.WARNING: "！", Mark.BAD: "✗", Mark.SKIPPED: "—"}
REPORTS = "acknowledged,working,answered:rectified"


class PlatformAction(StrEnum):
    """What can be done about a platform."""

    STUB = "stub"
    CHECK = "check"
    SECRET = "secret"


def platform(
    context: typer.Context,
    what: Annotated[
        PlatformAction,
        typer.Argument(
            help="stub 主平台替身，收消息、验签、回调；check 逐项检查接收端；secret 生成密钥"
        ),
    ],
    target: Annotated[str, typer.Argument(metavar="[接收端|URL]", help="check：测谁")] = "",
    secret: Annotated[str, typer.Option(help="whsec_…；stub 不给则新做一个")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="stub：端口；0 为任意")] = 9009,
    host: Annotated[str, typer.Option(help="stub：监听的地址")] = "127.0.0.1",
    keep: Annotated[Path | None, typer.Option(help="stub：消息逐行存入这个文件")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="stub：就绪后写入其网址")] = None,
    callback: Annotated[str, typer.Option(help="stub：向这里回调，如 http://127.0.0.1:8080")] = "",
    reports: Annotated[str, typer.Option(help="stub：收到任务后依次反馈")] = REPORTS,
    pace: Annotated[float, typer.Option(min=0, max=3_600, help="stub：反馈间隔秒数")] = 1.0,
    twice: Annotated[bool, typer.Option(help="stub：每次反馈发两遍")] = False,
    backwards: Annotated[bool, typer.Option(help="stub：反馈倒着发")] = False,
    fail: Annotated[list[str] | None, typer.Option(help="stub：出错方式[:次数]")] = None,
    fail_every: Annotated[int, typer.Option(min=0, help="stub：每几次答一次 500")] = 0,
    json: Annotated[bool, typer.Option("--json", help="check：输出 JSON")] = False,
) -> None:
    """主平台联调：没有主平台时用替身代替它，有了之后逐项检查它的接收端，并为双方生成签名密钥。

    例：xunwang platform secret　新密钥，写入接收端的 secret，同一把交给对方

    例：xunwang platform stub --callback http://127.0.0.1:8080　起替身，印出登记它的设置

    例：xunwang platform check 主平台　约 25 项检查，不合的写明指南条目，退出码 1
    """
    if what is PlatformAction.SECRET:
        say(secret_from(secrets.token_bytes(32)))
        return
    if what is PlatformAction.CHECK:
        check(context.obj, target, secret, json=json)
        return
    made = secret or secret_from(secrets.token_bytes(32))
    key_from(made)
    plan = Plan(
        secret=made, keep=keep, failures=failures_from(fail or []), fail_every=fail_every,
        reports=reports_from(reports), base=callback, pace_s=pace, twice=twice,
        backwards=backwards,
    )  # fmt: skip
    _stub(plan, host, port, ready_file, told=bool(secret))


def check(door: Door, target: str, secret: str, *, json: bool) -> None:
    """Probe a receiver; exit 1 if anything it must do fails."""
    with _prober(door, target, secret) as prober:
        found = list(probe_all(prober))
    bad = [one for one in found if one.mark is Mark.BAD]
    if json:
        as_json([msgspec.to_builtins(one) for one in found])
    else:
        rows = [[str(n), MARKS[one.mark], one.name, one.says, one.clause] for n, one in
                enumerate(found, start=1)]  # fmt: skip
        table(f"联调检查 {prober.endpoint.url}", ("", "", "检查", "结果", "指南"), rows)
        say(_summary(found))
    if bad:
        if json:
            complain(_summary(found))
        raise typer.Exit(1)


def _stub(plan: Plan, host: str, port: int, ready_file: Path | None, *, told: bool) -> None:
    def ready(listening: int) -> None:
        url = f"http://{host}:{listening}/webhook"
        say(f"主平台替身已就绪：{url}（收到的消息见 http://{host}:{listening}/received）")
        if not told:
            say("在 xunwang.toml 中这样登记它：")
            say('[delivery]\nallow = ["127.0.0.0/8"]\n\n[[delivery.endpoints]]')
            say(f'name = "主平台替身"\nurl = "{url}"\nsecret = "{plan.secret}"')
        if ready_file is not None:
            staged = ready_file.with_name(f".{ready_file.name}.part")
            staged.write_text(url, encoding="utf-8")
            staged.replace(ready_file)  # whoever waits for it reads all of it

    try:
        serve(Stub(plan=plan, tell=say, clock=now), host, port, ready)
    except OSError as error:
        raise BadInput(f"不能在 {host}:{port} 监听：{reason_of(error)}") from None


@contextmanager
def _prober(door: Door, target: str, secret: str) -> Iterator[Prober]:
    """By the name of a configured receiver, or an address with its key."""
    with door.opened() as (house, _), poster_of(house) as poster:
        endpoint = _endpoint(endpoints_of(house.config), target, secret)
        yield Prober(endpoint=endpoint, poster=poster, clock=now, chance=os.urandom)


def _endpoint(known: Sequence[Endpoint], target: str, secret: str) -> Endpoint:
    if target.startswith(("http://", "https://")):
        if not secret:
            raise BadInput("测一个网址须以 --secret 给出密钥；已登记的接收端请给名称")
        key_from(secret)
        return Endpoint(name="check", url=target, secret=secret)
    found = next((one for one in known if one.name == target), None)
    if found is None:
        names = "、".join(one.name for one in known) or "无"
        raise BadInput(f"没有接收端 {target or '（空）'}；有：{names}")
    if not found.url:
        raise NotAllowed(f"接收端 {target} 没有 url：它自己来取消息，没有可测的")
    return found


def _summary(found: Sequence[Found]) -> str:
    counts = {mark: sum(one.mark is mark for one in found) for mark in Mark}
    said = f"通过 {counts[Mark.GOOD]}，不合 {counts[Mark.BAD]}，提示 {counts[Mark.WARNING]}"
    return f"{said}，未测 {counts[Mark.SKIPPED]}；“指南”为 docs/platform.md 的条目"
