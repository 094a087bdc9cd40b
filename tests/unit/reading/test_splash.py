"""The one door of an empty hall is found; a page that says something is no hall."""

import pytest

from crawler.reading.splash import door_of

URL = "http://a.example.cn/"


@pytest.mark.parametrize(
    ("html", "leads"),
    [
        ('<a href="/home/">进入首页</a>', "http://a.example.cn/home/"),
        ('<a href="index2.html"><img src="x.jpg" alt="点击进入"></a>', f"{URL}index2.html"),
        (
            '<p>欢迎光临</p><a href="http://www.a.example.cn/cn/">ENTER</a>',
            "http://www.a.example.cn/cn/",
        ),
        ('<a href="/cn/">中文版</a> <a href="/en/">English</a>', f"{URL}cn/"),
        ('<a href="/a/">进入首页</a><a href="/b/">进入网站</a>', ""),  # two doors: nobody's choice
        ('<a href="http://other.cn/">进入首页</a>', ""),
        ('<a href="javascript:go()">进入首页</a>', ""),
        ('<a href="#top">进入首页</a>', ""),
        ('<a href="/">进入首页</a>', ""),
        ('<a href="//[::1">进入首页</a>', ""),
        (f'<p>{"本公司主营建筑材料销售。" * 20}</p><a href="/home/">进入首页</a>', ""),
        (f'<script>{"var x=1;" * 400}</script><a href="/home/">进入首页</a>', f"{URL}home/"),
        ("<a href='/x'>产品中心</a>", ""),
        ("", ""),
        ("<" * 500 + "进入", ""),
    ],
)
def test_the_door(html: str, leads: str) -> None:
    assert door_of(html, URL) == leads


def test_a_picture_mapped_with_areas_has_doors_too() -> None:
    html = '<img usemap="#m"><map name="m"><area href="/main.asp" title="进入网站"></map>'
    assert door_of(html, URL) == f"{URL}main.asp"
