"""Every setting, read from the environment once and nowhere else."""

import os
from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from arena.errors import SettingsWrong

PREFIX = "ARENA_"

Positive = Annotated[int, Meta(gt=0)]
Natural = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(gt=0)]


class Action(StrEnum):
    """What is done with a text in which a gate finds something.

    `note` keeps the finding, so that the text is not published; `unrated` keeps the vote from counting as well;
    `refuse` refuses a prompt, and is `unrated` for an answer, which nobody can refuse any more.
    """

    OFF = "off"
    NOTE = "note"
    UNRATED = "unrated"
    REFUSE = "refuse"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings; `deploy/env.example` explains each one."""

    database_url: str
    redis_url: str
    secret: Annotated[str, Meta(min_length=32)]
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    public_url: str = ""
    probe_url: str = ""
    browser: str = ""
    synthetic_minutes: Natural = 10
    master_keys: str = ""
    ledger_key: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = ""
    pool_size: Annotated[int, Meta(ge=2)] = 10
    pace_characters: Positive = 24
    tick_seconds: Seconds = 0.04
    start_barrier_seconds: Seconds = 5.0
    first_byte_seconds: Seconds = 20.0
    idle_seconds: Seconds = 15.0
    answer_seconds: Seconds = 120.0
    answer_bytes: Positive = 65536
    reader_seconds: Seconds = 10.0
    judge_seconds: Seconds = 120.0
    drain_seconds: Annotated[float, Meta(ge=0)] = 20.0
    turns: Positive = 8
    prompt_characters: Positive = 32000
    battle_hours: Positive = 24
    same_prompt_votes: Natural = 5
    personal_prompts: Action = Action.NOTE
    personal_answers: Action = Action.NOTE
    toxic_prompts: Action = Action.NOTE
    toxic_answers: Action = Action.NOTE
    gates_fail_closed: bool = False
    warming_battles: Positive = 50
    warming_failures: Annotated[float, Meta(gt=0, le=1)] = 0.2
    battles_per_hour: Natural = 120
    network_battles_per_hour: Natural = 600
    votes_per_minute: Natural = 60
    endpoint_calls_per_minute: Natural = 600
    concurrent_battles: Natural = 4
    second_looks: Natural = 5
    control_share: Annotated[float, Meta(ge=0, le=1)] = 0.02
    probe_share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    reading_speed: Annotated[float, Meta(ge=0)] = 300.0
    trace_days: Positive = 30
    archive_days: Natural = 180
    sign_ups_per_hour: Natural = 10
    sign_ins_per_hour: Natural = 20
    stars_per_hour: Natural = 120
    wishes_per_hour: Natural = 20
    flags_per_hour: Natural = 10
    star_hours: Annotated[int, Meta(ge=0, le=8760)] = 24
    trusted_proxies: Natural = 0
    release_seconds: Seconds = 300.0
    shelf_seconds: Annotated[float, Meta(ge=0)] = 1.0
    conversation_days: Positive = 30
    established_votes: Positive = 500
    established_half_width: Seconds = 30.0
    replicates: Positive = 200

    def __repr__(self) -> str:
        # The generated one would write the secret and the database's password into every traceback that shows it.
        return f"Settings(public_url={self.public_url!r}, host={self.host!r}, port={self.port})"

    @property
    def secure(self) -> bool:
        """Whether the public address is https, so that cookies may be kept to it."""
        return self.public_url.startswith("https://")


def told(settings: Settings) -> dict[str, object]:
    """The settings that may be told: numbers, switches and choices. Whatever is text may be an address or a secret."""
    values = {name: getattr(settings, name) for name in settings.__struct_fields__}
    return {name: value for name, value in values.items() if not isinstance(value, str) or isinstance(value, Enum)}


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in the environment; a name nobody reads is an error, not a silence."""
    given = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX)}
    unknown = sorted(set(given) - set(Settings.__struct_fields__))
    if unknown:
        raise SettingsWrong(f"There is no setting called {PREFIX}{unknown[0].upper()}.")
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsWrong(_sentence(error, given)) from None
    for name in ("database_url", "redis_url"):
        _require_address(name, getattr(settings, name))
    if settings.oidc_issuer and not (settings.oidc_client_id and settings.public_url):
        raise SettingsWrong("ARENA_OIDC_ISSUER needs ARENA_OIDC_CLIENT_ID and ARENA_PUBLIC_URL as well.")
    return settings


def _require_address(name: str, url: str) -> None:
    """Refuse an address that can't be read, here and without repeating it: there may be a password in it."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise SettingsWrong(
            f"{PREFIX}{name.upper()} can't be read as an address; percent-encode what is special in its password."
        ) from None


def _sentence(error: msgspec.ValidationError, given: Mapping[str, str]) -> str:
    text = str(error)
    for name in Settings.__struct_fields__:
        if f"required field `{name}`" in text:
            return f"{PREFIX}{name.upper()} is not set. deploy/env.example explains it."
        if f"`$.{name}`" in text and name in given:
            return f"{PREFIX}{name.upper()} can't be used: {text.split(' - at')[0]}."
    return text
