"""What a page sells that only speaks of money: software for those who lend, a game of trading, a
course. Told by how it opens and by words that only such a page has.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lexicons.reading import ReadField

_OPENING = 160  # characters of the title, then of the body
_LEAST = 3  # different words


class Trade(NamedTuple):
    """One kind: its name, how such a page opens, what it speaks of, what it would never say."""

    name: str
    opens: re.Pattern[str]
    speaks: re.Pattern[str]
    never: re.Pattern[str]


_OFFERS_MONEY = re.compile(
    r"(?:立即|马上|我要)(?:投资|出借|充值|入金|认购|借款|提现)|收益(?:保证|稳定)|保证收益|日入|躺赚|客服微信|"
    r"加微信|进群|返佣"
)
TRADES = (
    Trade(
        "软件",
        re.compile(
            r"(?:系统|软件|平台|app|小程序|网站)[^。;\n]{0,8}(?:源码|开发|搭建|定制|外包|核心|解决方案)|"
            r"源码(?:出售|下载|交付)|\bsdk\b|解决方案|(?:接口|开发)文档|(?:财富管理|信贷|核心|管理)系统"
        ),
        re.compile(
            r"源码|私有化部署|二次开发|接口文档|开发文档|部署文档|更新日志|软件(?:定制)?开发|系统(?:定制)?开发|"
            r"软件外包|技术支持|技术服务|开箱即用|演示站|预约演示|客户案例|成功案例|案例|解决方案|为(?:金融)?机构|"
            r"一体化|等保三级|github|测试网|\bapi\b|\bsdk\b|java|php|不参与(?:任何)?(?:平台)?(?:的)?运营|"
            r"只提供(?:软件|技术)|维保|商家"
        ),
        _OFFERS_MONEY,
    ),
    Trade(
        "游戏",
        re.compile(r"游戏|手游|网游|单机|模拟(?:炒股|经营|交易)|大亨|养成|盲猜"),
        re.compile(
            r"健康游戏忠告|适龄提示|批准文号|版号|isbn|虚拟(?:币|资金|货币|道具)|不可兑换|不涉及(?:真实|现金|任何)|"
            r"与真实(?:交易|资金)无关|纯娱乐|仅供娱乐|排行榜|玩家|关卡|存档|重新开局|通关|公测|不删档|初始资金|"
            r"防沉迷|对战|道具|皮肤|公会|每日任务"
        ),
        re.compile(rf"提现(?:到|至|秒)|兑换人民币(?<!不可兑换人民币)|{_OFFERS_MONEY.pattern}"),
    ),
    Trade(
        "课程",
        re.compile(
            r"(?:课程|教学|考试|培训)大纲|教学计划|培养方案|课程介绍|课程安排|教案|考试辅导"
        ),
        re.compile(
            r"学分|学时|课时|周次|考核|教材|期末|平时成绩|先修|授课|例题|习题|单元|模块[一二三1-3]|"
            r"第[一二三四五六七八九十]章|参考书|考试|报名条件|学费|教学目标"
        ),
        re.compile(rf"翻倍|跟单|荐股|喊单|{_OFFERS_MONEY.pattern}"),
    ),
)


def trade_of(fields: Iterable[ReadField]) -> tuple[str, tuple[str, ...]] | None:
    """The trade of a page by what is seen of it, and the words that tell; None where none does."""
    texts = {field.reading.name: field.normal.text for field in fields}
    opening = f"{texts.get('title', '')[:_OPENING]}\n{texts.get('body', '')[:_OPENING]}"
    whole = "\n".join(texts.values())
    for trade in TRADES:
        if not trade.opens.search(opening) or trade.never.search(whole):
            continue
        words = tuple(dict.fromkeys(_words(trade, whole)))
        if len(words) >= _LEAST:
            return trade.name, words[:6]
    return None


def _words(trade: Trade, text: str) -> Iterator[str]:
    return (found[0] for found in trade.speaks.finditer(text))
