"""Known answers: the test vectors of RFC 6962's reference implementation (certificate-transparency, Apache-2.0)."""

from hashlib import sha256

import pytest

from arena.integration import merkle
from arena.integration.merkle import Growth, Node

# The leaves, and the roots of the trees of 0 to 8 of them.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def grown(leaves: list[bytes]) -> tuple[Growth, Node]:
    growth, nodes = Growth(), {}
    for data in leaves:
        for level, index, hashed in growth.append(merkle.leaf(data)):
            nodes[level, index] = hashed
    return growth, lambda level, index: nodes[level, index]


def recursive(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + recursive(leaves[:k]) + recursive(leaves[k:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_come_out(size: int) -> None:
    growth, node = grown(LEAVES[:size])
    assert growth.root.hex() == ROOTS[size]
    assert merkle.root(size, node).hex() == ROOTS[size]


def test_published_proofs_come_out() -> None:
    _, node = grown(LEAVES)
    assert [step.hex() for step in merkle.inclusion(0, 8, node)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [step.hex() for step in merkle.consistency(1, 8, node)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


@pytest.mark.parametrize("size", range(1, 41))
def test_every_leaf_is_shown_to_be_in_every_tree_and_no_other_is(size: int) -> None:
    leaves = [bytes([number]) for number in range(size)]
    growth, node = grown(leaves)
    assert growth.root == recursive(leaves)
    for index in range(size):
        path, hashed = merkle.inclusion(index, size, node), merkle.leaf(leaves[index])
        assert merkle.includes(index, size, hashed, path, growth.root)
        assert not merkle.includes(index, size, merkle.leaf(b"changed"), path, growth.root)
        assert not merkle.includes(index, size, hashed, [*path, path[0] if path else hashed], growth.root)
        assert not path or not merkle.includes(index, size, hashed, path[1:], growth.root)
        assert size == 1 or not merkle.includes((index + 1) % size, size, hashed, path, growth.root)


@pytest.mark.parametrize("size", range(1, 41))
def test_every_tree_is_shown_to_begin_with_those_before_and_none_with_another(size: int) -> None:
    leaves = [bytes([number]) for number in range(size)]
    growth, node = grown(leaves)
    rewritten, other = grown([b"changed", *leaves[1:]])
    for first in range(1, size + 1):
        former = recursive(leaves[:first])
        path = merkle.consistency(first, size, node)
        assert merkle.extends(first, size, former, growth.root, path)
        assert not merkle.extends(first, size, former, rewritten.root, merkle.consistency(first, size, other))
        assert not merkle.extends(first, size, former, growth.root, [*path, growth.root])
        assert first == size or not merkle.extends(first, size, former, growth.root, path[:-1])


@pytest.mark.parametrize("size", [0, 1, 5, 7, 8, 31])
def test_a_tree_goes_on_where_it_was_left(size: int) -> None:
    leaves = [bytes([number]) for number in range(size + 9)]
    _, node = grown(leaves)
    growth = Growth(size, node)
    for data in leaves[size:]:
        list(growth.append(merkle.leaf(data)))
    assert growth.root == recursive(leaves)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3), (10, 3)])
def test_a_leaf_that_is_not_there_has_no_path(index: int, size: int) -> None:
    _, node = grown(LEAVES[:size])
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion(index, size, node)
    assert not merkle.includes(index, size, b"", [], b"")


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3)])
def test_a_tree_begins_with_no_larger_one_and_with_none(first: int, second: int) -> None:
    _, node = grown(LEAVES[:second])
    with pytest.raises(ValueError, match="begin"):
        merkle.consistency(first, second, node)
    assert not merkle.extends(first, second, b"", b"", [])
