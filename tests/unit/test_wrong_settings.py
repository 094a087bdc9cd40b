"""What is wrong in the settings is said in one Chinese line that names the key."""

from pathlib import Path

import pytest

from crawler.config import load_config
from crawler.domain.errors import BadInput


@pytest.mark.fault("D37")
@pytest.mark.parametrize(("text", "says"), [
    ("[crawl]\nslots = 'many'\n", "配置项 crawl.slots 有误：须为整数"),
    ("[delivery]\ntimeout_s = 0\n", "配置项 delivery.timeout_s 有误：须不小于 1.0"),
    ("language = 'fr'\n", "配置项 language 有误：不在可用的值之内：'zh'、'en'"),
    ("[ops]\nwebhook = 'https://x.example'\n", "配置项 ops 有误：ops.webhook 须有 ops.secret"),
    ("[crawl]\negress = ['here']\n", "配置项 crawl.egress.0 有误：须为 IP 地址"),
    ("colour = 1\n", "配置项 colour 有误：没有这一项"),
    ("crawl = 1\n", "配置项 crawl 有误：须为一节"),
    ("delivery.allow = '10.0.0.0/8'\n", "配置项 delivery.allow 有误：须为数组"),
    ("region = \n", "配置文件无法解析：第 1 行第 10 列写法不对"),
])  # fmt: skip
def test_a_wrong_setting_is_named_with_what_it_should_be(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "xunwang.toml").write_text(text, "utf-8")

    with pytest.raises(BadInput) as refused:
        load_config(tmp_path)

    assert str(refused.value) == says


def test_settings_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "xunwang.toml").write_bytes(b'region = "\xff"\n')

    with pytest.raises(BadInput, match="不是 UTF-8"):
        load_config(tmp_path)
