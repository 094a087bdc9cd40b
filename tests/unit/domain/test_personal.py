"""What names or reaches a person is masked however a page writes it, and nothing else is."""

import pytest

from crawler.domain.personal import hidden_persons
from crawler.service.packing.veil import Veil

SECRETS = [
    ("13800138000", "13800138000"),
    ("手机138 0013 8000。", "138 0013 8000"),
    ("138-0013-8001", "138-0013-8001"),
    ("138.0013.8001", "138.0013.8001"),
    ("1380 013 8001", "1380 013 8001"),
    ("138 00 13 80 01", "138 00 13 80 01"),
    ("１３８００１３８０００", "１３８００１３８０００"),
    ("1-3-8-0-0-1-3-8-0-0-0", "1-3-8-0-0-1-3-8-0-0-0"),
    ("2026-11-25 13800138000", "13800138000"),
    ("021-59731234", "021-59731234"),
    ("（021）5973 1234", "（021）5973 1234"),
    ("02159731234", "02159731234"),
    ("座机：59731234", "59731234"),
    ("微信abc_138", "abc_138"),
    ("加微：wxm1980", "wxm1980"),
    ("微信号: wxm-1980", "wxm-1980"),
    ("VX：laoli888", "laoli888"),
    ("QQ：123456789", "123456789"),
    ("QQ群号12345678", "12345678"),
    ("请写信 wang.xm@example.cn 咨询", "wang.xm@example.cn"),
    ("310118198001011234", "310118198001011234"),
    ("31011819800101123X", "31011819800101123X"),
    ("310118 19800101 1234", "310118 19800101 1234"),
    ("310118800101123", "310118800101123"),
    ("卡号6222 0210 0111 6245 702", "6222 0210 0111 6245 702"),
    ("联系人：王小明电话请拨打", "王小明"),
    ("法定代表人王小明", "王小明"),
    ("负责人 欧阳明月", "欧阳明月"),
    ("法人：李四", "李四"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_what_reaches_a_person_is_masked(text: str, secret: str) -> None:
    told = hidden_persons(text)

    assert secret not in told
    assert "*" in told
    assert len(told) == len(text)  # spans into the text stay true
    assert told[: text.index(secret)] == text[: text.index(secret)]


@pytest.mark.parametrize(
    "text",
    [
        "季季返息 3.95%，年化 13.8% 至 15.8%",
        "2026-11-25 13:45:00 起，满 1000000 元",
        "沪ICP备2099000999号-1",
        "http://139.196.20.145/a?b=1",
        "统一社会信用代码 91310118MA1JL1234X",
        "法人：上海云湖养老服务有限公司",
        "负责人制度",
        "法人金融机构",
        "微信支付、QQ浏览器",
        "https://tel.example.cn/wechat",
        "第 15 16 17 18 19 20 期",
    ],
)
def test_what_is_no_person_stays(text: str) -> None:
    assert hidden_persons(text) == text


def test_cells_of_a_list_show_what_is_about_the_site_and_nothing_else() -> None:
    site = {
        "主办单位名称": "云湖有限公司", "网站备案号": "沪ICP备2099000999号-1", "网站域名": "a.cn",
        "审核通过日期": "2026-01-02", "统一社会信用代码": "91310118MA1JL1234X", "序号": "12",
        "通信地址": "青浦区某路1号",
    }  # fmt: skip
    person = {
        "法定代表人": "王小明", "法人": "王小明", "联系方式": "021-59001234", "座机": "59001234",
        "微信号": "wxm_1980", "QQ": "123456789", "Email": "a@b.cn", "证件号码": "E12345678",
        "备注": "找王小明",
    }  # fmt: skip

    told = Veil(lifted=False).cells(site | person)

    assert {name: told[name] for name in site} == site
    assert all(value not in told[name] for name, value in person.items())
    assert Veil(lifted=True).cells(person) == person
    assert "某路" not in Veil(lifted=False, person=True).cells(site)["通信地址"]
