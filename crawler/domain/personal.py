"""Where words of a page name or reach a person: numbers as people write them apart, accounts behind
the word that says what they are, names behind an office. Every mask is as long as what it hides, so
that places in a text stay true.
"""

import re

from crawler.domain.filing import masked

# What the papers say is masked; whoever adds a pattern adds its name.
KINDS = (
    "手机号码、固定电话、身份证号、银行卡号、电子邮箱、QQ号、微信等账号，"
    "以及“联系人”“法定代表人”“负责人”等字样后的姓名"
)
_S = r"[ \t\u00a0\u2000-\u200d\u2060\u3000\ufeff\-－‐‑‒–—·•]"
_ONE, _NEXT = "[1１]", "[3-9３-９]"
_HEAD = _ONE + _NEXT
_MOBILE = "|".join(
    (
        rf"{_HEAD}\d(?:{_S}|[.．]){{0,2}}\d{{4}}(?:{_S}|[.．]){{0,2}}\d{{4}}",
        rf"{_HEAD}\d\d{_S}\d{{3}}{_S}\d{{4}}",
        rf"{_HEAD}\d\d{_S}\d{{4}}{_S}\d{{3}}",
        rf"{_HEAD}\d{_S}\d{{3}}{_S}\d{{5}}",
        rf"{_HEAD}\d{{3}}{_S}\d{{3}}{_S}?\d{{3}}",
        rf"{_HEAD}\d(?:{_S}\d\d){{4}}",
        rf"{_ONE}{_S}{_NEXT}(?:{_S}\d){{9}}",
    )
)
_IDENTITY = "|".join(
    (
        rf"[1-8１-８]\d{{5}}{_S}{{0,2}}\d{{4}}{_S}?\d{{4}}{_S}{{0,2}}\d{{3}}[\dXxＸ]",
        r"[1-8]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}",  # of fifteen, until 1999
    )
)
_CARD = rf"62\d\d(?:{_S}?\d{{4}}){{3}}(?:{_S}?\d{{1,3}})?"
_NUMBERS = re.compile(rf"(?<!\d)(?:{_IDENTITY}|{_CARD}|{_MOBILE})(?!\d)")
_LANDLINE = re.compile(
    rf"(?<![\d\-])[（(]?0(?:10|2\d|[3-9]\d\d)[)）]?{_S}{{0,2}}[2-8]\d{{2,3}}{_S}?\d{{4}}(?!\d)"
)
_EMAIL = re.compile(
    r"[A-Za-z0-9._%+\-]{1,64}[@＠][A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,5}"
)
_CALLED = r"(?:号码?|群号?|ID|账号|帐号|咨询|同号)?[\s:：是为（(【\[/]{0,4}"
_NUMBERED = re.compile(
    rf"(?:扣扣|企鹅|电话|手机|座机|热线|传真|致电|联系方式|(?<![A-Za-z])(?:QQ|Tel)){_CALLED}"
    r"(\d[\d\- ]{3,14}\d)",
    re.IGNORECASE,
)
_GROUP = re.compile(r"[\u4e00-\u9fff]群号?\s{0,2}[:：]\s{0,2}(\d{5,12})(?!\d)")
_ACCOUNT = re.compile(
    rf"(?:微\s?信|威信|薇信|加微|电报|联系方式|(?<![A-Za-z])(?:V信|VX|WX|WeChat|Telegram|Skype|"
    rf"WhatsApp)){_CALLED}@?([A-Za-z0-9][A-Za-z0-9_\-]{{4,30}})",
    re.IGNORECASE,
)
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程"
    "苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝"
    "龚邵万钱严覃武戴莫孔向汤欧葛俞章施华柯翁倪庄"
)
_OFFICE = (
    "法定代表人|法人代表|法人|网站负责人|负责人|联系人|经办人|投诉人|董事长|总经理|客户经理|"
    "理财经理|业务经理|业务员|理财师|代理人|姓名"
)
_ENDS = "电话|手机|微信|联系|先生|女士|小姐|地址|职务|邮箱|身份|传真"
_HAN = r"[\u3400-\u9fff·]"
_NAMED = re.compile(
    rf"(?:{_OFFICE})(?:"
    rf"(?:[\s:：]{{1,4}}|[为是])({_HAN}{{2,4}}?)(?={_ENDS}|(?!{_HAN})|$)"
    rf"|(?:[\s:：为是]{{1,4}}|(?<!法人))([{SURNAMES}]{_HAN}{{1,2}}))"  # 法人金融机构 is nobody
)


def masked_contact(value: str) -> str:
    """138****0000, ab***: enough to recognise, too little to use."""
    if len(value) <= 4:
        return value[:1] + "*" * (len(value) - 1)
    head, tail = (3, 2) if len(value) > 7 else (2, 0)
    return value[:head] + "*" * (len(value) - head - tail) + value[len(value) - tail :]


def hidden_persons(text: str) -> str:
    """The text with what names or reaches a person masked, and as long as before."""
    for pattern in (_EMAIL, _NUMBERS, _LANDLINE):
        text = pattern.sub(lambda found: masked_contact(found[0]), text)
    for pattern in (_NUMBERED, _GROUP, _ACCOUNT):
        text = pattern.sub(lambda found: _behind(found, masked_contact(found[1])), text)
    return _NAMED.sub(lambda found: _behind(found, masked(found[1] or found[2])), text)


def _behind(found: re.Match[str], mask: str) -> str:
    return found[0][: len(found[0]) - len(mask)] + mask
