"""For what a rate is: promised to somebody who gives money, asked of somebody who borrows, or the
lawful word of a licensed product.
"""

import re

from crawler.domain.assessment import Track
from lexicons.folding import BLOCK

_NEAR = 48

_LICENSED = re.compile(
    r"[七7]\s?日\s?年[化华]|万份收益|业绩比较基准|近[一二三七\d]+(?:个?月|日|天|年)|成立以来|"
    r"票面利率|存款利率|挂牌利率|"
    r"大额存单|国债|定期存款|活期存款|整存整取|基准利率|[LS]PR|LPR|信托产品|银行理财|余额宝|"
    r"货币基金|shibor|同业|存款保险|R[1-5]级?"
)
_LAWFUL_ABROAD = re.compile(
    r"FDIC|UCITS|\bETF\b|KIID|past performance|savings account|annuali[sz]ed|may go down|"
    r"term deposit|regulated by|deposit guarantee",
    re.IGNORECASE,
)
_INSURED = re.compile(
    r"岁(?:起|时|开始)|年交|期交|趸交|累计保费|现金价值|保单年度|保额|年金保险|保险金"
)
_GIVEN = re.compile(
    r"收益|回报|返|分红|派息|盈利|赚|释放|静态|利润|增值|产币|配息|^(?:投|存|充|入金|买入|认购|"
    r"购买|本金)"
)
_BORROWED = re.compile(
    r"贷款|借款|借钱|放款|放贷|授信|额度|还款|息费|费率|分期|综合资金成本|用款|借贷|下款|征信|"
    r"信用贷|车贷|房贷|抵押贷|"
    r"[Mm]ortgage|\b[Ll]oans?\b|\b[Ll]enders?\b|[Bb]orrow|[Cc]redit (?:card|approval|score)|"
    r"消费贷|经营贷|配资|管理费|操盘|杠杆|还清|每月还|月供|贷"
)
_INVESTED = re.compile(
    r"起投|投资|理财|出借|认购|申购|募集|新手专享|新手标|标的|满标|本息|保本|担保本息|项目金额|"
    r"可投|债权|本金|回购|存入|存满|存款|存[\d一二两三四五六七八九十]|随存|入股|定融|"
    r"众筹|返租|养老|提现|收益"
)
_ASKED_BY_HABIT = re.compile(r"日息|日利率|日利息|日费率|按[日天]计息|利息|分利|分息|费率")


def track_of(text: str, start: int, end: int) -> Track:
    """The track of the rate at a place of folded text. Its own words decide, then its sentence,
    then its neighbours.
    """
    own = text[start:end]
    before = _sentence_before(text, start)
    if _LICENSED.search(before[-14:] + own) or _INSURED.search(before + own):
        return Track.LICENSED
    if _GIVEN.search(own):
        return Track.LOAN if _is_loan_income(before) else Track.BAIT
    return _by_neighbours(text, start, end, own)


def is_lawful_abroad(text: str, start: int, end: int) -> bool:
    """Whether the words of licensed products stand around a rate in English."""
    return bool(_LAWFUL_ABROAD.search(text, max(0, start - _NEAR), end + 2 * _NEAR))


def _is_loan_income(before: str) -> bool:
    return bool(re.search(r"(?:贷款|借款|借钱)(?:的)?$", before))


def _by_neighbours(text: str, start: int, end: int, own: str) -> Track:
    sentence = _sentence_before(text, start) + own + _sentence_after(text, end)
    around = text[max(0, start - _NEAR) : end + _NEAR]
    for words in (sentence, around):
        invested, borrowed = len(_INVESTED.findall(words)), len(_BORROWED.findall(words))
        if invested != borrowed:
            return Track.BAIT if invested > borrowed else Track.LOAN
    return Track.LOAN if _ASKED_BY_HABIT.search(own) else Track.BAIT


def _sentence_before(text: str, start: int) -> str:
    piece = text[max(0, start - _NEAR) : start]
    cut = max(piece.rfind(end) for end in "。!?;" + BLOCK)
    return piece[cut + 1 :]


def _sentence_after(text: str, end: int) -> str:
    piece = text[end : end + _NEAR]
    cuts = [at for at in (piece.find(stop) for stop in "。!?;" + BLOCK) if at >= 0]
    return piece[: min(cuts)] if cuts else piece
