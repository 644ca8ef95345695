"""Merkle trees of RFC 6962: roots, and proofs that a leaf is in one and that one tree begins with another.

A tree is known by the hashes of its complete subtrees: `node(level, index)` is that of the 2^level leaves from
index · 2^level on. What is appended never changes such a hash, so they are kept, and no proof needs the leaves.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

Node: TypeAlias = Callable[[int, int], bytes]

EMPTY: Final = hashlib.sha256(b"").digest()


def leaf(data: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def join(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growth:
    """A tree that grows by leaves: it remembers the complete subtrees along its right edge alone."""

    def __init__(self, size: int = 0, node: Node | None = None) -> None:
        """Begin empty, or where a tree of this size stands whose nodes are given."""
        self.size = size
        self._edge = [] if node is None else [node(level, index) for level, index in _complete(0, size)]

    def append(self, hashed: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Add a leaf by its hash; every subtree that it completes, the leaf itself first: level, index, hash."""
        level, index = 0, self.size
        yield level, index, hashed
        while index % 2:
            hashed = join(self._edge.pop(), hashed)
            level, index = level + 1, index // 2
            yield level, index, hashed
        self._edge.append(hashed)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of the tree as it is."""
        return _folded(self._edge)


def root(size: int, node: Node) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _folded([node(level, index) for level, index in _complete(0, size)])


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The path from a leaf to the root of a tree of this size (RFC 6962, 2.1.1), the leaf's neighbour first."""
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    return _path(index, 0, size, node)


def consistency(first: int, second: int, node: Node) -> list[bytes]:
    """What shows that the tree of `second` leaves begins with that of `first` (RFC 6962, 2.1.2)."""
    if not 0 < first <= second:
        raise ValueError(f"A tree of {second} leaves doesn't begin with one of {first}.")
    return _since(first, 0, second, node, whole=True)


def includes(index: int, size: int, hashed: bytes, path: Iterable[bytes], head: bytes) -> bool:
    """Whether the path leads from this leaf's hash to the head of a tree of this size (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last = index, size - 1
    for step in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            hashed = join(step, hashed)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            hashed = join(hashed, step)
        place, last = place // 2, last // 2
    return last == 0 and hashed == head


def extends(first: int, second: int, former: bytes, head: bytes, path: Iterable[bytes]) -> bool:
    """Whether the path shows that the head of `second` leaves begins with the former of `first` (RFC 9162, 2.1.4.2)."""
    steps = list(path)
    if first == second:
        return not steps and former == head
    if not 0 < first < second or not steps:
        return False
    if first & (first - 1) == 0:
        steps = [former, *steps]
    place, last = first - 1, second - 1
    while place % 2:
        place, last = place // 2, last // 2
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = join(step, old), join(step, new)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            new = join(new, step)
        place, last = place // 2, last // 2
    return last == 0 and old == former and new == head


def _complete(begin: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees that make up these leaves, from left to right; they begin at a multiple of their size."""
    found = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def _folded(subtrees: list[bytes]) -> bytes:
    """One hash over subtrees that grow smaller to the right."""
    if not subtrees:
        return EMPTY
    *before, hashed = subtrees
    for left in reversed(before):
        hashed = join(left, hashed)
    return hashed


def _over(begin: int, end: int, node: Node) -> bytes:
    return _folded([node(level, index) for level, index in _complete(begin, end)])


def _split(begin: int, end: int) -> int:
    """Where a tree parts: after the largest power of two that is less than its leaves."""
    return begin + (1 << ((end - begin - 1).bit_length() - 1))


def _path(index: int, begin: int, end: int, node: Node) -> list[bytes]:
    if end - begin == 1:
        return []
    middle = _split(begin, end)
    if index < middle:
        return [*_path(index, begin, middle, node), _over(middle, end, node)]
    return [*_path(index, middle, end, node), _over(begin, middle, node)]


def _since(first: int, begin: int, end: int, node: Node, *, whole: bool) -> list[bytes]:
    if first == end:
        return [] if whole else [_over(begin, end, node)]
    middle = _split(begin, end)
    if first <= middle:
        return [*_since(first, begin, middle, node, whole=whole), _over(middle, end, node)]
    return [*_since(first, middle, end, node, whole=False), _over(begin, middle, node)]
