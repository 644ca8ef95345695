from typing import Any

import aiohttp
import pytest

from arena.pages import reference
from tests.arena.pages.markup import Page
from tests.builders import Visitor


async def test_every_operation_is_on_the_page_with_what_it_takes_and_gives(visitor: Visitor) -> None:
    _, described = await visitor.get("/schema")
    _, page = await visitor.get("/api")
    for path, methods in described["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in page
    for shape in described["components"]["schemas"]:
        assert f'<h3 id="{shape}">' in page


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_no_link_of_it_leads_nowhere_and_nothing_comes_from_elsewhere(arena: str, language: str) -> None:
    async with aiohttp.request("GET", f"{arena}/api", headers={"accept-language": language}) as answer:
        page = Page(await answer.text())
        known = {"accept-language": language, "if-none-match": answer.headers["etag"]}
    async with aiohttp.request("GET", f"{arena}/api", headers=known) as answer:
        assert answer.status == 304
    assert page.all("html")[0].attributes["lang"] == language
    places = {element.attributes["id"] for element in page.elements if "id" in element.attributes}
    links = [element.attributes["href"] for element in page.all("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= places
    loaded = [element.attributes.get("src", "/") for element in page.all("script")]
    assert all(address.startswith(("/", "#")) for address in [*links, *loaded])


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/components/schemas/Vote"}, "Vote"),
        ({"enum": ["a", "b"]}, "a | b"),
        ({"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}, "uuid | null"),
        ({"type": "array", "items": {"type": "integer"}}, "[integer, …]"),
        ({"type": "array", "prefixItems": [{"type": "string"}] * 2, "items": False}, "[string, string]"),
        ({"const": 1}, "1"),
        ({}, "…"),
    ],
)
def test_what_a_value_may_be_is_said_in_a_few_words(schema: dict[str, Any], words: str) -> None:
    assert reference.kind(schema) == words
