"""What stands at an address: nobody's page is taken for somebody's, nor the other way round."""

import pytest

from crawler.domain.capture import PageKind
from crawler.reading.page_kinds import page_kind_of
from crawler.reading.quick_text import read_quickly
from tests.builders import a_text
from tests.unit.reading.doors import DOORS, OPEN

K = PageKind
LONG = "本公司专业生产各类五金轴承，欢迎新老客户来厂参观洽谈业务。" * 30


@pytest.mark.parametrize(
    ("title", "body", "kind"),
    [
        ("example.cn 域名出售", "", K.FOR_SALE),
        ("", "您正在访问的域名可以转让！\n本域名正在出售，联系经纪人", K.FOR_SALE),
        ("", "The domain example.cn is for sale", K.FOR_SALE),
        ("域名停放", "", K.PARKED),
        ("", "您访问的域名已过期，请联系注册商续费", K.PARKED),
        ("", "This domain is parked free, courtesy of the registrar", K.PARKED),
        (
            "Welcome to nginx!",
            "If you see this page, nginx is installed.",
            K.CONSTRUCTION,
        ),
        ("IIS Windows Server", "", K.CONSTRUCTION),
        ("没有找到站点", "您的请求在Web服务器中没有找到对应的站点！", K.CONSTRUCTION),
        ("恭喜，站点创建成功！", "这是默认index.html，本页面由系统自动生成", K.CONSTRUCTION),
        ("phpStudy 探针 2014", "", K.CONSTRUCTION),
        ("Apache2 Default Page: It works", "This is the default page.\n" * 60, K.CONSTRUCTION),
        ("HTTP Server Test Page powered by CentOS", "Testing 123..", K.CONSTRUCTION),
        ("", "您的网站已成功开通，请上传网站程序", K.CONSTRUCTION),
        ("", "该域名未配置，请联系管理员", K.PARKED),
        ("域名未绑定", "您访问的域名未绑定至本主机", K.PARKED),
        ("", "您访问的网站未在某云备案\n该网站未备案或备案信息有误", K.ERROR_PAGE),
        ("example.cn | 521: Web server is down", "Error code 521", K.ERROR_PAGE),
        ("Origin DNS error | example.cn", "Error 1016\nWhat happened?", K.ERROR_PAGE),
        ("", "No such app", K.ERROR_PAGE),
        ("", "我司域名未续，网站开通成功案例展示\n" + LONG, K.ORDINARY),
        ("", "网站建设中，敬请期待", K.CONSTRUCTION),
        ("某某公司", "网站维护中\n联系电话", K.CONSTRUCTION),
        ("404 Not Found", "nginx", K.ERROR_PAGE),
        ("", "很抱歉，您访问的页面不存在", K.ERROR_PAGE),
        ("", "该网站暂时无法访问\n网站未备案或备案信息不一致", K.ERROR_PAGE),
        ("", "您的访问被拦截", K.ERROR_PAGE),
        ("用户登录", "用户名 密码 登录", K.LOGIN_WALL),
        ("", "内部会员平台\n请输入邀请码", K.LOGIN_WALL),
        ("某某网站建设公司", "专业网站建设、网站维护服务\n" + LONG, K.ORDINARY),
        ("域名交易资讯", LONG, K.ORDINARY),
        ("某某公司", "登录\n" + LONG, K.ORDINARY),
        ("五金轴承", "专业生产各类五金轴承", K.ORDINARY),
        ("", "", K.ORDINARY),
    ],
)
def test_the_kind_shows_in_the_words(title: str, body: str, kind: PageKind) -> None:
    assert page_kind_of(a_text(body, title=title)) is kind


def test_an_error_status_with_little_beside_it_is_an_error_page() -> None:
    assert page_kind_of(a_text("某某"), status=503) is K.ERROR_PAGE


def test_a_full_page_under_an_error_status_is_what_it_shows() -> None:
    assert page_kind_of(a_text(LONG), status=404) is K.ORDINARY


def test_a_script_shell_is_a_shell() -> None:
    assert page_kind_of(a_text(""), render_reason="script_shell") is K.SHELL


@pytest.mark.parametrize("name", DOORS)
def test_a_page_of_nothing_but_a_way_in_is_a_closed_door(name: str) -> None:
    assert page_kind_of(read_quickly(DOORS[name]), DOORS[name]) is K.LOGIN_WALL


@pytest.mark.parametrize("name", OPEN)
def test_a_page_that_also_has_a_way_in_is_none(name: str) -> None:
    assert page_kind_of(read_quickly(OPEN[name]), OPEN[name]) is not K.LOGIN_WALL


def test_a_login_form_that_forbids_strangers_is_a_closed_door_and_no_error() -> None:
    words = a_text(
        "会员系统\n登 录\n内部系统，未经授权禁止访问",
        title="会员登录",
        placeholder="账号\n密码\n邀请码",
    )

    assert page_kind_of(words) is K.LOGIN_WALL


def test_an_error_page_that_offers_to_log_in_stays_an_error() -> None:
    assert page_kind_of(a_text("页面不存在\n登录 | 注册账号", title="404")) is K.ERROR_PAGE
