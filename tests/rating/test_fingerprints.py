"""Fingerprints: the same for the same text, whatever stands beside it, and others for others."""

import numpy as np

from rating.votefile import fingerprints


def prints(texts: list[bytes]) -> list[int]:
    ends = np.cumsum([0, *map(len, texts)])
    return [int(found) for found in fingerprints.of(np.frombuffer(b"".join(texts), dtype=np.uint8), ends)]


def test_texts_are_told_apart_by_every_byte_and_by_their_length() -> None:
    texts = [b"x" * length for length in range(40)]
    texts += [b"x" * place + b"y" + b"x" * (30 - place) for place in range(31)]
    texts += [b"\0" * length for length in range(1, 20)]
    assert len({*prints(texts)}) == len(texts)


def test_a_text_has_the_same_fingerprint_wherever_it_stands() -> None:
    texts = ["漢字".encode() * length for length in range(12)]
    assert prints(texts[::-1]) == prints(texts)[::-1]
    assert prints([text for text in texts for _ in range(2)])[::2] == prints(texts)
    assert [prints([text])[0] for text in texts] == prints(texts)


def test_fingerprints_are_never_negative_and_spread() -> None:
    found = np.array(prints([str(number).encode() for number in range(20_000)]))
    assert found.min() >= 0
    assert len({*found.tolist()}) == 20_000
    assert abs((found >> 62).mean() - 0.5) < 0.02
    assert abs((found & 1).mean() - 0.5) < 0.02


def test_no_text_has_no_fingerprint() -> None:
    assert prints([]) == []
