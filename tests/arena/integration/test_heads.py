"""Heads: the notes of C2SP and Go's checksum database, byte for byte, and keys that are refused."""

import pytest
from msgspec import structs

from arena.config import Settings
from arena.errors import SettingsWrong
from arena.integration import heads
from arena.integration.heads import Key

# The example of golang.org/x/mod/sumdb/note (BSD-3-Clause): its key, its text and the signature over it.
PUBLISHED = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
WRITTEN = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"


def _settings(**changes: str) -> Settings:
    return structs.replace(Settings(database_url="", redis_url="", secret="s" * 32), **changes)


def test_keys_are_written_and_published_as_the_checksum_database_does() -> None:
    key = heads.key(_settings(ledger_key=WRITTEN))
    assert (key.name, key.written, key.published) == ("PeterNeumann", WRITTEN, PUBLISHED)


def test_a_signed_head_is_three_lines_and_a_signature_that_only_its_key_opens() -> None:
    key, other = Key("arena.example", bytes(32)), Key("arena.example", bytes([1] * 32))
    note = key.sign(7, bytes(range(32)))
    assert note.startswith("arena.example\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— arena.example ")
    signed = heads.opened(note, key.published)
    assert signed is not None
    assert (signed.name, signed.size, signed.root) == ("arena.example", 7, bytes(range(32)))
    assert heads.opened(note, other.published) is None
    assert heads.opened(note.replace("\n7\n", "\n8\n"), key.published) is None
    assert heads.opened("", key.published) is None


def test_a_new_key_is_another_each_time_and_one_of_the_secret_always_the_same() -> None:
    assert heads.new() != heads.new()
    made = heads.new()
    assert heads.key(_settings(ledger_key=made)).written == made
    assert heads.key(_settings()).written == heads.key(_settings()).written
    assert heads.key(_settings()).written != heads.key(_settings(secret="t" * 32)).written


@pytest.mark.parametrize("text", ["key", WRITTEN[:-4], WRITTEN.replace("Peter", "Paul"), PUBLISHED])
def test_a_key_that_is_none_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SettingsWrong, match="ARENA_LEDGER_KEY") as refused:
        heads.key(_settings(ledger_key=text))
    assert text not in str(refused.value)
