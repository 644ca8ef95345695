"""The pages of providers: what they hold for those they belong to, and for nobody else."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from arena.db import Pool
from tests.arena.pages import markup
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.arena.pages.test_languages import CHINESE_READER, english_left
from tests.builders import Visitor
from tests.conftest import Open

KEY = "sk-live-0123456789abcdef4f2a"
ENDPOINT = {"base_url": "https://inference.northgate.example/v1", "model": "gpt4", "name": "GPT 4", "key": KEY}
HTML = {"accept": "text/html"}
# What providers have written, and what the dialects and JSON call things.
OTHERS = re.compile(
    r"OpenAI chat completions|Anthropic messages|/chat/completions|/messages|\{.{1,5}name.{1,5}: value\}|House|GPT 4|"
    r"gpt4|gpt-4|GPT|https://inference[a-z./1]*|model-7b|temperature|bf16|Authorization: Bearer|[Gg]pt@example.org|"
    r"arena_|API|read"
)
NOBODYS = "00000000-0000-0000-0000-000000000000"


async def _signed_up(visitor: Visitor, name: str) -> Visitor:
    account = {"email": f"{name}@example.org", "name": name, "password": "correct horse battery"}
    status, body = await visitor.post(
        "/api/v1/accounts", account | {"organisation": "House"} if name == "GPT" else account
    )
    assert status == 201, body
    return visitor


@pytest.fixture
async def ann(visitor: Visitor) -> Visitor:
    return await _signed_up(visitor, "GPT")


@pytest.fixture
async def bob(arena: str) -> AsyncIterator[Visitor]:
    async with Visitor(arena) as stranger:
        yield await _signed_up(stranger, "Dolly")


@pytest.fixture
async def nobody(arena: str) -> AsyncIterator[Visitor]:
    async with Visitor(arena) as stranger:
        yield stranger


async def _registered(visitor: Visitor, **changes: Any) -> str:
    status, body = await visitor.post("/api/v1/endpoints", ENDPOINT | changes)
    assert status == 201, body
    return f"/providers/endpoints/{body['id']}"


async def _page(visitor: Visitor, path: str) -> Page:
    status, html = await visitor.get(path, headers=HTML)
    assert status == 200, html
    return Page(html)


async def test_a_provider_sees_the_endpoint_and_only_the_end_of_its_key(ann: Visitor) -> None:
    path = await _registered(ann)
    page = await _page(ann, path)
    assert words(page.one("h1")) == "GPT 4"
    assert page.one("main").attributes["data-state"] == "checking"
    assert "ends in 4f2a" in words(page.one("span", id="key-hint"))
    listed = await _page(ann, "/providers")
    assert [link.attributes["href"] for link in listed.all("a", class_="name")] == [path]
    assert KEY not in bytes(ann.received).decode()


@pytest.mark.parametrize("private", [True, False])
async def test_another_organisations_endpoint_is_not_there(
    ann: Visitor, bob: Visitor, nobody: Visitor, private: bool
) -> None:
    path = await _registered(ann, private=private)
    form = path.replace("/endpoints/", "/new?follows=")
    for there in (path, form):
        status, html = await bob.get(there, headers=HTML)
        assert (status, "GPT" in html) == (404, False)
        status, unknown = await bob.get(there.replace(path.rpartition("/")[2], NOBODYS), headers=HTML)
        assert (status, unknown.replace(NOBODYS, "")) == (404, html.replace(path.rpartition("/")[2], ""))
        status, head = await nobody.head_of(there)
        assert (status, head["location"].startswith("/providers?next=")) == (303, True)
    for there in ("/providers", "/account", "/providers/new"):
        _, html = await bob.get(there, headers=HTML)
        assert "House" not in html


async def test_what_is_tested_in_private_is_in_no_public_page(ann: Visitor, nobody: Visitor) -> None:
    await _registered(ann, private=True)
    _, log = await nobody.get("/submissions", headers=HTML)
    assert "GPT" not in log
    row = Page(log).one("tbody")
    assert words(row) == "House 0 1"
    assert (await nobody.get("/contenders/gpt-4", headers=HTML))[0] == 404


async def test_the_public_log_and_card_name_what_was_brought(ann: Visitor, nobody: Visitor) -> None:
    card = {"organisation": "Alpaca", "links": ["https://example.org/card"], "kind": "chat", "open_weights": True}
    path = await _registered(ann, card=card)
    await ann.post(f"/api/v1{path.removeprefix('/providers')}/rename", {"name": "Dolly", "reason": "its makers' name"})
    log = await _page(nobody, "/submissions")
    link = log.all("a", class_="name")[0].attributes["href"]
    shown = words((await _page(nobody, link)).one("main"))
    for fact in ("Dolly", "made by Alpaca", "https://example.org/card", "Open", "“GPT 4” became “Dolly”"):
        assert fact in shown, fact


async def test_pages_of_those_signed_in_are_kept_by_nobody(ann: Visitor) -> None:
    path = await _registered(ann)
    for there in ("/providers", "/providers/new", f"{path}", "/account"):
        status, head = await ann.head_of(there)
        assert (status, head["cache-control"]) == (200, "no-store"), there
    _, home = await ann.get("/", headers=HTML)
    assert "/account" not in home


async def test_every_page_is_well_made_in_both_languages_and_has_its_scripts_sentences(ann: Visitor) -> None:
    path = await _registered(ann)
    await ann.post("/api/v1/keys", {"name": "GPT 4", "scopes": ["read"]})
    places = ("/providers", "/providers/new", f"/providers/new?follows={path.rpartition('/')[2]}", path, "/account")
    for there in (*places, "/submissions", "/contenders/gpt-4"):
        _, html = await ann.get(there, headers=HTML)
        assert_well_made(html)
        assert markup.unsaid(Page(html)) == set(), there
        _, html = await ann.get(there, headers=CHINESE_READER)
        assert_well_made(html, "zh")
        assert english_left(OTHERS.sub(" ", html)) == [], there


async def test_the_way_in_leads_back_and_nowhere_else(nobody: Visitor) -> None:
    for asked, led in (
        ("/account", "/account"),
        ("//evil.example", "/providers"),
        ("https://evil.example", "/providers"),
    ):
        page = await _page(nobody, f"/providers?next={asked}")
        assert page.one("main").attributes["data-next"] == led


async def test_an_identity_provider_is_named_where_there_is_one(open_arena: Open, nobody: Visitor) -> None:
    assert "elsewhere" not in (await nobody.get("/providers", headers=HTML))[1]
    address = await open_arena(oidc_issuer="https://id.example", oidc_client_id="x", oidc_name="House Login")
    async with Visitor(address) as visitor:
        page = await _page(visitor, "/providers")
    link = next(link for link in page.all("a") if "elsewhere" in link.attributes["href"])
    assert words(link) == "Sign in with House Login"
    assert link.attributes["href"] == "/api/v1/sessions/elsewhere?next=/providers"


async def test_a_refusal_names_its_field(ann: Visitor) -> None:
    for wrong, field in (
        ({"base_url": "http://10.0.0.1/v1"}, "base_url"),
        ({"key": "a b"}, "key"),
        ({"name": ""}, "name"),
        ({"headers": {"host": "x"}}, "headers"),
        ({"parameters": {"model": "x"}}, "parameters"),
        ({"daily_budget": 5}, "daily_budget"),
        ({"concurrency": 0}, "concurrency"),
        ({"card": {"links": ["x"]}}, "links"),
        ({"card": {"parameters_billions": -1}}, "card.parameters_billions"),
    ):
        _, body = await ann.post("/api/v1/endpoints", ENDPOINT | wrong)
        assert body["field"] == field, body


async def test_a_new_version_begins_with_what_is_known_but_the_secrets(ann: Visitor, db: Pool) -> None:
    path = await _registered(ann, card={"licence": "MIT"}, headers={"x-team": "red"}, parameters={"top_p": 1})
    page = await _page(ann, f"/providers/new?follows={path.rpartition('/')[2]}")
    assert page.one("input", name="base_url").attributes["value"] == ENDPOINT["base_url"]
    assert page.one("input", name="card.licence").attributes["value"] == "MIT"
    assert page.one("textarea", name="parameters").text == '{"top_p":1}'
    assert page.one("input", name="key").attributes["value"] == ""
    assert "red" not in page.one("textarea", name="headers").text
