"""Signatures against the published vectors, and against everything that must not be believed."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.signing import KeySigner, signer_of
from crawler.domain.delivery import Endpoint
from crawler.domain.errors import BadInput, NotAllowed
from crawler.domain.signing_key import key_from, secret_from

# The vector that the Standard Webhooks specification and its libraries share.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

OTHER = secret_from(b"o" * 32)


def an_endpoint(**given: object) -> Endpoint:
    return Endpoint(**({"name": "p", "url": "https://p.example/", "secret": SECRET} | given))  # type: ignore[arg-type]


@pytest.mark.fault("K01")
def test_the_published_vector_is_signed_and_verified() -> None:
    signer = signer_of(an_endpoint())

    headers = signer.sign(ID, AT, BODY)

    assert headers == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }
    assert signer.verify(headers, BODY, AT) == ID


@pytest.mark.fault("K01")
def test_a_moment_in_china_signs_as_the_same_moment() -> None:
    in_china = AT.astimezone(timezone(timedelta(hours=8)))

    headers = signer_of(an_endpoint()).sign(ID, in_china, BODY)

    assert headers["webhook-signature"] == SIGNATURE


@given(body=st.text().map(str.encode), id_=st.text("abcXYZ012_-.", min_size=1, max_size=64))
def test_what_is_signed_verifies_by_an_independent_hand(body: bytes, id_: str) -> None:
    headers = signer_of(an_endpoint()).sign(id_, AT, body)

    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, f"{id_}.1614265330.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"webhook-id": "msg_other"}, id="other id"),
        pytest.param({"webhook-id": ""}, id="no id"),
        pytest.param({"webhook-id": "a b\n"}, id="id with a line end"),
        pytest.param({"webhook-timestamp": "1614265331"}, id="other second"),
        pytest.param({"webhook-timestamp": ""}, id="no timestamp"),
        pytest.param({"webhook-timestamp": "nan"}, id="nan"),
        pytest.param({"webhook-timestamp": "1e9"}, id="exponent"),
        pytest.param({"webhook-timestamp": "１６１４２６５３３０"}, id="full-width digits"),
        pytest.param({"webhook-timestamp": "999999999999"}, id="year 33658"),
        pytest.param({"webhook-timestamp": "9" * 400}, id="endless number"),
        pytest.param({"webhook-signature": ""}, id="no signature"),
        pytest.param({"webhook-signature": "v1"}, id="no comma"),
        pytest.param({"webhook-signature": "v1,"}, id="nothing after the comma"),
        pytest.param({"webhook-signature": "v1,%%%"}, id="not base64"),
        pytest.param({"webhook-signature": "v1,a,b,c"}, id="many commas"),
        pytest.param({"webhook-signature": "v1a," + SIGNATURE[3:]}, id="other version"),
        pytest.param({"webhook-signature": "v1,签名"}, id="not ascii"),
        pytest.param({"webhook-signature": "v1,\udcff"}, id="not UTF-8"),
        pytest.param({"webhook-signature": "v1,x " * 5_000}, id="endless header"),
        pytest.param({"webhook-signature": SIGNATURE[:-1]}, id="one character short"),
    ],
)
@pytest.mark.fault("K02")
def test_a_spoilt_header_is_refused_cleanly(spoilt: dict[str, str]) -> None:
    signer = signer_of(an_endpoint())
    headers = signer.sign(ID, AT, BODY) | spoilt

    with pytest.raises(NotAllowed):
        signer.verify(headers, BODY, AT)


@pytest.mark.fault("K02")
@given(
    headers=st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "x"]), st.text()
    ),
    body=st.binary(),
)
def test_nothing_that_comes_in_breaks_the_verifier(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(NotAllowed):
        signer_of(an_endpoint(sm3=True)).verify(headers, body, AT)


@pytest.mark.fault("K02")
def test_a_changed_body_and_a_wrong_key_are_refused() -> None:
    signer = signer_of(an_endpoint())
    headers = signer.sign(ID, AT, BODY)

    for other, body in ((signer, BODY + b" "), (signer_of(an_endpoint(secret=OTHER)), BODY)):
        with pytest.raises(NotAllowed, match="签名不符"):
            other.verify(headers, body, AT)


@pytest.mark.fault("K02")
def test_a_body_that_is_no_text_is_refused() -> None:
    signer = signer_of(an_endpoint())
    headers = signer.sign(ID, AT, BODY)

    with pytest.raises(NotAllowed, match="UTF-8"):
        signer.verify(headers, b"\xff", AT)


@pytest.mark.parametrize("minutes", [-6, 6])
@pytest.mark.fault("K03")
@pytest.mark.fault("K16")
def test_a_message_from_another_time_is_refused_by_its_timestamp(minutes: int) -> None:
    signer = signer_of(an_endpoint())
    headers = signer.sign(ID, AT, BODY)

    with pytest.raises(NotAllowed, match="timestamp"):
        signer.verify(headers, BODY, AT + timedelta(minutes=minutes))


@pytest.mark.fault("K14")
def test_while_a_key_is_changed_both_are_believed_and_afterwards_only_the_new_one() -> None:
    old, new = signer_of(an_endpoint()), signer_of(an_endpoint(secret=OTHER))
    both = signer_of(an_endpoint(secret=OTHER, former_secret=SECRET))

    headers = both.sign(ID, AT, BODY)

    assert old.verify(headers, BODY, AT) == new.verify(headers, BODY, AT) == ID
    assert both.verify(old.sign(ID, AT, BODY), BODY, AT) == ID
    with pytest.raises(NotAllowed):
        new.verify(old.sign(ID, AT, BODY), BODY, AT)


def test_sm3_signs_beside_and_alone_is_believed_where_it_is_asked_for() -> None:
    signer = signer_of(an_endpoint(sm3=True))

    headers = signer.sign(ID, AT, BODY)
    first, second = headers["webhook-signature"].split(" ")

    assert (first, second.split(",")[0]) == (SIGNATURE, "v1sm3")
    assert signer.verify(headers | {"webhook-signature": second}, BODY, AT) == ID
    with pytest.raises(NotAllowed):
        signer_of(an_endpoint()).verify(headers | {"webhook-signature": second}, BODY, AT)


@pytest.mark.parametrize("sm3", [False, True])
def test_bytes_are_signed_as_text_is(sm3: bool) -> None:
    signer = signer_of(an_endpoint(secret=OTHER, former_secret=SECRET, sm3=sm3))

    assert signer.sign_bytes(ID, AT, BODY) == signer.sign(ID, AT, BODY)


def test_sm3_is_the_standard_one() -> None:
    digest = hashlib.new("sm3", b"abc").hexdigest()

    assert digest == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%", "whsec_c2hvcnQ=", "秘密一二三"])
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(BadInput) as refusal:
        key_from(secret)

    assert not secret or secret not in str(refusal.value)


@pytest.mark.fault("K21")
def test_no_representation_shows_a_key() -> None:
    endpoint = an_endpoint(former_secret=OTHER)
    shown = f"{endpoint!r} {endpoint} {signer_of(endpoint)!r} {KeySigner(keys=(b'k' * 24,))}"

    assert SECRET not in shown
    assert OTHER not in shown
    assert "kkkk" not in shown
