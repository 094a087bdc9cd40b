"""The shapes in which a promised rate is written, as a table of linear patterns over folded text.

Groups: n1 and n2 lower and upper figure, bonus 加息, cn Chinese numeral, half 半, li 厘, base 万 or
千; p pu q qu money given and money returned; per or span its period. A `decoy` eats what only looks
like a rate.
"""

import re
from dataclasses import dataclass
from typing import Literal

from crawler.domain.assessment import Confidence
from lexicons.numbers import AMOUNT, CHINESE, DECIMAL
from lexicons.yield_words import (
    ANNUAL,
    BACK,
    COMES,
    CURRENCY,
    DAILY,
    EVERY,
    GAIN,
    GIVES,
    IN_KIND,
    LI,
    LINK,
    MONEY,
    MONEY_BEFORE,
    MONTH_FEN,
    MONTHLY,
    N1,
    NO_PERIOD_BEFORE,
    NO_PROMO,
    NUMBER_FIRST,
    OF_TEN_THOUSAND,
    PAYS,
    PER_DAY_OF,
    POINTS,
    RANGE,
    RATE,
    SPAN,
    UNIT_OF,
    WEEKLY,
    YIELD,
)

Reading = Literal[
    "rate",
    "span_rate",
    "fen",
    "money",
    "flag",
    "decoy",
    "money_span",
    "money_year",
    "money_bonus",
    "buyback",
    "ratio",
    "each",
    "payback",
]


@dataclass(frozen=True, slots=True)
class Shape:
    """One way of writing a rate: its pattern, how it is read, and its factor to a year."""

    kind: str
    pattern: re.Pattern[str]
    reading: Reading
    factor: float = 1.0
    confidence: Confidence = Confidence.HIGH


def _shape(
    kind: str,
    pattern: str,
    reading: Reading = "rate",
    factor: float = 1.0,
    confidence: Confidence = Confidence.HIGH,
) -> Shape:
    return Shape(kind, re.compile(pattern), reading, factor, confidence)


_MEDIUM, _LOW = Confidence.MEDIUM, Confidence.LOW
_OTHER_CELL = r"[^¦]{0,6}(?:进度|完成|已|占|剩|折|率|成交|胜|费|年化|收益|回报)"
SHAPES: tuple[Shape, ...] = (
    # what only looks like a rate
    _shape(
        "progress",
        rf"(?:进度|完成度?|募集率?|已投|已售|已抢|折让率?|折扣率?|抵押率|质押率|成数|首付|胜率|"
        rf"成功率|准确率|通过率|下款率|命中率|"
        rf"满意度|好评率?|占比|持股|股权|股份|税率|费率|手续费|服务费|管理费|佣金|逾期率|坏账率|"
        rf"不良率|增长率?|上涨|下跌|涨幅|跌幅|同比|环比|"
        rf"占[\u4e00-\u9fff]{{0,6}}|超过|送出)[\s¦:]{{0,4}}(?:达到?|为|是|约|了|高达|已|最高|"
        rf"低至){{0,2}}\s?{RATE}",
        "decoy",
    ),
    # a rate of anything else (返修率, 出餐率); a yield's are named below
    _shape(
        "progress",
        rf"率(?<![利益报息红化润酬返还值]率)[\s:]{{0,3}}(?:达到?|为|是|约|了|高达|已|最高|低至|"
        rf"低于|不?超过?|不低于){{0,2}}\s?{RATE}",
        "decoy",
    ),
    _shape(
        "progress",
        rf"{NUMBER_FIRST}[\s¦]{{0,3}}(?:进度|已完成|已投|已售|折让|的?进度|募集进度|股权|股份|"
        rf"的客户|的用户|的概率)",
        "decoy",
    ),
    _shape(
        "holding",
        r"(?:首付|定金|违约金|滞纳金|罚息|罚款)[^¦。;,]{0,8}?\d{1,3}(?:\.\d+)?\s?%",
        "decoy",
    ),
    _shape(
        "growth",
        r"(?:产值|产量|营收|销售额?|销量|客流量?|流量|用户数?|规模|业绩|GDP|收入|成绩|工资|订单|"
        r"粉丝)"
        r"[^。;!?¦]{0,8}?翻[^。;!?¦]{0,3}[番倍]",
        "decoy",
    ),
    _shape(
        "growth",
        rf"(?:大赛|比赛|冠军|季军|选手|回测)[^。;!?¦%]{{0,10}}?(?:收益率?|回报率?|"
        rf"年化){{1,2}}[^。;!?¦\d%]{{0,4}}{RATE}",
        "decoy",
    ),
    _shape(
        "rebate",
        rf"(?:网购|购物|下单|领券|外卖|商品|返利网|淘宝|"
        rf"京东)[^。;!?¦%]{{0,10}}?返利?[^。;!?¦\d%]{{0,4}}{RATE}",
        "decoy",
    ),
    # money for money
    _shape(
        "invest_x_get_y_after",
        rf"(?:投入?|存入?|充值?|入金|出资)\s?{MONEY}[^。;!?¦%\d]{{0,14}}?"
        rf"(?:次(?P<per>年)|(?:满|到期)?(?P<span>一)(?P<per2>年)[后期]?)"
        rf"(?:可|能|即|就|返还|返|得|取回|取|退|连本带利|拿|领){{1,3}}\s?{BACK}",
        "money_year",
    ),
    _shape(
        "invest_x_return_y",
        rf"(?:(?:投资|投入|投|存入|存款|存|充值|充|入金|本金|买入|认购|购买|缴纳?|预存)\s?{MONEY}|"
        rf"{MONEY_BEFORE}(?:购买?|认购|存入|入会|"
        rf"投入))[^。;!?¦]{{0,16}}?{EVERY}{PAYS}\s?{BACK}{NO_PROMO}",
        "money",
    ),
    _shape(
        "invest_x_get_y_after",
        rf"(?:投入?|存入?|充值?|入金)\s?{MONEY}\s?(?:得|返|取|拿|变|"
        rf"收)\s?{BACK}[^。;!?¦]{{0,4}}?{SPAN}"
        r"(?:到期|后|返|一期|出局|到账|结束|兑现|周期)?",
        "money_span",
    ),
    _shape(
        "invest_x_get_y_after",
        rf"(?:投入?|存入?|充值?|入金)\s?{MONEY}\s?(?:得|返|取|拿|变|收)\s?{BACK}"
        rf"[^。;!?¦\d]{{0,4}}?(?P<span>次|隔|当)(?P<per>日|天)",
        "money_span",
    ),
    _shape(
        "invest_x_get_y_after",
        rf"(?:投入?|存入?|充值?|入金)\s?{MONEY}[^。;!?¦%\d]{{0,6}}?(?P<span>次|隔|当)(?P<per>日|天)"
        rf"(?:可|能|就|即){{0,2}}(?:得|返|取|拿|变|收)回?\s?{BACK}{NO_PROMO}",
        "money_span",
    ),
    _shape(
        "in_kind",
        rf"(?:投资?|投入|存入?|存款|入股|认购|出资)\s?{MONEY}[^。;!?¦%\d]{{0,12}}?{EVERY}"
        rf"[^。;!?¦%\d]{{0,4}}?(?:送|赠送|赠|配送|发放?|领|享)(?:价值|市值|等值|约)?\s?"
        rf"{BACK}的?\s?{IN_KIND}",
        "money",
        1,
        _MEDIUM,
    ),
    _shape(
        "in_kind",
        rf"(?:投资?|投入|存入?|存款|入股|认购|出资)\s?{MONEY}[^。;!?¦%\d]{{0,6}}?{SPAN}期?"
        rf"[^。;!?¦%\d]{{0,4}}?(?:送|赠送|赠|配送|发放?|领|享)(?:价值|市值|等值|约)?\s?"
        rf"{BACK}的?\s?{IN_KIND}",
        "money_bonus",
        1,
        _MEDIUM,
    ),
    _shape(
        "wan_yuan_daily",
        rf"(?<![每\d.十百千一二两三四五六七八九])(?:每|1|一)?万(?:元|"
        rf"块钱?)?(?:本金)?(?:的)?(?P<per>[日天]|每[日天]|一天|每月|月|"
        rf"年|每年)(?:均|可|能)?"
        rf"(?:收益|赚|返|息|利息|得|收入|回报){LINK}(?P<q>{AMOUNT})(?P<qu>万|千|百)?\s?(?:元|"
        rf"块)?(?![\d%.])",
        "money",
    ),
    _shape(
        "wan_yuan_daily",
        rf"每万(?:元|块)(?:本金)?(?P<per>[日天]|每[日天]|每月|月|年|每年)(?:均|可|能)?"
        rf"(?:收益|赚|返|息|利息|得|收入|回报){LINK}(?P<q>{AMOUNT})(?P<qu>万|千|百)?\s?(?:元|"
        rf"块)?(?![\d%.])",
        "money",
    ),
    _shape(
        "wan_yuan_yearly",
        rf"(?P<per>一年|每年|年|一个月|每月)(?:期)?[,的]?每?(?:1|一)?万(?:元|块钱?)?(?:可|"
        rf"能)?(?:获得|获|得)?"
        rf"(?:收益|赚|返利|返还|返|利息|息|得|分红|回报)?{LINK}(?P<q>{AMOUNT})(?P<qu>万|千|"
        rf"百)?\s?(?:元|块)",
        "money",
    ),
    _shape(
        "buyback",
        rf"满?{SPAN}[^。;!?¦]{{0,18}}按(?:购入价|买入价|原价|本金|认购价|购买价|投资额|"
        rf"成本价?)的?\s?"
        r"(?P<back>[12]\d\d)\s?%\s?(?:的价格)?(?:收回|回购|返还|回收|兑付)",
        "buyback",
    ),
    _shape(
        "price_and_daily",
        rf"(?P<p>{AMOUNT})\s?(?P<pu>万|"
        rf"千)?\s?{CURRENCY}?(?:\s?/\s?[份台头套棵个枚只亩单])?[\s¦]{{0,4}}"
        rf"(?P<per>每?日|每天)(?:均|可)?(?:净)?(?:产出?|产币|收益|收入|返|赚|分红|"
        rf"释放)\s?(?P<q>{AMOUNT})(?P<qu>万|千)?\s?"
        rf"{CURRENCY}",
        "money",
    ),
    # money for a share or a thing, and what it yields again and again
    _shape(
        "share_and_return",
        rf"{GIVES}[^\d。;!?¦]{{0,8}}[\s¦:]{{0,3}}{MONEY}{UNIT_OF}?[^。;!?¦%\d]{{0,36}}?"
        rf"(?:[¦,]\s?)?{EVERY}(?:每?[份台头套箱座亩])?[\u4e00-\u9fff]{{0,3}}?{COMES}"
        rf"[\u4e00-\u9fff]{{0,4}}?[\s¦:]{{0,3}}{BACK}{NO_PROMO}",
        "money",
        1,
        _MEDIUM,
    ),
    _shape(
        "share_and_return",
        rf"{GIVES}[^\d。;!?¦]{{0,8}}[\s¦:]{{0,3}}{MONEY}{UNIT_OF}?[^。;!?¦%\d]{{0,20}}"
        rf"{COMES}[^。;!?¦%\d]{{0,16}}?(?P<per>每年|每月|每天|每日|每周|每季度?)"
        rf"(?:按|约|固定|稳定)?[\s:]{{0,2}}{BACK}{NO_PROMO}",
        "money",
        1,
        _MEDIUM,
    ),
    _shape(
        "share_and_return",
        rf"(?<![\d.])(?P<p>{AMOUNT})\s?(?P<pu>万|千)?\s?{CURRENCY}?{UNIT_OF}[,¦\s]{{0,2}}"
        rf"{EVERY}(?:均|可)?(?:净|固定)?{COMES}[\s¦:]{{0,3}}{BACK}{NO_PROMO}",
        "money",
        1,
        _MEDIUM,
    ),
    _shape(
        "share_and_return",
        rf"{GIVES}[^\d。;!?¦]{{0,8}}{MONEY}[^。;!?¦%\d]{{0,24}}?(?P<per>每年|每月|每季度?|每周|"
        rf"每[天日])"
        rf"(?:按)?\s?{BACK}(?:的)?(?:派发|分红|返还|派息|收益|红利|租金)",
        "money",
        1,
        _MEDIUM,
    ),
    _shape(
        "bonus_after",
        rf"(?:存入?|预存|充值|储值|投入?|缴纳?|"
        rf"交)\s?{MONEY}[^。;!?¦%]{{0,40}}?{SPAN}后?[^。;!?¦%]{{0,16}}?"
        rf"(?:另|额外|再)(?:外)?(?:发|送|给|付|返|领|补贴?|奖)\s?{BACK}",
        "money_bonus",
        1,
        _MEDIUM,
    ),
    _shape(
        "share_and_return",
        rf"(?<![\d.,])(?P<p>{AMOUNT})\s?(?P<pu>万|千)?\s?{CURRENCY}?(?:买|购|投|领养?|"
        rf"认[养购领])[一两]?"
        rf"[份台头套棵个枚只亩箱座位][^。;!?¦%\d]{{0,36}}?(?P<per>每年|每月|每周|每[天日]|"
        rf"[日月年]均)"
        rf"[^。;!?¦%\d]{{0,8}}(?:{AMOUNT}\s?-\s?)?{BACK}{NO_PROMO}",
        "money",
        1,
        _MEDIUM,
    ),
    _shape(
        "price_and_buyback",
        rf"(?<![\d.,])(?P<p>{AMOUNT})\s?(?P<pu>万|千)?\s?{CURRENCY}[^。;!?¦%\d]{{0,10}}{SPAN}后?"
        rf"[^。;!?¦%\d]{{0,12}}?按\s?{BACK}(?:的?价格?)?(?:收回|回购|回收|兑付|收购)",
        "money_span",
        1,
        _MEDIUM,
    ),
    _shape(
        "share_and_buyback",
        rf"{GIVES}[^\d。;!?¦]{{0,12}}{MONEY}[^。;!?¦%\d]{{0,24}}?[,\s]{SPAN}[^。;!?¦%\d]{{0,14}}?"
        rf"(?:回收价?|收回价?|回购价?|卖出价?|兑付|拿回|连本带利|出栏价?)[\s:为按]{{0,3}}{BACK}",
        "money_span",
        1,
        _MEDIUM,
    ),
    # multiples
    _shape(
        "period_multiple",
        r"(?:\d{1,3}|[一二两三四五六七八九十半]{1,3})(?:天|日|周|个月|月|年)(?:内|时间|收益|资金|"
        r"本金|就|可|能|轻松|稳定|资产){0,3}翻(?:了)?(?:\d{1,3}|"
        r"[一二两三四五六七八九十]{1,2})?[倍番]",
        "flag",
    ),
    _shape(
        "bank_multiple",
        r"(?:银行|余额宝|定期|活期)(?:同期)?(?:存款|活期|定期|理财)?(?:利息|利率|"
        r"收益)?的?\s?(?:\d{1,3}(?:\.\d)?(?:-\d{1,3})?|[一二两三四五六七八九十几数]{1,3})\s?倍|"
        r"(?:\d{1,3}(?:\.\d)?(?:-\d{1,3})?|[两三四五六七八九十几数]{1,3})\s?倍于?(?:银行|"
        r"余额宝)?(?:同期)?(?:活期|定期|存款)(?:存款)?(?:收益|利息|利率)?",
        "flag",
    ),
    # a year
    _shape(
        "annual_cn_percent",
        rf"(?:{ANNUAL}[^。;\d¦]{{0,8}}?|{YIELD}率?{LINK})百分之(?P<cn>{CHINESE})",
    ),
    _shape(
        "annual_percent_word",
        rf"(?:{ANNUAL}[^。;\d¦]{{0,8}}?|{YIELD}率?{LINK})百分之\s?(?P<n1>{DECIMAL})",
    ),
    _shape(
        "annual_points",
        rf"(?:每年|一年|年年|逐年)\s?(?:可|能|均|最高|稳定|固定)?(?:坐享|坐收|享受?|领取?|拿|得|"
        rf"收|赚|"
        rf"补贴?|返还?|付){LINK}{RATE}",
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_points",
        rf"每年[\u4e00-\u9fff]{{0,4}}?(?:总价|房款|本金|投入|本钱|会费|认购额)的?\s?{RATE}",
        confidence=_MEDIUM,
    ),
    # gold that is to become more of itself
    _shape(
        "annual_points",
        rf"(?:存|托管|放)[^。;!?¦%]{{0,8}}?克[^。;!?¦%\d]{{0,6}}?每年(?:可|能)?(?:多出?|增|生|涨){LINK}{RATE}",
        confidence=_MEDIUM,
    ),
    _shape("annual_points", rf"(?<![\u4e00-\u9fff])每年\s?{RATE}(?=[\t¦]|$)", confidence=_MEDIUM),
    _shape(
        "half_year_pct",
        rf"存满?半年期?(?:能|可|就)?(?:给|返|拿|得|付|送){RATE}",
        factor=2,
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_points",
        rf"存(?:期|满)?\s?(?:[一二两三五半]|\d)\s?年期?{LINK}{RATE}",
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_terms",
        rf"[\"”」』》]\s?(?:\d{{1,2}}\s?个月|\d{{2,3}}\s?天|[一二三两]年)期?\s{{0,2}}{RATE}",
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_tiers",
        rf"\d{{1,4}}\s?万元?(?:以下|以上|起|\(含\)|-\s?\d{{1,4}}\s?万元?)(?:\(含\))?"
        rf"[: ,]{{0,2}}{RATE}",
        confidence=_MEDIUM,
    ),
    _shape("annual_cn_first", rf"百分之(?P<cn>{CHINESE})(?:以上|左右)?的?{ANNUAL}"),
    _shape(
        "annual_cn_points",
        rf"(?:{ANNUAL}|"
        rf"(?<![月周日天]){YIELD}率?)[^。;\d¦]{{0,6}}?(?P<cn>{CHINESE}){POINTS}",
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_points",
        rf"(?:{ANNUAL}|(?<!月){YIELD}率?)[^。;\d¦]{{0,6}}?{N1}{RANGE}\s?个(?:百分)?点(?![钟位])",
        confidence=_MEDIUM,
    ),
    _shape("annual_label_first", rf"{ANNUAL}{LINK}{RATE}"),
    _shape(
        "annual_terms",
        rf"{ANNUAL}[^。;¦%\d]{{0,12}}?(?:\d{{1,2}}(?:个?月|天|年)期?(?:标|"
        rf"项目)?)[ :为是约]{{0,2}}{RATE}",
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_terms",
        rf"{YIELD}率?(?:\d{{1,2}}(?:个?月|天|年)期?)[ :为是约]{{0,2}}{RATE}",
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_number_first",
        rf"{NUMBER_FIRST}[\s¦]{{0,4}}(?:以上|左右|"
        rf"起)?(?:\(?加息\)?)?(?:的)?[\s(]?{ANNUAL}"
        r"(?![ :高达可为约至超过]{0,4}\d{1,3}(?:\.\d{1,3})?\s?(?:%|-\d))",
    ),
    # cells of a card that a button or another label has come between
    _shape(
        "annual_label_first",
        rf"(?:(?<=¦)|(?<![\s\S]))\s?{ANNUAL}\s?¦(?:(?!{_OTHER_CELL})[^¦%\d]{{1,8}}¦){{1,2}}\s?{RATE}(?=\s?¦|$)",
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_number_first",
        rf"(?:(?<=¦)|(?<![\s\S])){NUMBER_FIRST}\s?¦(?!{_OTHER_CELL})[^¦%\d]{{1,8}}¦\s?{ANNUAL}\s?¦"
        r"(?!\s?\d{1,3}(?:\.\d{1,3})?\s?(?:%|-\d))",
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_points",
        rf"(?:每年|按年)\s?{RATE}[^。;¦]{{0,6}}?(?:打卡|按季|按月|到账|兑现|支付|加价|溢价|赎回|"
        rf"回购|利息|收益|补偿|补息|分红|返|增值|"
        rf"计息)",
        confidence=_MEDIUM,
    ),
    _shape(
        "annual_fen",
        rf"年(?:利息|息|利)率?{LINK}(?:(?<![\d.])(?P<n1>\d{{1,2}}(?:\.\d{{1,2}})?)|"
        rf"(?P<cn>[一二两三四五六七八九]))\s?分(?![钟红期享行店部支之公])(?P<half>半)?"
        r"(?:(?P<li>[一二三四五六七八九])(?![个天万年月])厘?)?",
        "fen",
        10,
        _MEDIUM,
    ),
    _shape(
        "annual_tenths",
        rf"(?:年(?:利息|息|利)率?{LINK}(?P<cn>[一二两三四五六七八九])\s?毛(?![利病])|"
        rf"{ANNUAL}{LINK}(?P<cn2>[一二两三四五六七八九])\s?成(?![为立功都交员本果长就年人品熟效绩份分新]))"
        r"(?P<half>半)?(?P<li>[一二三四五六七八九](?![个天万年月]))?",
        "fen",
        10,
        _MEDIUM,
    ),
    _shape("annual_li", rf"年(?:利息|息|利)率?{LINK}{LI}", "fen", 1, _MEDIUM),
    # a month
    _shape("month_fen", rf"(?:月(?:利息|息|利)率?|每月(?:利息|息)){LINK}{MONTH_FEN}", "fen", 12),
    _shape("month_li", rf"(?:月(?:利息|息|利)率?|每月(?:利息|息)){LINK}{LI}", "fen", 1.2, _MEDIUM),
    _shape(
        "month_cn_percent",
        rf"{MONTHLY}[^。;\d¦]{{0,6}}?百分之(?:(?P<cn>{CHINESE})|(?P<n1>{DECIMAL}))",
        factor=12,
    ),
    _shape(
        "month_cn_percent",
        rf"{MONTHLY}{LINK}(?P<cn>{CHINESE}){POINTS}",
        factor=12,
    ),
    _shape(
        "month_permille",
        rf"{MONTHLY}{LINK}千分之(?:(?P<cn>{CHINESE})|(?P<n1>{DECIMAL}))",
        factor=1.2,
    ),
    _shape("month_pct", rf"{MONTHLY}{LINK}{RATE}", factor=12),
    _shape(
        "month_number_first",
        rf"{NUMBER_FIRST}[\s¦]{{0,4}}的?{MONTHLY}(?![ :高达为约]{{0,4}}\d)",
        factor=12,
    ),
    _shape("month_number_first", rf"每个?月{LINK}{NUMBER_FIRST}的?(?:固定)?{GAIN}", factor=12),
    _shape("month_fen", rf"{MONTH_FEN}的?月(?:利息|息|利)", "fen", 12, _MEDIUM),
    _shape("month_li", rf"{LI}(?:的?月(?:利息|息|利)|\s?/\s?月)", "fen", 1.2, _MEDIUM),
    _shape(
        "fen_li_colloquial",
        r"(?<![年月日\d.])(?:(?P<n1>\d(?:\.\d)?)|"
        r"(?P<cn>[一二两三四五]))\s?分(?P<half>半)?(?P<li>[一二三四五六七八九1-9])?\s?(?:钱)?的?\s?(?:利息?|"
        r"息)(?![润用益好率落索])",
        "fen",
        12,
        _LOW,
    ),
    _shape(
        "fen_li_colloquial",
        r"(?<![年月日净])利息(?:[:是为]|高达|只要|低至){0,2}\s?(?:(?P<n1>\d(?:\.\d)?)|"
        r"(?P<cn>[一二两三四五]))\s?分(?![钟红期享行店部支之])(?P<half>半)?",
        "fen",
        12,
        _LOW,
    ),
    # a week, a day, some days
    _shape(
        "week_cn_percent",
        rf"{WEEKLY}[^。;\d¦]{{0,6}}?百分之(?:(?P<cn>{CHINESE})|(?P<n1>{DECIMAL}))",
        factor=52,
    ),
    _shape("week_pct", rf"{WEEKLY}{LINK}{RATE}", factor=52),
    _shape(
        "week_number_first", rf"{NUMBER_FIRST}[\s¦]{{0,4}}的?周(?:化|收益|回报|返利)率?", factor=52
    ),
    _shape(
        "day_wan_qian",
        rf"(?:日(?:利率|利息|费率|息|化|返|结)|[每一][日天](?:利息|收益|返利|返|息|释放|递增|"
        rf"分红|产出)?|"
        rf"按[日天](?:计息)?){LINK}{OF_TEN_THOUSAND}",
        "fen",
        3.65,
    ),
    _shape(
        "day_wan_qian",
        r"(?<![\d一二两三四五六七八九十])(?P<base>万|"
        r"千)(?:分之)?\s?(?:(?P<n1>\d{1,2}(?:\.\d{1,3})?)|"
        r"(?P<cn>[一二两三四五六七八九]))\s?(?:/|每)[天日](?!内)",
        "fen",
        3.65,
    ),
    _shape("permille_yield", rf"每[日天]{LINK}{N1}\s?‰", "rate", 36.5, _LOW),
    _shape(
        "day_cn_percent",
        rf"{DAILY}[^。;\d¦]{{0,6}}?百分之(?:(?P<cn>{CHINESE})|(?P<n1>{DECIMAL}))",
        factor=365,
    ),
    _shape("day_pct", rf"{DAILY}{LINK}{RATE}", factor=365),
    _shape(
        "day_number_first",
        rf"{PER_DAY_OF}{NUMBER_FIRST}(?:的|左右的?)?(?:固定|静态|稳定)?{GAIN}",
        factor=365,
    ),
    _shape(
        "day_number_first",
        rf"{NUMBER_FIRST}[\s¦]{{0,4}}的?(?:综合)?(?:日化|日收益|日回报|日返|日息|"
        rf"静态收益)(?![ :高达为约]{{0,4}}\d)",
        factor=365,
    ),
    _shape(
        "day_number_first",
        rf"(?:{YIELD}率?{LINK})?{NUMBER_FIRST}\s?/\s?[天日]",
        factor=365,
        confidence=_MEDIUM,
    ),
    _shape(
        "month_number_first",
        rf"(?:{YIELD}率?{LINK})?{NUMBER_FIRST}\s?/\s?月",
        factor=12,
        confidence=_MEDIUM,
    ),
    _shape(
        "month_number_first",
        rf"{YIELD}率?{LINK}{NUMBER_FIRST}\s?每月",
        factor=12,
        confidence=_MEDIUM,
    ),
    _shape(
        "period_after_label",
        rf"(?<![毛净业产])(?:{YIELD}率?|利率|复利)[\s:]{{0,2}}(?:按|每|约)?(?P<per>半年|季度?|月|周|日)"
        rf"[\s:为约达]{{0,2}}{RATE}",
        "each",
    ),
    _shape(
        "annual_number_first",
        rf"(?:{YIELD}率?{LINK})?{NUMBER_FIRST}\s?/\s?年",
        confidence=_MEDIUM,
    ),
    _shape(
        "quarter_pct",
        rf"(?<![春夏秋冬换赛旺淡雨当本])(?:季度?|每季度?|季季)(?:固定|稳定)?"
        rf"(?:(?:收益|回报|分红|返利|返还|派息|返)率?{LINK}|付息[:为]?){RATE}",
        factor=4,
    ),
    _shape(
        "half_year_pct",
        rf"半年(?:期)?(?:固定|稳定)?(?:收益|回报|分红|返利|返还|派息|利息|息)率?{LINK}{RATE}",
        factor=2,
    ),
    _shape(
        "span_pct",
        rf"(?<![近去前过第\d.])(?:每|满)?{SPAN}(?:周期|一周期|到期|期满|为?一期|后|内|一轮|"
        rf"一个周期)?[,的]?(?:可|能|即)?(?:获得|获|享)?(?:固定|保底|稳定)?{GAIN}率?{LINK}{RATE}",
        "span_rate",
        1,
        _MEDIUM,
    ),
    _shape(
        "span_pct",
        rf"(?:静态|收益|利息)[:]?\s?{SPAN}\s?{RATE}",
        "span_rate",
        1,
        _MEDIUM,
    ),
    _shape("day_pct", rf"(?:平均|稳定|至少)每[日天]\s?{RATE}", "rate", 365, _MEDIUM),
    # no period said
    _shape(
        "yield_no_period",
        rf"{NO_PERIOD_BEFORE}(?:综合|总|投资|租金|固定|静态)?(?:收益率?|回报率?|利润率|分红率?|"
        rf"利息|票息|返利|盈利){LINK}{RATE}",
        "rate",
        1,
        _LOW,
    ),
    _shape(
        "yield_no_period",
        rf"(?:坐享|享受?|高达|超过|获得?|给予?|至少|稳赚|稳定|固定|"
        rf"保底){LINK}{NUMBER_FIRST}(?:以上|左右)?的?\s?(?:固定|稳定|高额?|投资|保底|超高|"
        rf"年度){{0,2}}(?:收益|回报|返利|分红|利润|利息|租金)",
        "rate",
        1,
        _LOW,
    ),
    _shape(
        "yield_no_period",
        rf"(?:理财|存款|固收|投资|增值)(?:产品|计划|项目)?\s?{RATE}\s?起",
        "rate",
        1,
        _LOW,
    ),
    _shape("yield_no_period", rf"(?:坐享|坐收){LINK}{RATE}", "rate", 1, _LOW),
    _shape("yield_no_period", rf"保底(?:收益|分红|回报)?\s?{RATE}", "rate", 1, _LOW),
    # figures without a rate
    _shape(
        "multiple",
        r"(?:收益|本金|资金|资产|利润|回报|财富|身家|涨幅|升值|投入)率?(?:可|能|将|轻松|快速|稳定|"
        r"最高|可以|有望){0,3}(?:翻(?:了)?(?:\d{1,4}|[一二两三四五六七八九十百]{1,3})?[倍番]|"
        r"(?:高达|可达|达|近|超)?(?:\d{1,4}|[两三四五六七八九十百千]{1,3})(?:-\d{1,4})?倍)",
        "flag",
    ),
    _shape("multiple", r"\d{1,4}倍(?:以上)?(?:的)?(?:收益|回报|涨幅|利润|增值)", "flag"),
    _shape(
        "payback_period",
        r"(?<![\d.])(?P<n1>\d{1,3}|[一二两三四五六七八九十半]{1,3})\s?(?P<u>天|日|周|个月|年)(?:内|"
        r"左右|即可|就能|可|就可|能){0,3}(?:回本|返本|出局|收回(?:成本|本金|投资))",
        "payback",
        1,
        _MEDIUM,
    ),
    _shape(
        "leverage",
        rf"(?<![\d.])\d{{1,4}}\s?倍\s?的?\s?(?:资金)?(?:杠杆|配资|融资)|(?:杠杆|配资)(?:比例|"
        rf"倍数)?{LINK}(?:1\s?[:比]\s?)?\d{{1,4}}\s?倍?(?![\d年月日%.])",
        "flag",
    ),
    _shape("leverage", r"1\s?[:比]\s?[1-9]\d{1,3}\s?(?:的)?杠杆", "flag"),
    _shape(
        "ratio_return",
        r"(?P<verb>充值?|存|投|买|消费满?|入金)\s?(?P<p>\d{1,7})\s?(?P<pu>万)?元?\s?(?:再|即|就|"
        r"立)?(?:送|返|得|赠)\s?(?P<q>\d{1,7})\s?(?P<qu>万)?(?!\s?%)",
        "ratio",
    ),
)
# what makes a window with such a sign worth reading: somebody gives, gains, pays or owes
TOPIC = re.compile(
    r"[Aa][Pp][YyRr]|的[利息]|分之|个点|厘|坐[享收]|出资|认[养领]|分配|补贴|年租|每年|回收价|"
    r"收回价|存\s?[一二两三五半\d]\s?年|收益|回报|回馈|赎回|回购|加价|溢价|领取?|报酬|理财|固收|"
    r"存款|"
    r"年[ ·.*_|-]?[化华划]|利率|[月年日周分]利|息|返|分红|派息|利润|盈利|赚|静态|释放|"
    r"复利|[日月]产|翻|倍|回本|出局|收回|杠杆|配资|"
    r"[充存投买费金]\s?\d|[日周月]化|/\s?[天日月年]|租金|每[日天]"
)
# where a rate can stand: without one of these nearby no shape can match. It runs over every
# page as it is, so it begins with one class of characters, and looks around only there.
ANCHOR = re.compile(
    r"[%％﹪‰倍番本局杆资之分厘毛成点返还送得赠赚息红入益利产取领馈万千租款月年按发贴价均蛋按](?:(?<=[%％﹪‰倍番])|"
    r"(?<=[回返]本)|(?<=收回成本)|(?<=出局)|(?<=[杠槓]杆)|"
    r"(?<=配资)|(?<=[百万千]分之)|(?<=[一二两貳贰三叁四五六七八九][毛成])|(?<=[\d一二两三四五六七八九十][分厘])|"
    r"(?<=[\d一二两三四五六七八九十]\s[分厘])|(?<=个点)|(?<=分点)|"
    r"(?<=每[月年])[\s:：按约]{0,3}[1-9１-９]|(?<=[每季][度月年]按)\s?[1-9１-９]|"
    r"(?<=[返还送得赠赚息红入益利产取领馈租款发贴价均蛋按])(?:[\s:：约为是高达可到了]{0,3})[1-9１-９]|"
    r"(?<=[^\d][万千])分?之?[\d一二两三五])"
)
