"""Whether the browser must look: pages that tell too little by themselves, and why."""

import time

import pytest

from crawler.reading.quick_text import read_quickly
from crawler.reading.render_reasons import meta_refresh_in, needs_browser

PLENTY = "<p>" + "本公司专业生产各类五金轴承，欢迎新老客户来厂参观洽谈业务。" * 20 + "</p>"
BRIEF = "<p>" + "本公司专业生产各类五金轴承，欢迎新老客户来厂参观洽谈。" * 6 + "</p>"
CLOAK = (
    "<script>var r=document.referrer;if(r.indexOf('baidu')>0||/sogou/.test(r))"
    "{window.location.href='http://b.example/'}</script>"
)


def reason(html: str) -> str:
    return needs_browser(html, read_quickly(html))


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<meta http-equiv="refresh" content="0;url=/m/">', "meta_refresh"),
        ("<META HTTP-EQUIV=Refresh CONTENT='3; URL=http://b.example/'>进入中", "meta_refresh"),
        ('<meta http-equiv="refresh" content="600;url=/">' + BRIEF, ""),
        ("<script>location.href='/m/'</script>", "script_redirect"),
        ("<script>window.location.replace('/m/')</script>请稍候", "script_redirect"),
        ("<script>self['location']['href']='/m/'</script>", "script_redirect"),
        ("<script>if(location.href=='x'){}</script>" + BRIEF, ""),
        (CLOAK + PLENTY, "search_redirect"),
        (
            "<script>if(/Android/.test(navigator.userAgent))location='/m/'</script>",
            "phone_redirect",
        ),
        (
            "<script>if(/Android/.test(navigator.userAgent))location='/m/'</script>" + PLENTY,
            "",
        ),
        (
            f"<script>if(/baidu|sogou/.test(document.referrer)){{location.href='/h5/'}}</script>{PLENTY}",
            "search_redirect",
        ),
        ("<script>if(document.referrer){back()}</script>" + PLENTY, ""),
        ("<frameset><frame src=a.htm><frame src=b.htm></frameset>", "frames"),
        ('<iframe src="http://b.example/" width="100%" height="100%"></iframe>', "frames"),
        ('<iframe src=a style="display:none"></iframe>' + BRIEF, ""),
        ('<iframe src=a width="0" height="0"></iframe>' + BRIEF, ""),
        ("<p>年化 1\ue001.\ue002% 起投 \ue003\ue004%</p>" + PLENTY, "private_font"),
        ("<i>\ue600</i><i>\ue601</i>" + PLENTY, ""),
        ('<div id="app"></div><script src=/a.js></script>', "script_shell"),
        ("<noscript>请启用 JavaScript</noscript><script src=a.js></script>", "script_shell"),
        ("<script src=a.js></script><p>正在加载</p>", "script_shell"),
        ('<div id="app">' + PLENTY + "</div><script src=/a.js></script>", ""),
        ("<img src=1.jpg>", "image_heavy"),
        ("<img src=1.jpg>" * 5 + BRIEF, "image_heavy"),
        ("<img src=1.jpg>" * 5 + PLENTY, ""),
        ("<script src=a.js></script><p>欢迎光临", "thin_text"),
        ("<p>欢迎光临", ""),
        (PLENTY, ""),
        ("", ""),
        (
            '<svg xmlns="http://www.w3.org/2000/svg"><text>' + "甲" * 500 + "</text></svg>",
            "drawing",
        ),
        ("<?xml version='1.0'?><!-- a --><!DOCTYPE svg PUBLIC ''><svg>" + PLENTY, "drawing"),
        ("<?xml version='1.0'?><?xml-stylesheet href='a.xsl'?><home>" + PLENTY, "drawing"),
        ("<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html>" + PLENTY, ""),
        # whatever words there are beside
        ('<meta http-equiv="&#114;efresh" content="0;&#117;rl=/m/">' + PLENTY, "meta_refresh"),
        ("<meta http-equiv=refresh content='0;url=&quot;/m/&quot;'>" + PLENTY, "meta_refresh"),
        (PLENTY + "<script>location.href='/m/'</script>", "script_redirect"),
        (
            PLENTY + "<script>setTimeout(function(){location.replace('/m/')},9)</script>",
            "script_redirect",
        ),
        (PLENTY + "<script>function go(){top.location='/m/'}go()</script>", "script_redirect"),
        (PLENTY + "<script>const go=()=>{location='/m/'};onload=go;</script>", "script_redirect"),
        (
            PLENTY + "<script>(function(w){w;window['location']['href']='/m/'})(1)</script>",
            "script_redirect",
        ),
        (PLENTY + "<script>$(function(){ location.assign(u) })</script>", "script_redirect"),
        (PLENTY + "<body onload=\"location.href='/m/'\">", "script_redirect"),
        (
            PLENTY + "<script>if(!/Mobile/.test(navigator.userAgent)){location='/m/'}</script>",
            "script_redirect",
        ),
        (PLENTY + "<frameset><frame src=a.htm></frameset>", "frames"),
        ('<body><iframe src=a width="100%" height="100%"></iframe>' + PLENTY, "frames"),
        (PLENTY + '<iframe src=a style="position:fixed;inset:0;width:100%;height:100%">', "frames"),
        (
            '<div style="height:100vh"><iframe src=a width="100%" height="100%"></iframe></div>'
            + PLENTY,
            "frames",
        ),
        (
            '<div style="position:fixed;top:0;left:0;width:100%;height:100%;background:#fff">'
            "<img src=1.jpg></div>" + PLENTY,
            "overlay",
        ),
        (
            "<style>.on{position:fixed;top:0;right:0;bottom:0;left:0}</style>"
            "<div class='a on'><canvas></canvas></div>" + PLENTY,
            "overlay",
        ),
        (
            PLENTY
            + "<script>d.style.cssText='position:fixed;inset:0;background:url(1.jpg)'</script>",
            "overlay",
        ),
        # what ordinary pages do
        ("<script>function go(){location.href='/m/'}</script><a onclick='go()'>" + PLENTY, ""),
        ("<script>$('#a').click(function(){location.href='/m/'})</script>" + PLENTY, ""),
        ("<script>if(/Mobile/.test(navigator.userAgent)){location='/m/'}</script>" + PLENTY, ""),
        ("<script>if(top!=self)top.location='/m/'</script>" + PLENTY, ""),
        ("<!--[if IE 8]><script>location='/ie.htm'</script><![endif]-->" + PLENTY, ""),
        ("<script>var location='上海';geo.location='x';</script>" + PLENTY, ""),
        ("<script>// location='/m/'\nvar s=\"location='/m/'\"</script>" + PLENTY, ""),
        ('<div class="film"><iframe src=a width="100%" height="100%"></iframe></div>' + PLENTY, ""),
        (
            '<div style="position:fixed;inset:0;background:rgba(0,0,0,.5)"><img src=1.jpg></div>'
            + PLENTY,
            "",
        ),
        ('<div style="position:fixed;inset:0;display:none"><img src=1.jpg></div>' + PLENTY, ""),
        (
            "<div style='position:fixed;top:0;width:100%;height:60px'><img src=1.jpg></div>"
            + PLENTY,
            "",
        ),
    ],
)
def test_the_browser_is_sent_for_a_reason_or_not_at_all(html: str, expected: str) -> None:
    assert reason(html) == expected


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("0;url=/a", (0.0, "/a")),
        ("5; URL='/a?x=1'", (5.0, "/a?x=1")),
        (";url=/a", (0.0, "/a")),
        ("1.2.3;url=/a", (0.0, "/a")),
        ("30", None),
    ],
)
def test_a_refresh_tells_its_delay_and_address(
    content: str, found: tuple[float, str] | None
) -> None:
    assert meta_refresh_in(f'<meta http-equiv=refresh content="{content}">') == found


@pytest.mark.parametrize(
    "script",
    ["{" * 100_000, "/*" * 50_000, '\\"' * 50_000, "location " * 12_000, "`\\`" * 30_000],
)
def test_an_odd_script_is_read_and_says_nothing(script: str) -> None:
    assert reason(f"{PLENTY}<script>{script}</script>{'<!--[if ' * 10_000}") == ""


COMMENT = "<!--" + "x" * 500_000 + "-->"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (PLENTY + COMMENT + "<script>location.replace('/b')</script>", "script_redirect"),
        (PLENTY + COMMENT + '<meta http-equiv="refresh" content="0;url=/b">', "meta_refresh"),
        (PLENTY + COMMENT + CLOAK, "search_redirect"),
        (PLENTY + COMMENT * 5 + CLOAK, "too_long"),
        (PLENTY * 1_000, "too_long"),
        (PLENTY + COMMENT, ""),
    ],
)
def test_padding_hides_no_way_on(html: str, expected: str) -> None:
    assert reason(html) == expected


@pytest.mark.parametrize("word", ["document.referrer ", "document.referrer baidu "])
def test_a_page_that_asks_for_its_visitors_way_without_end_costs_no_minute(word: str) -> None:
    html = word * (2_000_000 // len(word))
    start = time.process_time()

    needs_browser(html, read_quickly(PLENTY))

    assert time.process_time() - start < 3
