"""What is kept of a prompt: its categories, whether it was asked before, and nothing once it is deleted."""

from uuid import UUID, uuid4

import pytest
from msgspec import structs

from arena.config import Action, Settings
from arena.db import Pool
from arena.evaluation import battles, exclusions, findings, fingerprints, pairing, presets, screening, tags, votes
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.identities import Names
from arena.evaluation.turns import Answer
from arena.submission.endpoints import Entrant
from arena.workers import sweep
from rating import Outcome
from tests.builders import ANSWERS, contender
from tests.upstream import Provider

PROMPT = "Write a Python function that returns the third largest number of a list"


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, model) for model in ("anna", "berta")]


async def asked(
    db: Pool,
    entrants: list[Entrant],
    settings: Settings,
    prompt: str = PROMPT,
    *,
    voter: UUID | None = None,
    answers: tuple[Answer, Answer] = ANSWERS,
) -> tuple[UUID, list[Remark]]:
    """A battle that went the way of generation: screened, then finished."""
    battle = await battles.open(db, voter or uuid4(), prompt, pairing.draw(entrants))
    screened = await screening.screen(db, battle.id, 1, answers, Names(db), settings)
    remarks = await screening.remarks(db, battle.id, screened, settings)
    for _ in range(2):  # Told again, it changes nothing.
        await battles.finish(
            db,
            battle.id,
            1,
            answers,
            shown=[4, 4],
            void=None,
            remarks=remarks,
            tag=screened.tag,
            found=screened.findings,
        )
    return battle.id, remarks


async def resembles(db: Pool, battle_id: UUID) -> str | None:
    kept: str | None = await db.fetchval("SELECT resembles FROM tags WHERE battle_id = $1", battle_id)
    return kept


async def test_a_prompt_is_sorted_when_its_battle_is_ready(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    battle_id, _ = await asked(db, entrants, settings)
    tagged = await tags.tagged(db, battle_id)
    assert tagged is not None
    assert (tagged.categories, tagged.language, tagged.classifier) == (["code"], "en", "rules-1")
    assert not tagged.preset


async def test_a_prompt_that_was_asked_before_is_known(db: Pool, entrants: list[Entrant], settings: Settings) -> None:
    prompts = [PROMPT, f"  {PROMPT.upper()}! ", f"Please {PROMPT[0].lower()}{PROMPT[1:]}", "Why is the sky blue?"]
    kept = [await resembles(db, (await asked(db, entrants, settings, prompt))[0]) for prompt in prompts]
    assert kept == [None, "same", "alike", None]
    assert await tags.shares(db) == tags.Shares(battles=4, presets=0, same=1, alike=1)


async def test_an_offered_prompt_is_a_preset_as_long_as_nobody_changes_it(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    for preset in (presets.ALL[0], presets.ALL[-1]):
        battle_id, _ = await asked(db, entrants, settings, preset.text)
        tagged = await tags.tagged(db, battle_id)
        assert tagged is not None
        assert tagged.preset
    battle_id, _ = await asked(db, entrants, settings, presets.ALL[0].text + " In rhymes.")
    tagged = await tags.tagged(db, battle_id)
    assert tagged is not None
    assert not tagged.preset


async def test_more_votes_of_a_voter_on_one_prompt_than_are_allowed_do_not_count(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    settings, voter = structs.replace(settings, same_prompt_votes=2), uuid4()
    said = []
    for number in range(4):
        battle_id, remarks = await asked(db, entrants, settings, f"{PROMPT} {number}", voter=voter)
        await votes.cast(db, battle_id, voter, Outcome.A)
        said.append([remark.reason for remark in remarks])
    assert said == [[], [], [Reason.DUPLICATE], [Reason.DUPLICATE]]
    assert await votes.count(db) == 2
    (standing,) = await exclusions.standing(db, battle_id)
    assert (standing.reason, standing.position, standing.evidence) == (Reason.DUPLICATE, None, {"earlier": 3})


async def test_what_others_asked_what_was_left_and_what_was_asked_yesterday_are_not_counted(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    settings, voter = structs.replace(settings, same_prompt_votes=1), uuid4()
    await asked(db, entrants, settings)
    skipped, _ = await asked(db, entrants, settings, voter=voter)
    await battles.skip(db, skipped, voter, None)
    yesterday, _ = await asked(db, entrants, settings, voter=voter)
    await db.execute("UPDATE battles SET opened_at = now() - interval '25 hours' WHERE id = $1", yesterday)
    await asked(db, entrants, settings, "Why is the sky blue?", voter=voter)
    assert (await asked(db, entrants, settings, voter=voter))[1] == []
    assert len((await asked(db, entrants, settings, voter=voter))[1]) == 1


async def test_presets_may_be_asked_at_will_and_so_may_anything_without_a_limit(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    voter = uuid4()
    for most, prompt in ((1, presets.ALL[0].text), (0, PROMPT)):
        chosen = structs.replace(settings, same_prompt_votes=most)
        assert [(await asked(db, entrants, chosen, prompt, voter=voter))[1] for _ in range(3)] == [[], [], []]


async def test_what_a_gate_finds_is_kept_without_its_text(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    settings = structs.replace(settings, toxic_answers=Action.UNRATED)
    answers = (ANSWERS[0], structs.replace(ANSWERS[1], text="You deserve to die."))
    battle_id, remarks = await asked(db, entrants, settings, "Mail maria.keller82@posteo.de for me", answers=answers)
    assert [(remark.reason, remark.position) for remark in remarks] == [(Reason.TOXIC, 1)]
    found = await findings.of(db, battle_id)
    assert [(one.position, one.rule, one.spans) for one in found] == [
        (None, "e-mail", [(5, 29)]),
        (1, "threat", [(0, 18)]),
    ]
    kept = await db.fetchval("SELECT string_agg(gate_findings::text, ' ') FROM gate_findings")
    assert "maria" not in kept


async def test_the_sweep_sorts_what_another_classifier_has_sorted(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    ids = [(await asked(db, entrants, settings))[0] for _ in range(3)]
    await db.execute("UPDATE tags SET categories = '{}', classifier = '', digest = '', sketch = '{}', bands = '{}'")
    assert await tags.retag(db, most=2) == 2
    await sweep.clear(db, settings)
    assert await tags.retag(db) == 0
    for battle_id in ids:
        tagged = await tags.tagged(db, battle_id)
        assert tagged is not None
        assert tagged.categories == ["code"]
    assert await db.fetchval("SELECT count(DISTINCT digest) FROM tags WHERE length(digest) = 32") == 1


async def test_nothing_of_a_forgotten_voters_text_is_left_and_its_battles_stay_sorted(
    db: Pool, entrants: list[Entrant], settings: Settings
) -> None:
    voter, text = uuid4(), f"{PROMPT}, and mail it to maria.keller82@posteo.de"
    mine, _ = await asked(db, entrants, settings, text, voter=voter)
    other, _ = await asked(db, entrants, settings, text)
    async with db.acquire() as connection, connection.transaction():
        await tags.forget(connection, voter)
        await findings.forget(connection, voter)
    row = await db.fetchrow("SELECT categories, digest, sketch, bands FROM tags WHERE battle_id = $1", mine)
    assert row is not None
    assert tuple(row) == (["code"], None, None, None)
    assert (await findings.of(db, mine), len(await findings.of(db, other))) == ([], 1)
    await db.execute("UPDATE tags SET classifier = ''")
    assert await tags.retag(db) == 1
    assert await resembles(db, (await asked(db, entrants, settings, text))[0]) == "same"


async def test_the_database_and_the_program_agree_on_what_is_alike(db: Pool) -> None:
    one, other = (tags.of(text).fingerprint.sketch for text in (PROMPT, f"{PROMPT}, please, at once, with tests"))
    assert await db.fetchval("SELECT alike($1, $2)", one, other) == fingerprints.alike(one, other) < 1
    assert await db.fetchval("SELECT alike($1, $1)", one) == 1


def test_a_later_turn_is_looked_through_and_not_sorted(settings: Settings) -> None:
    screened = screening.look(2, ["Who?", "Mail maria.keller82@posteo.de"], ANSWERS, (), settings)
    assert screened.tag is None
    assert [(found.turn, found.rule) for found in screened.findings] == [(2, "e-mail")]
