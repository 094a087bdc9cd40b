"""The tree is made by a lighter builder; it must be the tree that BeautifulSoup makes itself."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from crawler.reading.decoding import decode
from crawler.reading.soup import tree_of

PAGES = sorted(Path("tests/quality/pages").glob("*.html"))[::12]
ODD = {
    "namespaces": '<html xmlns:x="urn:x"><x:b xml:lang="zh">甲</x:b><svg xmlns="urn:s">'
    '<a xlink:href="#"/></svg></html>',
    "unclosed": "<p>一<b>二<p>三</b><table><tr><td>四<td>五",
    "crossed": "<b><i>甲</b>乙</i></div></html>丙",
    "classes": '<p class="a  b\n c" rel="x y" headers="h i">x</p><td class=""></td>',
    "meta": '<meta charset="gbk"><meta http-equiv=Content-Type content="text/html; charset=gbk">',
    "kept": "<pre>\n 一\n</pre><textarea> 二 </textarea><script>if(a<b){}</script><!-- 注 -->",
    "instruction": "<?php echo 1 ?><!DOCTYPE html><p>甲</p>",
    "nothing": "<p></p>",
}


def whole(html: str) -> tuple[list[object], str]:
    """Names, attributes (each one string) and texts as BeautifulSoup on lxml has them."""
    soup = BeautifulSoup(html, "lxml", multi_valued_attributes=None)
    return [(one.name, dict(one.attrs)) for one in soup.find_all(True)], str(soup)


@pytest.mark.parametrize("html", ODD.values(), ids=ODD.keys())
def test_an_odd_page_has_the_tree_that_beautifulsoup_makes(html: str) -> None:
    assert shown(html) == whole(html)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_real_page_has_the_tree_that_beautifulsoup_makes(page: Path) -> None:
    html = decode(page.read_bytes()).text
    assert shown(html) == whole(html)


def shown(html: str) -> tuple[list[object], str]:
    elements = tree_of(html).elements
    top = elements[0].parent
    return [(one.name, dict(one.attrs)) for one in elements], str(top)
