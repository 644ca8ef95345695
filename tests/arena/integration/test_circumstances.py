"""What is known of the votes that a snapshot counted, vote by vote."""

from dataclasses import replace

import numpy as np

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import prompt_sets, tags, votes
from arena.evaluation.prompt_sets import Notes
from arena.evaluation.set_files import Prompt
from arena.integration import boards, circumstances
from arena.integration.circumstances import Circumstances
from rating import Outcome
from tests import builders, planted
from tests.builders import contender, ready_battle
from tests.planted import Votes
from tests.upstream import Provider

NOTES = Notes(slug="riddles", name="Riddles", licence="CC0-1.0")


async def _seen(db: Pool, settings: Settings) -> Circumstances:
    board = await boards.require(db, "overall")
    snapshot = await builders.snapshot(db, board, settings)
    return await circumstances.of(db, snapshot.id, board.id, snapshot.number, imported=False)


async def _four(db: Pool, provider: Provider, **known: object) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    first = np.array([0, 1, 0, 1])
    four = Votes(first=first, second=1 - first, outcome=np.array([0, 1, 2, 3]), voter=np.arange(4))
    await planted.plant(db, entrants, replace(four, **known))  # type: ignore[arg-type]


async def test_each_vote_has_what_is_known_of_it_in_the_rows_order(
    db: Pool, provider: Provider, settings: Settings
) -> None:
    features = np.arange(96).reshape(4, 2, 12)
    dwell, hour = np.array([5.0, 6, 7, 8]), np.array([0, 7, 13, 23])
    said = ["en", "zh", "zh", "other"]
    await _four(db, provider, features=features, dwell=dwell, hour=hour, language=said, prompt=np.array([0, 1, 0, 2]))
    seen = await _seen(db, settings)
    known = seen.known
    # The outcome tells which vote is which.
    order = [["model_a", "model_b", "tie", "tie (bothbad)"].index(row.winner) for row in seen.rows]
    assert known.hour is not None
    assert known.dwell is not None
    assert known.language is not None
    assert known.length is not None
    assert known.cluster is not None
    assert known.hour.tolist() == hour[order].tolist()
    assert known.dwell.tolist() == dwell[order].tolist()
    assert [sorted(set(said))[code] for code in known.language] == [said[place] for place in order]
    assert known.length.tolist() == features[order, :, 0].sum(axis=1).tolist()
    same = known.cluster[order.index(0)] == known.cluster[order.index(2)]
    assert (same, len(set(known.cluster.tolist()))) == (True, 3)
    assert known.covariates is not None
    assert known.covariates.names == circumstances.FEATURES


async def test_what_nobody_looked_at_is_not_known(db: Pool, provider: Provider, settings: Settings) -> None:
    await _four(db, provider)
    known = (await _seen(db, settings)).known
    assert (known.covariates, known.length, known.dwell, known.contaminated) == (None, None, None, None)


async def test_a_feature_in_which_no_answers_differ_is_silent(db: Pool, provider: Provider, settings: Settings) -> None:
    features = np.ones((4, 2, 6), dtype=int)
    features[:, 0, 0] = 9
    await _four(db, provider, features=features)
    seen = await _seen(db, settings)
    assert seen.known.covariates is not None
    assert (seen.known.covariates.names, seen.silent) == (("length",), ["headings", "lists", "bold", "emoji", "code"])


def test_a_prompt_of_several_categories_counts_under_the_rarest() -> None:
    names, codes = circumstances._categories([["code", "maths"], ["code"], None, []])
    assert codes is not None
    assert (names, codes.tolist()) == (["code", "maths", "none"], [1, 0, -1, 2])


async def test_prompts_of_public_sets_could_be_read_before(db: Pool, provider: Provider, settings: Settings) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, voter = await ready_battle(db, entrants)
    async with db.acquire() as connection:
        await tags.keep(connection, battle.id, tags.of("Which is it?"))
    await votes.cast(db, battle.id, voter, Outcome.A)
    assert (await _seen(db, settings)).known.contaminated is None
    async with db.acquire() as connection:
        asked = [Prompt(id="1", prompt="which is it")]
        hidden = await prompt_sets.propose(
            connection, Notes(slug="hidden", name="Hidden", licence="CC0-1.0", hidden=True), asked, account_id=None
        )
        await prompt_sets.freeze(connection, hidden.id, account_id=None)
        assert (await _seen(db, settings)).known.contaminated is None
        shown = await prompt_sets.propose(connection, NOTES, asked, account_id=None)
        await prompt_sets.freeze(connection, shown.id, account_id=None)
    known = (await _seen(db, settings)).known
    assert known.contaminated is not None
    assert known.contaminated.tolist() == [True]
