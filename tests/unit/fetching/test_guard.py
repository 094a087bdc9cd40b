"""The policy's published table: what may be dialled, and what never."""

import pytest

from crawler.domain.errors import BadInput
from crawler.fetching.guard import DEFAULT_PORTS, Permit, Policy, may_connect, networks_of

PLAIN = Policy()
DEMO = Policy(allowed=networks_of(["127.0.0.2-127.0.0.254"]), ports=DEFAULT_PORTS | {18080})
CLOSED = Policy(allowed=networks_of(["10.0.0.0/8"]), denied=networks_of(["10.1.0.0/16", "9.9.9.9"]))
TEREDO = Policy(allowed=networks_of(["2001::/32"]))

TABLE = [
    # address, port, policy, granted
    ("1.1.1.1", 80, PLAIN, True),
    ("1.1.1.1", 443, PLAIN, True),
    ("1.1.1.1", 8443, PLAIN, True),
    ("1.1.1.1", 22, PLAIN, False),
    ("1.1.1.1", 6379, PLAIN, False),
    ("2400:3200::1", 443, PLAIN, True),
    ("::ffff:1.1.1.1", 80, PLAIN, True),
    ("127.0.0.1", 80, PLAIN, False),
    ("127.8.8.8", 80, PLAIN, False),
    ("0.0.0.0", 80, PLAIN, False),
    ("10.0.0.1", 80, PLAIN, False),
    ("59.200.1.1", 80, PLAIN, False),
    ("100.64.0.1", 80, PLAIN, False),
    ("169.254.169.254", 80, PLAIN, False),
    ("192.168.0.1", 80, PLAIN, False),
    ("224.0.0.1", 80, PLAIN, False),
    ("::1", 80, PLAIN, False),
    ("::", 80, PLAIN, False),
    ("::ffff:127.0.0.1", 80, PLAIN, False),
    ("::127.0.0.1", 80, PLAIN, False),
    ("64:ff9b::7f00:1", 80, PLAIN, False),
    ("64:ff9b::808:808", 80, PLAIN, True),
    ("64:ff9b:1::808:808", 80, PLAIN, False),
    ("2002:7f00:1::", 80, PLAIN, False),
    ("2001:0:1::1", 80, PLAIN, False),
    ("fd00::1", 80, PLAIN, False),
    ("fe80::1%eth0", 80, PLAIN, False),
    ("fec0::1", 80, PLAIN, False),
    ("2130706433", 80, PLAIN, False),
    ("0x7f.1", 80, PLAIN, False),
    ("example.com", 80, PLAIN, False),
    ("", 80, PLAIN, False),
    ("127.0.0.2", 80, DEMO, True),
    ("127.0.0.2", 18080, DEMO, True),
    ("127.0.0.2", 22, DEMO, False),
    ("::ffff:127.0.0.2", 80, DEMO, True),
    ("127.0.0.1", 80, DEMO, False),
    ("127.0.0.255", 80, DEMO, False),
    ("::127.0.0.2", 80, DEMO, False),
    ("2001:0:808:808::f7f7:f7f7", 80, TEREDO, True),
    ("2001:0:7f00:1::f7f7:f7f7", 80, TEREDO, False),  # its server
    ("2001:0:808:808::80ff:fffe", 80, TEREDO, False),  # its client, 127.0.0.1 with all bits turned
    ("10.2.0.1", 80, CLOSED, True),
    ("10.1.0.1", 80, CLOSED, False),
    ("9.9.9.9", 80, CLOSED, False),
    ("::ffff:9.9.9.9", 80, CLOSED, False),
]


@pytest.mark.fault("W03")
@pytest.mark.parametrize(("address", "port", "policy", "granted"), TABLE)
def test_the_table_of_the_policy(address: str, port: int, policy: Policy, granted: bool) -> None:
    assert may_connect(address, port, policy).granted is granted


def test_a_refusal_says_which_address_or_port_and_why() -> None:
    assert may_connect("::ffff:10.0.0.1", 80, PLAIN) == Permit(
        granted=False, reason="10.0.0.1 不是公网地址"
    )
    assert may_connect("1.1.1.1", 22, PLAIN).reason == "端口 22 不在允许之列"
    assert may_connect("9.9.9.9", 80, CLOSED).reason == "9.9.9.9 在禁止访问的网段内"


@pytest.mark.parametrize("text", ["10.0.0.0/33", "a", "1.1.1.1-::1", "2.2.2.2-1.1.1.1", "", "1-2"])
def test_a_range_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadInput, match="不是网段"):
        networks_of([text])
