"""What an officer reads: clauses and one sentence in Chinese that suspect and never accuse."""

from collections.abc import Sequence
from dataclasses import replace

from crawler.domain.assessment import Level, Reason, Side, Track, Yield
from crawler.domain.capture import UNSEEN
from crawler.domain.lexicon import Hit, Lexicon
from crawler.domain.subject import LicenceState
from lexicons.claiming import Claim, Promise
from lexicons.evidence import Strength, Weighed
from lexicons.limits import Over
from lexicons.naming import LISTED
from lexicons.purpose import Purpose
from lexicons.reading import ReadField
from lexicons.resembling import Stretch
from lexicons.weighing import Weights

_CONTEXTS = {
    "negated": "被否定", "quoted": "加引号提及",
    "banned": "处于禁止性语句", "exposed": "处于揭露、澄清语句", "edu": "处于宣传教育语境",
    "news": "处于新闻报道语境", "law": "处于法规语境", "recruit": "处于招聘语境",
    "tech": "处于技术语境", "game": "处于游戏语境", "shop": "处于电商活动语境",
    "lawyer": "处于法律服务语境",
}  # fmt: skip
_FIXED = {
    "words_disguised": "使用变体写法“{raw}”（{word}）",
}
_ALL_UNSEEN, _NOT_SEEN = "words_all_unseen", "页面上不可见"
_STRUCTURE = {
    "register": "注册表单", "invest": "投资表单", "loan": "借款表单", "contact": "留言表单",
    "download": "应用下载", "card": "产品卡片", "button": "招揽按钮", "chat": "客服联系方式",
    "byline": "署名、来源等信息标志",
}  # fmt: skip


def reasons_of(
    strength: Strength, share: float, fields: dict[str, ReadField], lexicon: Lexicon
) -> list[Reason]:
    """One reason with all the points of a category, and one for each further word or claim."""
    places = [_of_word(one) for one in strength.words[:6]]
    places += [_of_claim(claim, fields) for claim in strength.claims[:2]]
    name = lexicon.categories[strength.category].name
    first = places[0] if places else Reason(side=Side.FOR, rule="category", text=name)
    whole = Reason(
        side=Side.FOR,
        rule=f"category:{strength.category}",
        text=f"{name}：{first.text}",
        points=round(strength.points * share, 2),
        field=first.field,
        start=first.start,
        end=first.end,
    )
    return [whole, *places[1:]]


def _of_word(one: Weighed) -> Reason:
    hit = one.hit
    context = f"（{_CONTEXTS[one.context]}，已降权）" if one.context else ""
    return Reason(
        side=Side.FOR,
        rule=f"term:{hit.word}",
        text=f"出现“{hit.raw}”{context}",
        field=hit.field,
        start=hit.start,
        end=hit.end,
    )


def _of_claim(claim: Claim, fields: dict[str, ReadField]) -> Reason:
    first = claim.promises[0]
    start, end = fields[first.field].normal.span(first.start, first.end)
    words = "、".join(_promised(promise, fields) for promise in claim.promises[:5])
    return Reason(
        side=Side.FOR,
        rule=f"claim:{claim.kind.id}",
        text=f"{claim.kind.says}（{words}）",
        field=first.field,
        start=start,
        end=end,
    )


def _promised(promise: Promise, fields: dict[str, ReadField]) -> str:
    """The promise by its word, or as the page writes it where it is a way of writing numbers."""
    if not promise.word.startswith("<"):
        return promise.word
    field = fields[promise.field]
    start, end = field.normal.span(promise.start, promise.end)
    return " ".join(field.text[start:end].split())[:20]


def reason_at(side: Side, rule: str, hit: Hit, points: float) -> Reason:
    """A reason that one hit shows."""
    return Reason(
        side=side,
        rule=rule,
        text=_FIXED[rule].format(raw=hit.raw, word=hit.word),
        points=round(points, 2),
        field=hit.field,
        start=hit.start,
        end=hit.end,
    )


def reason_of_rates(
    rates: Sequence[tuple[Yield, float]], points: float, weights: Weights
) -> Reason:
    """The highest promised rate, beside the yardstick."""
    promised = [rate for rate, factor in rates if rate.track is Track.BAIT and factor > 0]
    rate = max(promised, key=lambda one: one.annual_high or 0.0)
    measure = f"折合年化{rate.annual}" if rate.annual_high is not None else "无年化数的高倍回报"
    return Reason(
        side=Side.FOR,
        rule="rates_promised",
        text=f"承诺收益“{rate.raw.strip()}”，{measure}（警示线{weights.yardstick['yellow']:g}%）",
        points=round(points, 2),
        field=rate.field,
        start=rate.start,
        end=rate.end,
    )


_LIMITS = {"severe": "36%", "attention": "24%"}


def reason_of_limit(over: Over, weights: Weights) -> Reason:
    """What is asked of borrowers, beside the limit it passes."""
    loan = weights.loan
    annual = over.rate.annual
    lpr = f"一年期 LPR 的 {loan['lpr_times']} 倍（{over.limit:g}%，LPR 取 {loan['lpr_on']}）"
    return Reason(
        side=Side.FOR,
        rule="loan_limits",
        text=f"借款利率“{over.rate.raw.strip()}”折合年化{annual}，"
        f"高于{_LIMITS.get(over.name, lpr)}",
        points=round(over.points, 2),
        field=over.rate.field,
        start=over.rate.start,
        end=over.rate.end,
    )


def reason_of_cut() -> Reason:
    """More is said than is looked at."""
    text = "截断：页面上的用语或收益多得只研判了一部分，须人工查看"
    return Reason(side=Side.FOR, rule="cut", text=text)


def reason_of_unseen(*, alone: bool) -> Reason:
    """Words that no visitor sees count."""
    some = "都" if alone else "有一部分"
    text = (
        f"够得上线索的用语{some}在页面上不可见之处（隐藏文字），"
        "或系网站被挂马、植入暗链，或对不同访客显示不同内容"
    )
    return Reason(side=Side.FOR, rule=_ALL_UNSEEN if alone else "words_unseen", text=text)


def told_unseen(reason: Reason) -> Reason:
    """The reason, saying so where its place is one that no visitor sees."""
    return (
        replace(reason, text=f"{reason.text}（{_NOT_SEEN}）") if reason.field == UNSEEN else reason
    )


def reason_of_thin_page(shown: Sequence[str], points: float) -> Reason:
    """Hardly a word, and yet it asks for something."""
    text = f"页面几乎没有文字，只有{'、'.join(shown)}，须人工查看"
    return Reason(side=Side.FOR, rule="thin_page", text=text, points=round(points, 2))


def reason_of_modifiers(words: Sequence[Weighed], points: float) -> Reason:
    """Borrowed trust and advertising words."""
    shown = "、".join(one.hit.raw for one in words[:4])
    hit = words[0].hit
    return Reason(
        side=Side.FOR,
        rule="trust_borrowed",
        text=f"以“{shown}”等增信、引流用语加强说服",
        points=round(points, 2),
        field=hit.field,
        start=hit.start,
        end=hit.end,
    )


def reason_of_purpose(purpose: Purpose, points: float) -> Reason:
    """Why the page is taken for an offer, or for information."""
    signs = [*purpose.offers[:4], *(_STRUCTURE[s] for s in purpose.signs_of_structure)][:6]
    if points >= 0:
        text = f"页面面向公众招揽：{'、'.join(signs)}" if signs else "页面以承诺招揽公众"
    elif purpose.informing >= 1:
        text = f"页面以提供信息为主：{'、'.join(purpose.informs[:6]) or '条文、标题或署名'}"
    else:
        text = f"页面招揽用语少，只见：{'、'.join(signs)}" if signs else "页面未见明确的招揽用语"
    side = Side.FOR if points >= 0 else Side.AGAINST
    return Reason(side=side, rule="purpose_weighed", text=text, points=round(points, 2))


def reason_of_speaker(name: str, points: float) -> Reason:
    """Who speaks, where that speaks against."""
    return Reason(
        side=Side.AGAINST,
        rule="speaker_weighed",
        text=f"页面以“{name}”的名义提供信息，未见索要资金的表单",
        points=round(points, 2),
    )


def reason_of_report(words: Sequence[str], points: float) -> Reason:
    """A report or a lesson by all it says."""
    return Reason(
        side=Side.AGAINST,
        rule="report",
        text=f"通篇为报道或讲解的口吻（{'、'.join(words)}），未见索要资金的表单",
        points=round(points, 2),
    )


def reason_of_trade(name: str, words: Sequence[str], points: float) -> Reason:
    """What is sold speaks of money and asks for none to be invested."""
    return Reason(
        side=Side.AGAINST,
        rule="trade",
        text=f"页面介绍的是{name}（{'、'.join(words)}），未见索要资金的表单",
        points=round(points, 2),
    )


def reason_of_aftermath(words: Sequence[str], points: float) -> Reason:
    """What is told came after: not what a collector of money says."""
    return Reason(
        side=Side.AGAINST,
        rule="aftermath",
        text=f"讲的是出事以后（{'、'.join(words)}），未见索要资金的表单",
        points=round(points, 2),
    )


_LICENCE_TOLD = {
    LicenceState.UNCHECKED: "须以名录核对",
    LicenceState.AMBIGUOUS: "名录中同名主体不止一个，须人工核对",
    LicenceState.LICENSED: "名录载有该主体，持牌范围须人工核对",
    LicenceState.UNLISTED: "而持牌机构名录未载该主体，只从轻少许",
}


def reason_of_licence(purpose: Purpose, points: float, state: LicenceState) -> Reason:
    """The page says that it is licensed; only a register can tell."""
    shown = "、".join(purpose.licences[:4]) or "以机构名称自称"
    return Reason(
        side=Side.AGAINST,
        rule="licence_claimed",
        text=f"页面为持牌机构口吻（{shown}），{_LICENCE_TOLD[state]}",
        points=round(points, 2),
    )


def reason_of_gravity(name: str, points: float) -> Reason:
    """The kind is one of the gravest."""
    text = f"{name}属最严重的一类，升一级"
    return Reason(side=Side.FOR, rule="gravest_kind", text=text, points=round(points, 2))


_RED_MATTERS = {
    "guarantee_with_return": "既许诺保本，又写明高收益",
    "guaranteed_trading": "招揽交易、带单而许诺只赚不亏",
    "leverage": "外汇、证券交易写明杠杆倍数，境内无此牌照",
    "account_trade": "涉买卖、出租银行卡、账户或收款码",
    "small_stake": "高收益而几元、几百元即可投，面向不特定公众",
    "exorbitant": "许诺的收益高得没有正当生意付得起",
}


def reason_of_red_matter(name: str, points: float) -> Reason:
    """What makes it red however few the words."""
    text = f"{_RED_MATTERS[name]}，列为紧急"
    return Reason(side=Side.FOR, rule=f"red:{name}", text=text, points=round(points, 2))


def reason_of_lesser_kind(name: str, points: float) -> Reason:
    """Nothing graver is shown, and no return is promised."""
    text = f"{name}属一般线索，未许诺收益，先由人工初核"
    return Reason(side=Side.AGAINST, rule="lesser_kind", text=text, points=round(points, 2))


def reason_of_lone_word(word: str, points: float) -> Reason:
    """One word is no offer."""
    text = f"只有“{word}”一词，没有承诺、数字或其他旁证，只作关注"
    return Reason(side=Side.AGAINST, rule="lone_word", text=text, points=round(points, 2))


_RESEMBLES = "wording_resembles"


def reasons_of_resemblance(heaviest: Sequence[Stretch], points: float) -> list[Reason]:
    """One reason with all the points, and one for the place of each further stretch."""
    text = "措辞整体与已知非法集资宣传相近，只作提示，须人工判断"
    shown = [f"“{one.raw[:20]}”" for one in heaviest]
    return [
        Reason(
            side=Side.FOR,
            rule=_RESEMBLES if at == 0 else f"{_RESEMBLES}:{at}",
            text=f"{text}：{'、'.join(shown)}" if at == 0 else f"相近之处{shown[at]}",
            points=round(points, 2) if at == 0 else 0.0,
            field=one.field,
            start=one.start,
            end=one.end,
        )
        for at, one in enumerate(heaviest)
    ]


def reason_of_difference(points: float) -> Reason:
    """The wording as a whole is that of pages that solicit nothing."""
    return Reason(
        side=Side.AGAINST,
        rule="wording_differs",
        text="措辞整体近于报道、讲解与正当经营，招揽用语少",
        points=round(points, 2),
    )


def sentence(
    level: Level,
    reasons: Sequence[Reason],
    strengths: Sequence[Strength],
    yields: Sequence[Yield],
    lexicon: Lexicon,
) -> str:
    """One sentence that an officer would sign."""
    resembling = any(one.rule == _RESEMBLES for one in reasons)
    named = next((one.text for one in reasons if one.rule == LISTED), "")
    if named and not resembling:
        return f"{named}；页面本身未见够得上线索的内容。"
    if level is Level.NONE or not (strengths or resembling):
        return "未发现疑似非法集资的内容。"
    if resembling:
        return "疑似非法集资宣传：网站措辞整体与已知的非法集资宣传相近，请核查。"
    names = "、".join(lexicon.categories[one.category].name for one in strengths[:2])
    says = [claim.kind.says for claim in strengths[0].claims][:1]
    words = [f"“{one.hit.raw}”" for one in strengths[0].words[:2]]
    rates = [rate for rate in yields if rate.track is Track.BAIT and rate.annual_high is not None]
    parts = says + ([f"出现{'、'.join(words)}"] if words else [])
    if rates:
        highest = max(rates, key=lambda rate: rate.annual_high or 0.0)
        parts.append(f"承诺收益折合年化{highest.annual}")
    if any(one.rule == _ALL_UNSEEN for one in reasons):
        parts.append(f"这些用语{_NOT_SEEN}，或系网站被挂马、植入暗链")
    return f"疑似{names}：网站{'，'.join(parts)}，请核查。"
