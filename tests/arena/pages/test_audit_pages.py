"""The audit's pages: findings are drawn, operators find how to decide, and the table says where every vote stands."""

import re
from uuid import UUID, uuid4

import pytest

from arena.db import Pool
from arena.evaluation import mass_acts, votes
from arena.evaluation.exclusions import Reason
from arena.integration import boards, findings
from arena.integration.references import Found
from arena.people import accounts
from arena.people.accounts import Role
from rating import Outcome
from tests.arena.pages.markup import assert_well_made
from tests.arena.pages.test_languages import english_left
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider

EVIDENCE = {
    "p": 0.00001,
    "level": 0.002,
    "looked_at": 20,
    "detector": "ratio",
    "parts": {"ratio": 0.00001, "position": 0.4, "skips": 0.03},
    "votes": 4,
    "a": 2,
    "b": 1,
    "tie": 1,
    "first_day": "2026-11-20",
    "last_day": "2026-11-22",
}
CHINESE = {"accept": "text/html", "accept-language": "zh"}


@pytest.fixture
async def cast(db: Pool, provider: Provider) -> list[UUID]:
    entrants = [await contender(db, provider, "identity", slug=slug, name=slug.title()) for slug in ("anna", "berta")]
    made = []
    for _ in range(4):
        battle, voter = await ready_battle(db, entrants)
        made.append((await votes.cast(db, battle.id, voter, Outcome.A)).id)
    board = await boards.require(db, "overall")
    subject = uuid4().hex
    await findings.keep(
        db, board.id, Found(kind="voter", subject=subject, contender="anna", evidence=EVIDENCE, votes=made)
    )
    return made


async def test_a_finding_is_drawn_in_both_languages(cast: list[UUID], visitor: Visitor) -> None:
    for headers, tag in (({"accept": "text/html"}, "en"), (CHINESE, "zh")):
        for path in ("/audit", "/audit/1", "/audit/votes"):
            status, html = await visitor.get(path, headers=headers)
            assert status == 200, html
            assert_well_made(html, tag)
            assert tag == "en" or english_left(re.sub("(?i)anna|berta", "", html)) == []
    _, html = await visitor.get("/audit/1", headers={"accept": "text/html"})
    assert 'aria-label="A 2, tie 1, B 1"' in html
    assert html.index("two log-odds") < html.index("Leaves battles") < html.index("Prefers one side")
    assert "data-call" not in html


async def test_the_table_says_why_a_vote_is_excluded(cast: list[UUID], visitor: Visitor, db: Pool) -> None:
    account = await accounts.open(db, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,))
    async with db.acquire() as connection:
        await mass_acts.exclude(connection, cast[:1], Reason.CARELESS, evidence={}, account_id=account.id)
    _, html = await visitor.get("/audit/votes?status=excluded", headers={"accept": "text/html"})
    assert (html.count("Cast without looking"), html.count('scope="row"')) == (1, 1)
    _, html = await visitor.get("/audit/votes?status=counted&contender=anna&voter=&finding=1", headers=CHINESE)
    assert html.count('scope="row"') == 3
    _, html = await visitor.get(f"/votes/{cast[0]}", headers={"accept": "text/html"})
    assert "did not look at the answers" in html


async def test_an_operator_finds_how_to_decide(cast: list[UUID], visitor: Visitor, db: Pool) -> None:
    account = {"email": "op@example.org", "name": "Op", "password": "correct horse battery"}
    assert (await visitor.post("/api/v1/accounts", account))[0] == 201
    await db.execute("UPDATE accounts SET roles = array_append(roles, 'operator') WHERE email = 'op@example.org'")
    _, html = await visitor.get("/audit/1", headers={"accept": "text/html"})
    for act in ("acknowledge", "exclude", "dismiss"):
        assert f'data-call="/audit/findings/1/{act}"' in html
    assert "/restore" not in html
