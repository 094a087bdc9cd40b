"""Rates told in household words (投一万一个月拿三百, 一天两个点): sums of money, shares and periods
are read one by one, then put together where somebody pays in before and is paid after. Over folded
text; what the table of shapes knows is left to it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crawler.domain.assessment import Confidence
from lexicons.instalments import per_year_beyond_stake
from lexicons.numbers import DIGITS, PER_YEAR, number, spoken

Found = tuple[int, int, str, Confidence, float | None, float | None]

_CN = "[一二两三四五六七八九十]"
_SPOKEN = (
    rf"{_CN}{{1,3}}(?:百|千|万)(?:[一二两三四五六七八九十百千万零]{{1,6}}(?!个?[天日周月季年]))?"
)
_FIGURE = r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|(?<![\d.,])\d{1,8}(?:\.\d{1,4})?"
_YUAN = r"(?:元|块钱?|人民币|rmb|RMB|USDT|usdt|美金|[Uu](?![A-Za-z]))"
_MEASURE = "[度斤吨次人件辆台亩步户家篇张个套名条册公平字千]"
_TIME = "(?:天|日|周|星期|个月|月|季度?|年)"
_DAYS = {unit: 365 / times for unit, times in PER_YEAR.items()} | {"星": 365 / PER_YEAR["周"]}
_FIRST = rf"(?=[\d每半月天日周年季按百千万]|{_CN})"  # looked at before any way is tried
_PERIOD = (
    rf"(?P<cycle>每[期轮](?=[^。;!?¦\d%]{{0,6}}\d))|(?P<every>每\s?(?P<times>\d{{1,3}}|{_CN}{{1,2}})\s?(?:天|个月|周|年)|(?:每一?|"
    rf"(?<![第上])一)个?{_TIME}|(?<!每)(?:月月|天天|日日|年年|季季)|"
    rf"按[月天日季年周](?=[付返分结领给派])"
    rf"|(?:(?<![\d一二两三四五六七八九十半每\u4e00-\u9fff])|"
    rf"(?<=[万元块]))[日月周年](?=[返领产收付给拿赚入分结]))"
    rf"|(?P<span>(?<![\d.第前近])\d{{1,3}}|(?<![一二两三四五六七八九十第前近上]){_CN}{{1,3}}|"
    rf"半)\s?(?P<unit>天|日|周|个月|年)(?!代|前|级|龄|薪|产|均)"
)
_CYCLE = re.compile(  # how long 每期 is, where a page says so
    rf"周期[\s:为是约只需仅]{{0,4}}(?P<length>\d{{1,3}}|{_CN}{{1,2}})\s?(?P<of>天|日|周|个月|年)"
)
_ANY_PERIOD = re.compile(f"{_FIRST}(?:{_PERIOD})")
_TOKEN = re.compile(
    rf"{_FIRST}(?:{_PERIOD}"
    rf"|"
    rf"(?P<share>(?P<n1>(?<![\d.])\d{{1,4}}(?:\.\d{{1,3}})?)(?:\s?%?\s?[-至到]\s?(?P<n2>\d{{1,4}}(?:\.\d{{1,3}})?))?"
    r"\s?(?:%|(?P<mille>‰)|个(?:百分)?点(?![钟位]))"
    r"|(?P<base>百|千|"
    r"万)分之(?P<of>[一二两三四五六七八九十]{1,3}(?:点[零一二三四五六七八九]{1,2})?|"
    r"\d{1,2}(?:\.\d{1,2})?)"
    rf"|(?P<points>{_CN}{{1,3}}(?:点[一二三四五六七八九])?)个(?:百分)?点(?![钟位])"
    rf"|(?P<tenths>{_CN})成(?!为|立|功|都|交|员|本|果|长|就|年|人|品|熟|效|绩|份|分|"
    rf"新)(?P<half>半)?(?P<tenth>[一二三四五六七八九](?![个天月年周]))?)"
    rf"|(?P<money>(?P<sum>{_FIGURE})\s?(?:(?P<wan>万|千|"
    rf"百)(?P<more>\d(?![\d.]))?\s?(?:(?P<yuan>{_YUAN})|(?!{_MEASURE}))|(?P<yuan2>{_YUAN}))"
    rf"|(?P<spoken>{_SPOKEN})(?P<yuan3>{_YUAN})?|(?P<tens>{_CN}{{1,3}})(?P<yuan4>块钱?|元)"
    rf"|(?P<tens2>(?<=[给拿息返赚得领是益]){_CN}{{2,3}})(?=[,。;!?¦\s的]|$)|"
    rf"(?P<unsaid>(?<=每)万)(?P<yuan5>元|块)|"
    rf"(?P<bare>{_FIGURE})(?!,\d)(?![\d.%‰:/年月日天号折个人名位倍次期岁点路席家户台件斤克米点楼层版度级款种场时分秒亩页条字升])"
    r"))"
)
# what is paid in: said right before the sum, or right after it
_PAID_BEFORE = re.compile(
    r"(?:投资?|投入|存款?|存入|存了|放|押金?|压|拿出?|拿|出资?|买|充值?|交|认[购养领]价?|本金|认购|"
    r"起投|预存|储值|养|入股?|入金|缴纳?|打款|价格?|售价|总价|单价|投资额|金额"
    r"|每[份台头只棵件坛亩套股万]?|"
    r"[一每][份台头只棵件坛亩套股柜辆间张提箱座位株单桩机][\u4e00-\u9fff]{0,3}|款|收购价|桩|"
    r"[机卡])[了个满为是要只需:¥\s]{0,4}$"
)
_PAID_AFTER = re.compile(
    rf"^(?:的?本金|投进|放[一在进这我]|存[一在进这我]|交给|拿来|起[投存步,¦\s]|起|"
    rf"一[份台头只棵件坛亩套]|\s?/\s?[份台头只棵件坛亩套]|买|押|放|存|投|,?\s?[每一]?个?{_TIME}|"
    r"[¦\s]{1,3}[日每])"
)
_GIVES = re.compile(
    r"给|拿|返|领|分账|收益|收入|收(?!费|取|购)|利息|分红|赚|得(?!过)|到账|到手|发(?!布|货|展|电|票|"
    r"现|行|生|明|育|放率)|产(?!品|业|量|能)|息|净|进账|保底|补|回报|利润|派|准时|稳稳|雷打不动|"
    r"结算|变现|退|兑|回款|回收|回购|挣"
)
_GAIN_AFTER = re.compile(
    r"^(?:的|左右|以上|元|块)?(?:利息?|息|收益|分红|回报|利润|进账|到手|到账|红利|福利|租金)"
)
_OTHERWISE = re.compile(
    r"工资|底薪|薪|缴|还款|还贷|月供|付费|消费(?!全)|最高可?借|递增|流水|营业额|销售额|产值|"
    r"费用?(?!用)|话费|流量|优惠|学费|保费|罚|奖学|补助|低保|租房|限|次|封顶|提成|佣金|奖励|推荐|"
    r"邀请|介绍|上涨|下降|增长|"
    r"贷|借|税|岁|年金|房租|退休|养老金|社保|医保|工龄|折|价格|票房|人次|保障|赔|用户|观众|占|"
    r"提升|减少|降"
)
_BORROWED = re.compile(r"贷|借(?:款|钱|出)?|月供|分期|还款|额度|征信")
_TOTAL = re.compile(
    r"连本|一共|本息|变|回款|回收|回购|收购|收回|出栏|拿回|拿|退|兑付|给|返|得|取|到手|收"
)
_TOTAL_AFTER = re.compile(r"^(?:的?价格)?(?:回收|回购|收回|收购|兑付|退还|返还|接走|收走)")
_INTEREST = re.compile(r"利息|收益|息|赚|另|再|分红|多|净")
_PLACED = re.compile(
    r"收益|利润|赚|回报|分红|分钱|返|息|利(?!用|于)|连本|本[金钱]|投(?!诉|票|递|影|稿|保)|资金|"
    r"补贴|回款|静态|释放|挣|租金|增值"
)
_SHARE_OTHERWISE = re.compile(
    r"增长|递增|上涨|折旧|下降|提成|佣金|用户|客户|占|税|费|手续|涨|贷|折扣|打折|概率|扣|罚|满标|"
    r"提现|按[^,。]{1,4}价|减少|"
    r"专项|死亡|营业额|技术|胜率|完成|进度|募集|率(?!.{0,4}(?:收益|回报))|达到|提高|提升|同比|"
    r"环比|人|"
    r"学|用于|产值|复购|邀请|推荐|伙伴|直推|间推|业绩|代理|流水|借|超过|跌|银行|存款|现价|让利"
)
_NOT_GIVEN = re.compile(r"增长|递增|上涨|提成|佣金|手续|税|占比|代理|推荐|邀请|增速|银行")
_YEARS = re.compile(
    r"第([一二三四五六七八九十]|\d{1,2})年(?:起|的|为|按|返|"
    r":)?[^。;!?%\d¦第]{0,6}(\d{1,2}(?:\.\d{1,2})?)\s?%"
)
_YEARLY_OF = re.compile(r"返租|租金|回报|收益|分红|利息|补贴|返还")
_ALL_BACK = re.compile(
    rf"(?:(?P<span>\d{{1,3}}|{_CN}{{1,3}})\s?(?P<unit>天|个月|周|"
    rf"年))(?P<gap>[^%;!?¦\d]{{0,40}}?)(?:连本带|本息|本利|拿回|收回)"
    r"[^%。;!?¦\d]{0,6}(?P<back>1\d\d(?:\.\d)?)\s?%"
)
_TOTAL_OF = re.compile(r"连本|本息|拿回|收回|一共|合计")
_OF_STAKE = re.compile(r"按(?:本金|原价|购入价|买入价|认购价|投资额)的?\s?$")
_TOLD_BEFORE = re.compile(r"分钱|收益|分红|保底|回报|利润|返利|利息")
_MADE_OF = re.compile(r"\s?(?:[Uu元]\s?)?(?:得|返|拿|变|收回|回)\s?")
_TIMES_BACK = re.compile(
    rf"满?(?P<span>\d{{1,3}}|{_CN}{{1,3}})\s?(?P<unit>天|个月|周|年)[^%;!?¦\d]{{0,30}}?"
    r"按[^%。;!?¦\d]{0,6}(?P<times>[1-9](?:\.\d{1,2})?)\s?倍的?(?:价格)?(?:收|回购|兑|返)"
)
_BY_TERM = re.compile(
    r"(?:[一二三四五六七八九十两半\d]{1,2}个?[月年]|"
    r"活期)(?P<named>期)?(?:股息|利率|利息|年化|年息)?[\s:]{0,2}(\d{1,2}(?:\.\d{1,2})?)\s?%?(?=[,、;。(¦\s])"
)
_NO_TERMS = re.compile(r"增长|下降|衰减|质保|合格|考核|优惠|折|学费|费率|手续费|税|占")
_DEPOSITED = re.compile(r"存|社员|利息|入股|%")
_PROMO = re.compile(r"^元?(?:话费|流量|积分|优惠券|代金券|学分|金币|金豆|元宝|钻)")
_ENDS = re.compile(r"[。;!?]")
_FULL_STOPS = re.compile(r"[。!?]")
# where a page's own characters may tell one: a period, and a figure after it
BEGINS = re.compile(
    _FIRST + r"(?:[每一]个?[天日周月季年]|每[期轮]|[月天日年季]{2}|\d\s?(?:天|个月|年)|"
    r"[一二两三四五六七八九十半](?:天|个月|年)|[日月周][返领产收付给拿]"
    r"|按[天日月季年])(?=[^。！？；!?;]{0,14}?(?:[\d１-９]|"
    r"[一二两三四五六七八九十][十百千万成个分点块]|[百千万]分))"
)
_LONGEST_GAP = 14
_REACH = 80
RECKONED = frozenset(
    {"share_each_period", "sum_each_period", "year_by_year", "all_back", "by_term"}
)
_HIGHEST, _LOWEST = 100_000.0, 0.5


class Token(NamedTuple):
    """A sum (yuan), a share (per cent, two ends) or a period (days), and where it stands."""

    kind: str  # money, bare, share, every, span
    start: int
    end: int
    low: float
    high: float


def reckoned(text: str) -> Iterator[Found]:
    """Every rate that the sums, shares and periods of a text make together."""
    yield from _by_term(text)  # before the periods: 三年期 names what is paid a year
    tokens = list(_tokens(text)) if _ANY_PERIOD.search(text) else []
    for at, token in enumerate(tokens):
        if token.kind in ("every", "span"):
            yield from _after_period(text, tokens, at)
    yield from _term_price_return(text, tokens)
    yield from _year_by_year(text)
    yield from _all_back(text)
    yield from _table(text)


def _tokens(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        if found["cycle"] or found["every"] or found["unit"]:
            days = _cycle_around(text, found.start()) if found["cycle"] else _days(found)
            if days:  # 每 0 天, 0 天起息: no period, and nothing can be had by it
                yield Token("span" if found["unit"] else "every", *found.span(), days, days)
        elif found["share"]:
            yield Token("share", *found.span(), *_per_cent(found))
        elif yuan := _yuan(found):
            yield Token("bare" if found["bare"] else "money", *found.span(), yuan, yuan)


def _cycle_around(text: str, at: int) -> float:
    """Days of the cycle that is told beside 每期, 0 where none is."""
    found = _CYCLE.search(text, max(0, at - _REACH), at + _REACH)
    return _DAYS[found["of"][-1]] * number(found["length"]) if found else 0.0


def _days(period: re.Match[str]) -> float:
    if period["every"]:
        days = next(_DAYS[one] for one in reversed(period[0]) if one in _DAYS)
        return days * (number(period["times"]) if period["times"] else 1)
    return _DAYS[period["unit"][-1]] * (0.5 if period["span"] == "半" else number(period["span"]))


def _per_cent(given: re.Match[str]) -> tuple[float, float]:
    if given["tenths"]:
        tenths = 10.0 * number(given["tenths"]) + (5 if given["half"] else 0)
        tenths += DIGITS[given["tenth"]] if given["tenth"] else 0
        return tenths, tenths
    if given["base"]:
        share = number(given["of"] or "") * {"百": 1.0, "千": 0.1, "万": 0.01}[given["base"]]
        return share, share
    if given["points"]:
        return number(given["points"]), number(given["points"])
    times = 0.1 if given["mille"] else 1.0
    low = number(given["n1"] or "")
    return low * times, (number(given["n2"]) if given["n2"] else low) * times


def _yuan(given: re.Match[str]) -> float:
    if given["unsaid"]:
        return 10_000.0
    if said := given["spoken"] or given["tens"] or given["tens2"]:
        return spoken(said)
    if given["bare"]:
        return number(given["bare"])
    unit = {"万": 10_000.0, "千": 1_000.0, "百": 100.0}.get(given["wan"] or "", 1.0)
    return number(given["sum"] or "") * unit + number(given["more"] or "0") * unit / 10


def _after_period(text: str, tokens: Sequence[Token], at: int) -> Iterator[Found]:
    period = tokens[at]
    if at + 1 >= len(tokens):
        return
    after = tokens[at + 1]
    gap = text[period.end : after.start]
    if len(gap) > _LONGEST_GAP or _ENDS.search(gap):
        return
    if after.kind == "share":
        yield from _share(text, period, after, gap)
    elif after.kind in ("money", "bare"):
        yield from _money(text, tokens, at, gap)


def _share(text: str, period: Token, share: Token, gap: str) -> Iterator[Found]:
    tail = text[share.end : share.end + 8]
    around = text[max(0, period.start - 24) : period.start] + gap + tail
    if _TOTAL_OF.search(gap) or "第" in gap:
        return
    before = text[max(0, period.start - 8) : period.start]
    told = (
        _GIVES.search(gap) or _PLACED.search(around) or (gap.endswith("加") and tail[:1] in "收回")
    )
    cell = not gap.strip() and (len(gap) > 1 or period.kind == "span")
    if not told or cell or "¦" in gap or "\t" in gap or _BORROWED.search(around):
        return
    if _SHARE_OTHERWISE.search(gap + tail[:5]) or _NOT_GIVEN.search(before):
        return
    times = 365 / period.low
    stake = 100.0 if _OF_STAKE.search(gap) and share.low > 100 else 0.0  # it is given back within
    yield _found(
        "share_each_period",
        period.start,
        share.end,
        (share.low - stake) * times,
        (share.high - stake) * times,
    )


def _money(text: str, tokens: Sequence[Token], at: int, gap: str) -> Iterator[Found]:
    period, back = tokens[at], tokens[at + 1]
    paid = _paid(text, tokens, at)
    if paid is None or _OTHERWISE.search(gap):
        return
    tail = text[back.end : back.end + 6]
    if _PROMO.search(tail):
        return
    close = not gap.strip(" ,") and back.kind == "money" and paid.end + 3 >= period.start
    given = _GIVES.search(gap) or _GAIN_AFTER.search(tail) or _TOTAL_AFTER.search(tail)
    if not given and not _OTHERWISE.search(tail) and not gap.strip():
        given = _TOLD_BEFORE.search(text[max(0, period.start - 12) : period.start])
    if not (given or close) or _BORROWED.search(text[max(0, paid.start - 10) : back.end + 6]):
        return
    if back.low < paid.low:
        if period.kind == "span" and not (_INTEREST.search(gap) or _GAIN_AFTER.search(tail)):
            return
        gain = per_year_beyond_stake(paid.low, back.low, period.low, text, back.end)
        figure = back.low / paid.low * 36_500 / period.low if gain is None else gain
    elif period.kind == "span" or text[period.start] == "一":
        if not (_TOTAL.search(gap) or _TOTAL_AFTER.search(tail)) or back.low > 30 * paid.low:
            return
        figure = (back.low / paid.low - 1) * 36_500 / period.low
    else:
        return
    start = paid.start if paid is tokens[at - 1] else period.start  # one stake may have many terms
    yield _found("sum_each_period", start, back.end, figure, figure)


def _term_price_return(text: str, tokens: Sequence[Token]) -> Iterator[Found]:
    """A card: 周期 180 天, 价 12,000 元, 回款 13,200 元."""
    for term, price, back in zip(tokens, tokens[1:], tokens[2:], strict=False):
        kinds = (term.kind, price.kind, back.kind)
        between = text[price.end : back.start]
        before = text[term.end : price.start]
        if (
            kinds[0] == "span"
            and re.search(r"后|满|到", before[:14])
            and _MADE_OF.fullmatch(between)
            and price.low < back.low
        ):
            figure = (back.low / price.low - 1) * 36_500 / term.low
            yield _found("sum_each_period", term.start, back.end, figure, figure)
        if kinds != ("span", "money", "money") or not price.low < back.low < 30 * price.low:
            continue
        if len(before) + len(between) > 30 or not re.search(r"价|投|款", before):
            continue
        if re.search(r"回款|回购|回收|收购|收回|返还|到期|兑付", between):
            figure = (back.low / price.low - 1) * 36_500 / term.low
            yield _found("sum_each_period", term.start, back.end, figure, figure)


def _paid(text: str, tokens: Sequence[Token], at: int) -> Token | None:
    """The nearest sum before a period that is said to be paid in."""
    begin = tokens[at].start
    for place in reversed(range(at)):
        token = tokens[place]
        if begin - token.end > _REACH or len(_FULL_STOPS.findall(text[token.end : begin])) > 2:
            return None
        if token.kind not in ("money", "bare"):
            continue
        before, after = (
            text[max(0, token.start - 10) : token.start],
            text[token.end : token.end + 5],
        )
        if _TOTAL_AFTER.search(after):
            continue
        again = place > 0 and tokens[place - 1].kind == "every"
        if again and token.start - tokens[place - 1].end <= 4:
            return None  # paid in again and again, as premiums are
        if _PAID_BEFORE.search(before) or (token.kind == "money" and _PAID_AFTER.search(after)):
            return None if _OTHERWISE.search(before[-5:]) else token
    return None


def _year_by_year(text: str) -> Iterator[Found]:
    """第一年8%，第二年9%，第三年10%: at least two, of rent or gain."""
    years = list(_YEARS.finditer(text))
    if len(years) < 2:
        return
    begin, end = years[0].start(), years[-1].end()
    if not _YEARLY_OF.search(text[max(0, begin - 30) : end + 20]) or end - begin > 120:
        return
    for one in years:
        yield _found("year_by_year", *one.span(), float(one[2]), float(one[2]))


def _all_back(text: str) -> Iterator[Found]:
    """等 10 天，连本带利一共 115%."""
    for one in _ALL_BACK.finditer(text):
        days = number(one["span"]) * _DAYS[one["unit"][-1]]
        figure = (float(one["back"]) - 100) * 365 / max(days, 1)
        yield _found("all_back", *one.span(), figure, figure)
    for one in _TIMES_BACK.finditer(text):
        days = number(one["span"]) * _DAYS[one["unit"][-1]]
        figure = (float(one["times"]) - 1) * 36_500 / max(days, 1)
        yield _found("all_back", *one.span(), figure, figure)


def _by_term(text: str) -> Iterator[Found]:
    """三个月 4.2，半年 5.4，一年 7.2: what is paid a year, by term; three at least, or two that are
    named as terms (一年期).
    """
    for sentence in re.finditer(r"[^。;!?¦]+", text):
        terms = list(_BY_TERM.finditer(sentence[0] + "。"))
        enough = len(terms) >= 3 or sum(bool(one["named"]) for one in terms) >= 2
        if enough and _DEPOSITED.search(sentence[0]) and not _NO_TERMS.search(sentence[0]):
            for one in terms:
                begin = sentence.start() + one.start()
                yield _found(
                    "by_term", begin, sentence.start() + one.end(), float(one[2]), float(one[2])
                )


_PAID_HEAD = re.compile(r"金额|缴|存|投|价|款|认购|本金")
_BACK_HEAD = re.compile(
    r"^(?:每一?个?|按)?(?:可|约)?(?P<every>天|日|周|月|季|年)[^\t]{0,3}?(?:返|收益|分红|补贴|领|"
    r"利息|回报|租金|发放|康养金|产出|[^\t]{0,3}金$)"
)
_CELL_YUAN = re.compile(rf"(?:退|返)?\s?({_FIGURE})\s?(万)?\s?{_YUAN}?")


def _table(text: str) -> Iterator[Found]:
    """A table with a column of stakes and one of what is paid each month."""
    if "\t" not in text:
        return
    rows, start = [], 0
    for line in text.split("¦"):
        rows.append((start, line.split("\t")))
        start += len(line) + 1
    for at, (_, heads) in enumerate(rows):
        paid = next((n for n, head in enumerate(heads) if _PAID_HEAD.search(head)), None)
        back = next((n for n, head in enumerate(heads) if _BACK_HEAD.search(head.strip())), None)
        if len(heads) < 2 or paid is None or back is None or paid == back:
            continue
        times = 36_500 / _DAYS[_BACK_HEAD.search(heads[back].strip())["every"]]  # type: ignore[index]
        for begin, cells in rows[at + 1 : at + 20]:
            if len(cells) != len(heads):
                break
            stake, given = (_CELL_YUAN.fullmatch(cells[n].strip()) for n in (paid, back))
            if stake and given:
                figure = _cell(given) / max(_cell(stake), 1) * times
                until = begin + len("\t".join(cells))
                yield _found("sum_each_period", begin, until, figure, figure)


def _cell(found: re.Match[str]) -> float:
    return number(found[1]) * (10_000 if found[2] else 1)


def _found(kind: str, start: int, end: int, low: float, high: float) -> Found:
    if not _LOWEST <= low <= high <= _HIGHEST:
        return start, end, "", Confidence.LOW, None, None
    return start, end, kind, Confidence.MEDIUM, round(low, 4), round(high, 4)
