import base64
from uuid import uuid4

import pytest

from arena.config import Settings
from arena.errors import SettingsWrong
from arena.sealing import Keyring, Sealed, Secrets, Unopenable

SECRETS = Secrets("sk-secret", {"x-team": "red"})


def keyring(*names: str, secret: str = "s" * 32) -> Keyring:
    pairs = ",".join(f"{name}:{base64.b64encode(name.encode().ljust(32)).decode()}" for name in names)
    return Keyring(Settings(database_url="", redis_url="", secret=secret, master_keys=pairs))


def test_secrets_come_back_for_whom_they_were_sealed() -> None:
    owner = uuid4()
    sealed = keyring().seal(SECRETS, owner)
    assert b"sk-secret" not in sealed.content
    assert keyring().open(sealed, owner) == SECRETS


def test_sealed_bytes_moved_to_another_row_do_not_open() -> None:
    with pytest.raises(Unopenable):
        keyring().open(keyring().seal(SECRETS, uuid4()), uuid4())


def test_a_changed_byte_does_not_open() -> None:
    owner = uuid4()
    sealed = keyring().seal(SECRETS, owner)
    for place in range(len(sealed.content)):
        spoiled = bytearray(sealed.content)
        spoiled[place] ^= 1
        with pytest.raises(Unopenable):
            keyring().open(Sealed(sealed.master, bytes(spoiled)), owner)


def test_the_same_secrets_are_never_the_same_bytes() -> None:
    owner = uuid4()
    assert keyring().seal(SECRETS, owner) != keyring().seal(SECRETS, owner)


def test_a_new_master_key_seals_and_the_old_ones_still_open() -> None:
    owner = uuid4()
    before_any, old = keyring().seal(SECRETS, owner), keyring("old").seal(SECRETS, owner)
    rotated = keyring("new", "old")
    assert rotated.open(old, owner) == rotated.open(before_any, owner) == SECRETS
    assert rotated.seal(SECRETS, owner).master == "new"
    with pytest.raises(Unopenable):
        keyring("new").open(old, owner)


@pytest.mark.parametrize("text", ["x", "x:", ":eA==", "x:eA==", "secret:" + "A" * 43 + "=", "x:!", "a:{0},a:{0}"])
def test_master_keys_that_are_none_are_refused(text: str) -> None:
    text = text.format(base64.b64encode(b"k" * 32).decode())
    with pytest.raises(SettingsWrong, match="ARENA_MASTER_KEYS"):
        Keyring(Settings(database_url="", redis_url="", secret="s" * 32, master_keys=text))


def test_secrets_are_shown_nowhere() -> None:
    assert "sk-secret" not in repr(SECRETS)
