"""Whether a page or a subject bears the name of a licensed house. A name proves nothing; the
register does. Here it only tells in whose voice the page speaks.
"""

import re
from collections.abc import Iterable

_BANK = (
    r"(?:银行|农商行|农村信用社|信用联社|农信社?|村镇行)"
    r"(?![卡业级账户转流利贷同活定代存理系直本]|信(?!用卡))"
)
_OTHER = r"(?:证券|期货|人寿|财险|寿险|保险|信托|基金|消费金融)"
_COMPANY = r"(?:股份|有限|责任|集团|公司|app|官方|在线|客户端|手机|资产管理)"
_HOUSE = rf"(?:{_BANK}|{_OTHER}(?:销售|管理)?{_COMPANY})"
_ANY_HOUSE = re.compile(f"{_BANK}|{_OTHER}")  # soon told; each of the names below has one
_GENERIC = re.compile(
    r"高于|低于|超过|相比|同期|各大|多家|国内|全国|传统|普通|选择|携手|接入|对接|签约|合作|和|与|"
    r"健康|时间|幸福|养老|爱心|道德|血液|种子|基因|题|"
    r"凭|绑定|网上|办理|购买|钱|放|存|不如|胜过|跑赢|"
    r"通过|引入|存管|受|比|是|的|在|向|等"
)
_NAMED = re.compile(
    rf"(?<![\u4e00-\u9fff])(?P<name>[\u4e00-\u9fff]{{2,6}}?){_HOUSE}(?P<after>.{{0,10}})"
)
_MAKES = re.compile(
    rf"(?P<name>[\u4e00-\u9fff]{{2,8}}?)(?:{_BANK}|{_OTHER})"
    r"(?:股份有限公司|有限责任公司|有限公司|集团|总行|分行)?(?:信用卡)?"
    r"(?:官方|旗下|推出|倾力|全新|打造|出品|自有|手机银行|移动|直销|app|客户端|个人版|企业版|专为|"
    r"为广大|是经|成立于|是一家|面向)"
    r"(?P<after>.{0,10})"
)
_AUTHORITY = re.compile(
    r"(?:银监会|银保监会|保监会|证监会|人民银行|央行|金融监督管理总局|金融监管总局)"
    r"[^。;\n]{0,14}(?:批准|核准|持牌|颁发|许可|首批)"
)
_CUSTODY = re.compile(
    r"存管|托管|监管|签约|签订|达成|合作|对接|战略|担保|携手|承保|接入|联合|转账|绑定|支持"
)
_FUTURES = re.compile(r"[\u4e00-\u9fff]{2,6}期货(?:股份|经纪)?有限(?:责任)?公司")
_OWN_TRADES = {  # kinds that have no licence at home, save the house's own
    "forex_margin": _FUTURES,
    "elderly_care": re.compile(r"(?:人寿|养老|健康)?保险(?:股份|集团)?有限(?:责任)?公司"),
    "payment_laundering": re.compile(
        r"支付(?:科技|服务|网络|技术|信息技术)?(?:股份)?有限(?:责任)?公司|银联"
    ),
}
_DEPOSIT = re.compile(r"储蓄存款|存款保险|(?:定期|活期|通知|结构性)存款|零存整取|大额存单|储蓄存单")
_OPENING = 70
_SUBJECT = re.compile(
    rf"{_BANK}|{_OTHER}|小额贷款|融资租赁公司|支付(?:股份|科技)|(?<!投资)理财有限责任公司"
)


def names_itself_licensed(text: str) -> bool:
    """Whether a normal form opens with a licensed house's name or says that one made the page."""
    told = _ANY_HOUSE.search(text)
    named = (*_NAMED.finditer(text[:_OPENING]), *_MAKES.finditer(text)) if told else ()
    return any(map(_is_own_name, named)) or bool(_AUTHORITY.search(text[:400]))


def _is_own_name(match: re.Match[str]) -> bool:
    return not _GENERIC.search(match["name"]) and not _CUSTODY.search(match["after"])


def is_licensed_name(unit_name: str) -> bool:
    """Whether a subject's registered name is one that only licensed houses bear."""
    return bool(_SUBJECT.search(unit_name))


def has_licence_for(category: str, names: Iterable[str]) -> bool:
    """Whether a title or a subject's name is of the one house that is licensed for a trade that
    has no licence otherwise: a futures broker, an insurer's pensions, a payment firm.
    """
    house = _OWN_TRADES.get(category)
    return house is not None and any(house.search(name) for name in names)


def names_deposits(text: str) -> bool:
    """Whether a normal form names deposits, whose principal a bank may promise."""
    return bool(_DEPOSIT.search(text))
