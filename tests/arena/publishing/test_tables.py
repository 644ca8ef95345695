import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import releases, searches, tables
from arena.publishing.searches import SearchBroken
from arena.publishing.views import View
from rating import Outcome
from tests.arena.pages.standings import release, standing
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider

RELEASE = release(
    standing("GPT 4", organisation="OpenAI", party="first", answer_price=60.0, votes=1200),
    standing("LLaMA-2-Chat", organisation="Meta", licence="llama-2", open_weights=True, parameters_billions=70.0),
    standing(
        "Falcon", organisation="TII", licence="apache-2.0", open_weights=True, parameters_billions=7.0, rank_lower=3
    ),
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["GPT 4", "LLaMA-2-Chat", "Falcon"]),
        ("meta; tii", ["LLaMA-2-Chat", "Falcon"]),
        ("@open:yes; @size:<13", ["Falcon"]),
        ("@official:yes", ["GPT 4"]),
        ("@price:>10", ["GPT 4"]),
        ("@rank:<=2", ["GPT 4", "LLaMA-2-Chat"]),
        ("@org:^M", ["LLaMA-2-Chat"]),
        ("nobody", []),
    ],
)
def test_lines_are_found_by_what_a_table_shows(text: str, names: list[str]) -> None:
    found = tables.make(RELEASE, View(q=text))
    assert [line.standing.name for line in found.lines] == names
    assert found.found == len(names)


def test_every_field_can_be_searched() -> None:
    assert tables.TYPES.keys() == tables.FIELDS.keys()
    values = {str: "x", float: "1", bool: "yes"}
    for field, kind in tables.TYPES.items():
        tables.make(RELEASE, View(q=f"@{field}:{values[kind]}"))
    with pytest.raises(SearchBroken, match="The nearest is “licence”"):
        searches.read("@license:mit", tables.TYPES)


async def test_the_api_searches_as_the_page_does_and_keeps_what_the_card_said(
    visitor: Visitor, db: Pool, provider: Provider, settings: Settings
) -> None:
    entrants = [await contender(db, provider, "identity", slug=slug, name=slug.title()) for slug in ("anna", "berta")]
    await db.execute("UPDATE contenders SET licence = 'mit', open_weights = true WHERE slug = 'anna'")
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    await db.execute("UPDATE contenders SET licence = 'gone' WHERE slug = 'anna'")
    _, board = await visitor.get("/api/v1/boards/overall?q=%40licence:MIT;%20@open:yes")
    assert [line["contender"] for line in board["release"]["standings"]] == ["anna"]
    assert (board["lines"], board["release"]["standings"][0]["licence"]) == (2, "mit")
    status, problem = await visitor.get("/api/v1/boards/overall?q=(anna")
    assert (status, problem["detail"]) == (
        400,
        "The expression “(anna” opens a bracket at character 1 and does not close it.",
    )
