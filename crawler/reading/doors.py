"""Whether a page is nothing but a closed door: entries to get in, and no word for whoever stays
outside.
"""

import re

from crawler.domain.capture import PageText

_MOST = 600  # characters of a door with all that stands around it
_MOST_BESIDE = 90  # that belong to no door: a slogan, a notice
_MOST_SOURCE = 500_000  # characters; a door has no more
_MOST_LINKS = 14
_MOST_PICTURES = 8
_MOST_PRICES = 2
_WIDEST_LINE = 40  # a longer one only belongs to the door for what it says of the system
_WAY_IN = re.compile(
    r"登\s?[录陆入]|sign ?in|log ?[io]n|邀请码|提取码|(?:访问|密码).{0,6}(?:密码|保护)|"
    r"统一身份认证|password protected",
    re.IGNORECASE,
)
_SECRET = re.compile(r"<input\b[^<>]{0,400}\btype\s*=\s*[\"']?password", re.IGNORECASE)
_ASKS_SECRET = re.compile(r"密码|邀请码|提取码|口令|passw(?:or)?d", re.IGNORECASE)
_ASKS_WHO = re.compile(r"用户名|[账帐]号|手机号|邮箱|工号|学号|user ?name|e-?mail", re.IGNORECASE)
_ASKS_CODE = re.compile(r"验证码|动态码|verification code", re.IGNORECASE)
_BY_SCANNING = re.compile(
    r"扫码登[录陆]|扫一扫.{0,8}登[录陆]|扫描?二维码.{0,8}登[录陆]|scan.{0,20}(?:log|sign) ?in",
    re.IGNORECASE,
)
_TO_PRESS = re.compile(
    r"^(?!已有).{0,6}(?:登\s?[录陆入]|sign in|log in)$", re.IGNORECASE | re.MULTILINE
)
_ASKS_ELSE = re.compile(
    r"<textarea\b|type\s*=\s*[\"']?search|"
    r"placeholder\s*=\s*[\"']?[^\"'>]{0,20}(?:搜索|查询|姓名|称呼|编号)",
    re.IGNORECASE,
)
_LINK = re.compile(r"<a\b[^<>]{0,400}\bhref", re.IGNORECASE)
_PICTURE = re.compile(r"<img\b", re.IGNORECASE)
_OFFER = re.compile(r"[￥¥$]\s?\d|\d\s?[%％元]|赔率|起投|期限")
_OF_A_DOOR = re.compile(
    r"登\s?[录陆入]|注册|密\s*码|用户名|[账帐]号|验证码|邀请|记住|忘记|找回|扫[一码描]|二维码|手机号|"
    r"邮箱|工号|学号|版权|copyright|©|备案|备\d|公网安备|技术支持|浏览器|分辨率|客服|热线|帮助|协议|隐私|"
    r"条款|系统|平台|后台|控制台|门户|测试|未经授权|简体|繁體|english|语言|返回|学生|教师|管理员|"
    r"^v?\d[\d.]*$|sign|log|password|forgot|account|remember|welcome|user|email|language|"
    r"^(?:微信|QQ|钉钉|或|or|提交|进入|重置|执行|手机版|欢迎.{0,12})$",
    re.IGNORECASE,
)


def is_closed_door(text: PageText, html: str) -> bool:
    """By what it asks for, and by how little else there is: words, links, pictures, offers."""
    body = text.field("body")
    if len("".join(body.split())) >= _MOST:
        return False
    source = html[:_MOST_SOURCE]
    words = "\n".join((text.field("title"), body, text.field("placeholder"), text.field("alt")))
    if not _WAY_IN.search(words) or not _asks_in(words, source):
        return False
    return not _has_more(source) and _beside(body) <= _MOST_BESIDE and _offers(body) <= _MOST_PRICES


def _asks_in(words: str, html: str) -> bool:
    """A secret, a code by telephone, or a telephone that scans."""
    if _SECRET.search(html) or _BY_SCANNING.search(words):
        return True
    if "<input" not in html.lower() and html:
        return False
    by_code = _ASKS_WHO.search(words) and _ASKS_CODE.search(words) and _TO_PRESS.search(words)
    return bool(_ASKS_SECRET.search(words) or by_code)


def _has_more(html: str) -> bool:
    """Entries that let nobody in, ways on, pictures."""
    return (
        bool(_ASKS_ELSE.search(html))
        or len(_LINK.findall(html)) > _MOST_LINKS
        or len(_PICTURE.findall(html)) > _MOST_PICTURES
    )


def _beside(body: str) -> int:
    """Characters of the lines that belong to no door."""
    parts = [part for line in body.split("\n") for part in line.split("\t")]
    return sum(
        len("".join(part.split()))
        for part in parts
        if len(part) > _WIDEST_LINE or not _OF_A_DOOR.search(part)
    )


def _offers(body: str) -> int:
    return len(_OFFER.findall(body))
