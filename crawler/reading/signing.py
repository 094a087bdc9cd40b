"""With what a page signs: filing numbers, police numbers and company names, the footer first."""

import re
from collections.abc import Iterable, Iterator

from bs4.element import Tag

from crawler.domain.filing import filing_numbers_in, police_numbers_in
from crawler.reading.soup import Tree, attribute, words_of

_MOST = 20
_MOST_TEXT = 200_000
_LAST_LINES = 25
_FOOTER = re.compile(r"foot|copyright|copy-?right|beian|icp|bottom|page-?end", re.IGNORECASE)
_REGISTER = re.compile(
    r"miit(?:beian)?\.gov\.cn|miibeian|beian\.(?:gov\.cn|mps\.gov\.cn)|beianx?\.", re.IGNORECASE
)
_POLICE_CODE = re.compile(r"(?:recordcode|code)=(\d{14})(?!\d)", re.IGNORECASE)
_REGIONS = {  # GB/T 2260
    "11": "京", "12": "津", "13": "冀", "14": "晋", "15": "蒙", "21": "辽", "22": "吉", "23": "黑",
    "31": "沪", "32": "苏", "33": "浙", "34": "皖", "35": "闽", "36": "赣", "37": "鲁", "41": "豫",
    "42": "鄂", "43": "湘", "44": "粤", "45": "桂", "46": "琼", "50": "渝", "51": "蜀", "52": "黔",
    "53": "滇", "54": "藏", "61": "陕", "62": "陇", "63": "青", "64": "宁", "65": "新",
}  # fmt: skip
_ENDINGS = (
    "有限责任公司", "股份有限公司", "有限公司", r"合伙企业(?:[（(]有限合伙[)）])?",
    "专业合作社", "合作社", "研究院", "事务所", "商行", "工作室",
)  # fmt: skip
_COMPANY = re.compile(rf"[\u4e00-\u9fffA-Za-z0-9（）()·&]{{2,40}}?(?:{'|'.join(_ENDINGS)})")
_OWNED = (
    "版权所有", "版权归", "主办单位", "主办", "运营方", "运营主体", "运营商", "运营单位",
    "公司名称", "企业名称", "经营主体", "copyright", "©", "reserved",
)  # fmt: skip
_SIGNS = re.compile("|".join((*_OWNED, "icp[备備证證]")), re.IGNORECASE)
_OTHERS = (
    "技术支持", "网站建设", "网站制作", "网站设计", "设计制作", "建站", "制作维护",
    "powered by", "友情链接", "合作伙伴", "托管", "承保", "资金存管",
)  # fmt: skip
_MADE_BY = re.compile(rf"(?:{'|'.join(_OTHERS)})[^\n]{{0,60}}", re.IGNORECASE)
_LEAD = re.compile(
    rf"^(?:.*?(?:{'|'.join(_OWNED)}|copy|版权|®))?[\s:：.]*"
    r"(?:\d{4}\s*[-–至]?\s*(?:\d{4})?(?:年)?)?[\s:：.]*(?:by|由|归)?",
    re.IGNORECASE,
)


def footer_text(tree: Tree) -> str:
    """What stands in the footer and in links to the filing registers, one line an element."""
    return "\n".join(dict.fromkeys(_footer_lines(tree)))[:_MOST_TEXT]


def find_filing_numbers(footer: str, text: str) -> tuple[str, ...]:
    """ICP numbers in normal form: those of the footer, then those of the rest."""
    return _once((*filing_numbers_in(footer), *filing_numbers_in(text[-_MOST_TEXT:])))


def find_police_numbers(tree: Tree, footer: str, text: str) -> tuple[str, ...]:
    """公安 numbers; the code in a link to the register is the clean one where the text is split."""
    written = (*police_numbers_in(footer), *police_numbers_in(text[-_MOST_TEXT:]))
    return _once((*written, *_linked_police_numbers(tree)))


def find_companies(footer: str, text: str) -> tuple[str, ...]:
    """Companies that the page signs with: in the footer or beside a mark of ownership, never the
    maker of the site nor a partner.
    """
    lines = [line for line in text[-_MOST_TEXT:].split("\n") if _SIGNS.search(line)]
    return _once(name for line in (*footer.split("\n"), *lines) for name in _names_in(line))


def last_lines(text: str) -> str:
    """The end of a text, where a footer would be."""
    return "\n".join(text.rstrip().split("\n")[-_LAST_LINES:])


def _footer_lines(tree: Tree) -> Iterator[str]:
    for link in _register_links(tree):
        around = link.parent if link.parent is not None else link
        words = words_of(around)
        yield words if len(words) < 200 else words_of(link)
    for element in list(filter(_is_footer, tree.elements))[:10]:
        yield from _lines_of(element)


def _register_links(tree: Tree) -> list[Tag]:
    links = tree.named("a")
    return [link for link in links if _REGISTER.search(attribute(link, "href")[:300])][:20]


def _is_footer(element: Tag) -> bool:
    if element.name in ("body", "html", "head", "a", "link", "img", "script"):
        return False
    names = attribute(element, "class") + " " + attribute(element, "id")
    return element.name == "footer" or bool(_FOOTER.search(names))


def _lines_of(element: Tag) -> Iterator[str]:
    """The footer as it reads: the cells of each of its parts on one line, and all on one."""
    for child in element.children:
        if isinstance(child, Tag):
            yield words_of(child)
    yield words_of(element)


def _linked_police_numbers(tree: Tree) -> Iterator[str]:
    for link in _register_links(tree):
        code = _POLICE_CODE.search(attribute(link, "href"))
        if code and (province := _REGIONS.get(code[1][:2])):
            yield f"{province}公网安备{code[1]}号"


def _names_in(line: str) -> Iterator[str]:
    for match in _COMPANY.finditer(_MADE_BY.sub("", line[:2_000])):
        name = _LEAD.sub("", match[0]).strip("·&")
        if len(name) > 5:
            yield name


def _once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MOST]
