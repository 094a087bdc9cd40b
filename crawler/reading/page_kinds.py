"""What stands at an address, apart from what it says: a parked name, a building site, a closed
door, an error. Phrases count only on pages that say little else.
"""

import re

from crawler.domain.capture import PageKind, PageText
from crawler.reading.doors import is_closed_door

_LITTLE = 600  # characters: more than such pages ever say
_HARDLY_ANY = 250
_LINE = 60


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_FOR_SALE = _any(
    r"域名(?:正在|现|低价|可)?(?:出售|转让|售卖)",
    r"(?:出售|转让|购买)(?:本|此|该)?域名",
    r"(?:本|此|该)域名.{0,12}(?:出售|转让|可售|有意)",
    r"domain.{0,30}(?:is|may be) for sale",
    r"(?:buy|purchase|make an offer on) this domain",
    r"域名(?:经纪|中介|交易)",
)
_PARKED = _any(
    r"域名(?:停放|停靠)",
    r"(?:域名|网站|空间|主机).{0,6}(?:已|即将)?(?:过期|到期)",
    r"(?:this )?domain (?:name )?(?:is|has been) (?:parked|registered|expired)",
    r"parked (?:free|domain)|sedoparking|parkingcrew|bodis",
    r"域名.{0,8}(?:尚未|还没有|没有|未)(?:被)?(?:绑定|解析|启用|开通|配置)",
    r"(?:网站|站点|空间|主机).{0,12}(?:未(?:及时)?续费|欠费)",
    r"related searches",
)
_UNBUILT = _any(
    r"(?:网站|站点|本站|页面|系统)?(?:正在|处于)?(?:建设|施工|筹备|筹建|开发|改版|升级|维护|备案)(?:之)?中",
    r"正在(?:建设|施工|维护|升级|筹备|备案)",
    r"(?:网站|站点|系统)(?:升级|维护|暂停|关闭|已关闭|已停止)",
    r"敬请期待|即将上线|under construction|coming soon|under maintenance",
    r"welcome to (?:nginx|openresty|tengine|caddy)|apache2? .{0,30}default page|^it works!?$",
    r"iis windows|internet information services|iis\d|test page (?:for|powered)",
    r"(?:server|domain|web ?site)(?:['’]?s)? default page|default web ?site page",
    r"welcome to centos|your web server is working|web ?site has been (?:successfully )?created",
    r"站点创建成功|默认页面|这是默认|没有找到(?:对应的)?站点|宝塔",
    r"phpstudy|小皮面板|lnmp|xampp|wampserver|phpinfo|apache tomcat",
    r"(?:空间|主机|网站)(?:已)?开通成功|恭喜.{0,12}(?:创建|安装|开通|搭建|配置)成功",
    r"(?:空间|主机|网站)已?成功开通",
)
_ERROR = _any(
    r"\b(?:400|403|404|410|500|502|503|504)\b.{0,40}(?:error|not found|服务|错误|页面|gateway)",
    r"(?:页面|网页|文件|您访问的).{0,10}(?:不存在|找不到|无法找到|已删除|丢失|走丢|飞走)",
    r"^(?:403|404|500|502|503)$|not found|forbidden|bad gateway|bad request",
    r"service unavailable",
    r"无法(?:访问|显示|打开)(?:此|该|本)?(?:网|页|站)?|拒绝访问|禁止访问|access denied",
    r"(?:未|没有)(?:进行)?(?:工信部)?备案|备案.{0,8}(?:未完成|已注销|取消)|non-compliance icp",
    r"(?:访问|请求).{0,8}(?:被拦截|被阻断|已被拦截|异常|过于频繁)|网站防火墙|waf",
    r"(?:网站|站点|账号|空间)(?:已)?(?:被)?(?:停用|冻结|暂停)|account suspended",
    r"访问的(?:网站|站点).{0,6}不存在|no such app|default backend",
    r"nosuchbucket|bucket does not exist|direct ip access|could not be retrieved",
    r"\berror (?:code )?(?:52\d|53\d|10\d\d)\b|web server is down|(?:origin dns|resolution) error",
    r"fatal error|parse error:|数据库(?:连接)?(?:错误|失败)|server error|出错了|系统发生错误",
)
_OF_THE_SERVER = _any(r"default page: it works|http server test page|^(?:domain )?default page$")
_MANUAL = 5_000  # characters: a server's own first page explains how to go on
_TABLE = (
    (PageKind.FOR_SALE, _FOR_SALE),
    (PageKind.PARKED, _PARKED),
    (PageKind.ERROR_PAGE, _ERROR),
    (PageKind.CONSTRUCTION, _UNBUILT),
)


def page_kind_of(
    text: PageText,
    html: str = "",
    status: int | None = 200,
    render_reason: str = "",
) -> PageKind:
    """The kind of a page from its words, its entries, its status, and why the browser is wanted.
    A door is one whatever stands on it: 测试站点 and 未经授权禁止访问 are for those inside.
    """
    title, body = text.field("title"), text.field("body")
    length = len("".join(body.split()))
    if status is not None and status >= 400 and length < _LITTLE:
        return PageKind.ERROR_PAGE
    if length < _MANUAL and _OF_THE_SERVER.search(title):
        return PageKind.CONSTRUCTION
    if is_closed_door(text, html):
        return PageKind.LOGIN_WALL
    for kind, phrases in _TABLE:
        if length < _LITTLE and (phrases.search(title) or _said(phrases, body, length)):
            return kind
    return PageKind.SHELL if render_reason == "script_shell" else PageKind.ORDINARY


def _said(phrases: re.Pattern[str], body: str, length: int) -> bool:
    """In a short line of a page that says hardly anything, or high up on one that says little."""
    lines = body.split("\n")[: 30 if length < _HARDLY_ANY else 4]
    return any(phrases.search(line) for line in lines if len(line) < _LINE)
