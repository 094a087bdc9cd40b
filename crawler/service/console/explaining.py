"""说明: what levels, marks, limits and keys mean, on one page that can be printed and pinned up."""

from starlette.responses import Response

from alerts.supervising import LIMITS
from crawler.domain.assessment import LEVEL_NAMES, Level
from crawler.domain.user import ROLE_NAMES, Role
from crawler.service.console.access import EVERYONE, get
from crawler.service.console.calls import Call

LEVELS = (
    (Level.RED, "承诺保本或高收益，并向公众招揽，几项同时成立", "2 个办公小时"),
    (Level.ORANGE, "有承诺收益或募资的明确写法，但缺一项", "1 个工作日"),
    (Level.YELLOW, "有可疑写法，需要看一眼", "3 个工作日"),
    (Level.BLUE, "记录在案，进周报，不成预警", ""),
)
TESTS = (
    ("非法性", "未经批准：名录里没有这家机构的许可，或名录还没有载入（未核验）"),
    ("公开性", "向公众宣传：网页不用登录就能看到"),
    ("利诱性", "承诺还本付息或给付回报：收益、保本、返还的写法"),
    ("社会性", "向不特定对象吸收资金：没有合格投资者门槛，有招揽、拉人奖励"),
)
MARKS = (
    (
        "yield",
        "收益",
        "写明的收益，折成一年放在标尺上：6% 打问号，8% 很危险，10% 要准备损失全部本金",
    ),
    ("guar", "保本", "保本、保息、兜底一类的承诺"),
    ("core", "业务", "吸收资金的业务名目"),
    ("lure", "招揽", "引流、奖励、增信、广告用语"),
    ("against", "反证", "风险提示、普法、新闻、持牌产品用语：会降低等级"),
)
DUTIES = {
    Role.OFFICER: "逐条核实预警，确认、误报或观察；跟进任务",
    Role.SUPERVISOR: "审核任务（不能审自己起草的）、延期、重新打开、批准例外",
    Role.OPS: "导入名单、安排巡查、词库与投递",
    Role.AUDITOR: "只看不改：谁做过什么，证据有没有变",
    Role.ADMIN: "管理账户、角色和辖区，不办案",
}


def show(call: Call) -> Response:
    """The page."""
    limits = [(level, LIMITS[level]) for level, _, _ in LEVELS if level in LIMITS]
    return call.page(
        "help.html", levels=LEVELS, tests=TESTS, marks=MARKS, limits=limits, duties=DUTIES,
        roles=ROLE_NAMES, named=LEVEL_NAMES,
    )  # fmt: skip


ROUTES = (get("/help", show, EVERYONE),)
