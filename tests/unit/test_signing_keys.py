"""Keys in the settings: each is one, and says whose a message is."""

from pathlib import Path

import pytest

from crawler.config import load_config
from crawler.domain.errors import BadInput
from crawler.domain.signing_key import secret_from

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = f'secret = "{SECRET}"'


@pytest.mark.parametrize(("endpoints", "says"), [
    ((("a", 'secret = "hunter2"'),), "a 的 secret 或 former_secret：密钥"),
    ((("a", f'{KEY}\nformer_secret = "whsec_c2hvcnQ="'),), "密钥须为 24 至 64 字节"),
    ((("a", KEY), ("b", KEY)), "a 与 b 的密钥相同"),
    ((("a", KEY), ("b", f'secret = "{secret_from(b"x" * 24)}"\nformer_{KEY}')), "a 与 b 的密钥"),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["endpoints", "peers"])
def test_a_key_that_is_none_or_two_of_theirs_is_refused_with_whose_it_is(
    tmp_path: Path, endpoints: tuple[tuple[str, str], ...], says: str, kind: str
) -> None:
    (tmp_path / "xunwang.toml").write_text(
        "".join(f'[[delivery.{kind}]]\nname = "{name}"\n{keys}\n' for name, keys in endpoints),
        "utf-8",
    )

    with pytest.raises(BadInput) as refused:
        load_config(tmp_path)

    assert says in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert SECRET not in str(refused.value)


def test_while_its_key_changes_hands_an_endpoint_has_two(tmp_path: Path) -> None:
    (tmp_path / "xunwang.toml").write_text(
        f'[[delivery.endpoints]]\nname = "a"\n{KEY}\nformer_{KEY}\n', "utf-8"
    )

    assert load_config(tmp_path).delivery.endpoints[0].name == "a"


@pytest.mark.parametrize(("secret", "says"), [
    ("", "ops.webhook 须有 ops.secret"),
    ("hunter2", "ops.secret：密钥不是"),
    ("whsec_c2hvcnQ=", "ops.secret：密钥须为 24 至 64 字节"),
])  # fmt: skip
def test_the_key_for_what_operations_are_told_is_one_too(
    tmp_path: Path, secret: str, says: str
) -> None:
    (tmp_path / "xunwang.toml").write_text(
        f'[ops]\nwebhook = "https://x.example/"\nsecret = "{secret}"\n', "utf-8"
    )

    with pytest.raises(BadInput) as refused:
        load_config(tmp_path)

    assert says in str(refused.value)
    assert "hunter2" not in str(refused.value)
