import pytest

from arena import guards


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2ff:3::4", "2001:db8:1:200::/56"),
        ("::1", "::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
    ],
)
def test_a_network_is_the_block_around_the_address(peer: str, network: str) -> None:
    assert guards.block(peer, [], proxies=0) == network


@pytest.mark.parametrize(
    ("forwarded", "proxies", "network"),
    [
        (["203.0.113.7"], 0, "10.0.0.0/24"),
        (["203.0.113.7"], 1, "203.0.113.0/24"),
        (["1.2.3.4, 203.0.113.7"], 1, "203.0.113.0/24"),
        (["1.2.3.4", "203.0.113.7"], 1, "203.0.113.0/24"),
        (["1.2.3.4, 203.0.113.7, 10.9.9.9"], 2, "203.0.113.0/24"),
        (["203.0.113.7:4711"], 1, "203.0.113.0/24"),
        (["[2001:db8::1]:4711"], 1, "2001:db8::/56"),
        (["1.2.3.4, unknown"], 1, "10.0.0.0/24"),
        ([], 1, "10.0.0.0/24"),
        (["junk" * 1000], 3, "10.0.0.0/24"),
    ],
)
def test_what_a_caller_says_of_itself_left_of_our_proxies_counts_for_nothing(
    forwarded: list[str], proxies: int, network: str
) -> None:
    assert guards.block("10.0.0.1", forwarded, proxies=proxies) == network
