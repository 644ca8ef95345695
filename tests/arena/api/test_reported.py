"""Self-reported figures over HTTP: as the contender's provider, as a stranger, as nobody."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import arena as house
from arena.db import Pool
from tests.builders import Visitor

ENDPOINT = {"base_url": "https://inference.northgate.example/v1", "model": "qwen", "name": "Qwen Chat"}
FIGURE = {
    "benchmark": "MMLU, 5 shots",
    "value": 71.3,
    "unit": "%",
    "source": "https://example.org/report",
    "measured_on": "2026-05-04",
}


async def _path(visitor: Visitor, **changes: Any) -> str:
    """Where the figures of a contender are that this visitor brings."""
    status, body = await visitor.post("/api/v1/endpoints", ENDPOINT | changes)
    assert status == 201, body
    return f"/api/v1/contenders/{body['contender']['slug']}/reported"


async def test_a_figure_is_shown_as_self_reported_with_its_source(ann: Visitor, arena: str) -> None:
    path = await _path(ann)
    status, figure = await ann.post(path, FIGURE)
    assert status == 201, figure
    assert {name: figure[name] for name in FIGURE} == FIGURE
    assert (figure["self_reported"], figure["reported_by"], figure["ended"]) == (True, "ann-s-lab", None)
    async with Visitor(arena) as nobody:
        status, reported = await nobody.get(path)
    assert (status, reported) == (200, {"items": [figure], "next": None, "history": []})
    assert b"@example.org" not in ann.received.partition(b"MMLU")[2]


async def test_another_figure_takes_the_place_of_the_first_which_stays_in_the_history(ann: Visitor, db: Pool) -> None:
    path = await _path(ann)
    _, first = await ann.post(path, FIGURE)
    _, second = await ann.post(path, FIGURE | {"benchmark": "mmlu 5-Shots", "value": 72.0})
    _, reported = await ann.get(path)
    assert reported["items"] == [second]
    (former,) = reported["history"]
    assert former["ended_at"] == second["reported_at"]
    assert former | {"ended": None, "ended_at": None} == first
    assert former["ended"] == "replaced"
    rows = await db.fetch("SELECT account_id = (SELECT id FROM accounts) AS hers FROM reported_figures")
    assert [row["hers"] for row in rows] == [True, True]


async def test_the_same_figure_again_is_the_same_figure(ann: Visitor) -> None:
    path = await _path(ann)
    _, first = await ann.post(path, FIGURE)
    assert await ann.post(path, FIGURE | {"unit": " % "}) == (201, first)
    assert (await ann.get(path))[1]["history"] == []


async def test_figures_reported_at_once_leave_one_that_stands(ann: Visitor) -> None:
    path = await _path(ann)
    answers = await asyncio.gather(*(ann.post(path, FIGURE | {"value": value}) for value in range(8)))
    assert {status for status, _ in answers} == {201}
    _, reported = await ann.get(path)
    assert len(reported["items"]) == 1
    assert sorted(one["value"] for one in reported["items"] + reported["history"]) == list(range(8))


async def test_a_withdrawn_figure_stays_in_the_history_and_who_withdrew_it_is_kept(
    ann: Visitor, bob: Visitor, db: Pool
) -> None:
    path = await _path(ann)
    _, figure = await ann.post(path, FIGURE)
    await ann.post("/api/v1/organisations/ann-s-lab/members", {"email": "bob@example.org"})
    status, withdrawn = await bob.delete(f"{path}/{figure['id']}")
    assert (status, withdrawn["ended"]) == (200, "withdrawn")
    _, reported = await ann.get(path)
    assert (reported["items"], reported["history"]) == ([], [withdrawn])
    row = await db.fetchrow(
        """
        SELECT reporter.name AS reported, ender.name AS ended FROM reported_figures
        JOIN accounts AS reporter ON reporter.id = account_id JOIN accounts AS ender ON ender.id = ended_by
        """
    )
    assert row is not None
    assert (row["reported"], row["ended"]) == ("ann", "bob")
    assert (await ann.delete(f"{path}/{figure['id']}"))[0] == 404
    assert (await ann.post(path, FIGURE))[1]["ended"] is None


async def test_strangers_report_and_withdraw_nothing_and_learn_nothing(ann: Visitor, bob: Visitor, arena: str) -> None:
    path = await _path(ann)
    private = await _path(ann, model="other", name="Other", private=True)
    unknown = "/api/v1/contenders/nobody/reported"
    _, figure = await ann.post(path, FIGURE)
    own = await _path(bob, model="bobs", name="Bob's")
    answers = [await bob.post(where, FIGURE) for where in (path, private, unknown)]
    assert [status for status, _ in answers] == [404, 404, 404]
    assert len({problem["detail"] for _, problem in answers}) == 1
    for where in (path, own):
        assert (await bob.delete(f"{where}/{figure['id']}"))[0] == 404
    async with Visitor(arena) as nobody:
        for where in (path, private, unknown):
            assert (await nobody.post(where, FIGURE))[0] == 401
            assert (await nobody.delete(f"{where}/{figure['id']}"))[0] == 401
    assert (await ann.get(path))[1]["items"] == [figure]


async def test_a_key_must_have_the_scope_and_be_good(ann: Visitor, arena: str) -> None:
    path = await _path(ann)
    made = {
        scope: (await ann.post("/api/v1/keys", {"name": scope, "scopes": [scope]}))[1] for scope in ("read", "submit")
    }
    json = {"content-type": "application/json"}
    async with Visitor(arena) as program:
        headers = {scope: json | {"authorization": f"Bearer {key['secret']}"} for scope, key in made.items()}
        assert (await program.post(path, FIGURE, headers=headers["read"]))[0] == 403
        assert (await program.post(path, FIGURE, headers=headers["submit"]))[0] == 201
        await ann.delete(f"/api/v1/keys/{made['submit']['key']['id']}")
        assert (await program.post(path, FIGURE | {"value": 1}, headers=headers["submit"]))[0] == 401


async def test_what_is_tested_privately_has_no_figures_yet(ann: Visitor) -> None:
    path = await _path(ann, private=True)
    status, problem = await ann.post(path, FIGURE)
    assert (status, problem["detail"]) == (
        409,
        "This contender is tested privately. Report its figures once the public knows of it.",
    )
    assert (await ann.get(path))[0] == 404


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"benchmark": ""}, "“benchmark” has 1 to 100"),
        ({"benchmark": "—"}, "“benchmark” names nothing"),
        ({"benchmark": "a\x00"}, "“benchmark” has"),
        ({"unit": ""}, "“unit” has 1 to 40"),
        ({"unit": "x" * 41}, "“unit” has 1 to 40"),
        ({"value": 1e13}, "(in “value”)"),
        ({"value": "much"}, "(in “value”)"),
        ({"source": "javascript:alert(1)"}, "is not a link"),
        ({"source": "http://example.org"}, "is not a link"),
        ({"measured_on": "2026-02-30"}, "(in “measured_on”)"),
        ({"measured_on": str(datetime.now(UTC).date() + timedelta(days=3))}, "a day to come"),
        ({"rating": 1200}, "“rating”"),
    ],
)
async def test_a_figure_that_cant_be_shown_is_refused(
    ann: Visitor, db: Pool, wrong: dict[str, Any], sentence: str
) -> None:
    status, problem = await ann.post(await _path(ann), FIGURE | wrong)
    assert (status, sentence in problem["detail"]) == (400, True), problem
    assert await db.fetchval("SELECT count(*) FROM reported_figures") == 0


async def test_a_history_does_not_grow_without_end(ann: Visitor, db: Pool) -> None:
    path = await _path(ann)
    await ann.post(path, FIGURE)
    await db.execute(
        """
        INSERT INTO reported_figures (contender_id, benchmark, identity, value, unit, source, measured_on, account_id)
        SELECT contender_id, n, n, 1, unit, source, measured_on, account_id
        FROM reported_figures, (SELECT generate_series(1, 499)::text AS n) AS numbers
        """
    )
    status, problem = await ann.post(path, FIGURE | {"value": 1})
    assert (status, problem["detail"]) == (400, "A contender has at most 500 figures, former ones included.")
    assert FIGURE["value"] in [one["value"] for one in (await ann.get(path))[1]["items"]]


def test_nothing_that_rates_knows_of_stars_wishes_or_reported_figures() -> None:
    folder = Path(house.__file__).parent
    rooms = [path for floor in ("evaluation", "integration", "publishing") for path in (folder / floor).rglob("*.py")]
    rooms += list((folder.parent / "rating").glob("*.py"))
    assert len(rooms) > 30
    # A contender's portrait shows what was reported beside the ratings, a check follows its links, and neither rates.
    rooms.remove(folder / "publishing" / "portraits.py")
    rooms.remove(folder / "publishing" / "checks" / "links.py")
    for path in rooms:
        text = path.read_text()
        for word in ("reported_figures", "stars", "wishes", "submission.reported", "import reported"):
            assert word not in text, path
