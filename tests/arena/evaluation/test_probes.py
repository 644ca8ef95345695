"""Probes: what they are made of, when they are held, and what votes on them say."""

import re
from collections import Counter
from random import Random
from uuid import UUID, uuid4

import pytest

from arena.db import Pool
from arena.evaluation import (
    battles,
    commitments,
    controls,
    exclusions,
    fingerprints,
    history,
    presets,
    probes,
    recitals,
    tone,
    votes,
)
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.kinds import Kind
from arena.evaluation.probes import Probe, Question
from arena.evaluation.recitals import Recital, Tempo, Tempos
from arena.integration import probed
from rating import Outcome
from tests.builders import ANSWERS

HAN = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize("question", probes.ALL, ids=lambda question: question.name)
def test_each_question_has_two_claims_in_two_tones_that_nothing_else_tells_apart(question: Question) -> None:
    texts = [getattr(claim, name) for claim in (question.right, question.wrong) for name in ("hedged", "assertive")]
    assert max(map(len, texts)) < 1.25 * min(map(len, texts))
    for claim in (question.right, question.wrong):
        hedged, sure = tone.of(claim.hedged), tone.of(claim.assertive)
        assert hedged.hedging >= 2 + hedged.certainty
        assert sure.certainty >= 2 + sure.hedging
    assert all(bool(HAN.search(text)) == (question.language == "zh") for text in (question.prompt, *texts))
    assert presets.holds(fingerprints.of(question.prompt).digest)


def test_a_probe_is_drawn_for_questions_of_ours_alone_in_all_four_forms_alike() -> None:
    chance, question = Random(1), probes.ALL[0]
    assert probes.drawn("What is a cat?", 1.0, chance=chance) is None
    assert probes.drawn(question.prompt, 0.0, chance=chance) is None
    drawn = [probes.drawn(question.prompt, 0.5, chance=chance) for _ in range(2000)]
    held = [one for one in drawn if one is not None]
    assert 900 < len(held) < 1100
    forms = Counter((one.assertive, one.position) for one in held)
    assert len(forms) == 4
    assert min(forms.values()) > 0.2 * len(held)
    for one in held:
        right, wrong = one.texts[::-1] if one.position == 0 else one.texts
        assert {"right": question.right.assertive, "wrong": question.right.hedged}[one.assertive] == right
        assert {"right": question.wrong.hedged, "wrong": question.wrong.assertive}[one.assertive] == wrong


def test_a_text_is_told_at_the_tempo_of_an_answer_that_was_heard() -> None:
    tempos = Tempos()
    tempos.hear([(0, 0.1, 2.0), (5, None, 2.0), (5, 0.1, None)])  # None of these says how fast it was.
    tempos.hear([(100, 0.5, 2.5)] * (recitals.ENOUGH - 1))
    assert not tempos.enough
    tempos.hear([(100, 0.5, 2.5)])
    assert tempos.enough
    assert tempos.draw(Random(1)) == Tempo(0.5, 50.0)
    recital = Recital("0123456789" * 20, Tempo(0.5, 50.0))
    assert [len(recital.by(seconds)) for seconds in (0.5, 1.5, 2.5, 60.0)] == [1, 50, 100, 200]


async def _voted(db: Pool, probe: Probe, outcome: Outcome, voter: UUID) -> UUID:
    battle = await battles.open(db, voter, probes.ALL[0].prompt, probe, kind=Kind.CONTROL)
    await battles.finish(db, battle.id, 1, ANSWERS, shown=[], void=None)
    await votes.cast(db, battle.id, voter, outcome)
    return battle.id


def _drawn(assertive: str) -> Probe:
    chance = Random(2)
    while True:
        probe = probes.drawn(probes.ALL[0].prompt, 1.0, chance=chance)
        assert probe is not None
        if probe.assertive == assertive:
            return probe


async def test_votes_on_probes_are_told_and_count_for_nothing_else(db: Pool) -> None:
    fooling, other, voter = _drawn("wrong"), _drawn("right"), uuid4()
    worse, better = (Outcome.A, Outcome.B) if fooling.position == 0 else (Outcome.B, Outcome.A)
    assert not await probes.met(db, voter, fooling)
    battle_id = await _voted(db, fooling, worse, voter)
    assert await probes.met(db, voter, fooling)
    for probe, outcome in ((fooling, better), (fooling, Outcome.TIE), (other, Outcome.BOTH_BAD)):
        await _voted(db, probe, outcome, uuid4())
    excluded = await _voted(db, fooling, worse, uuid4())
    async with db.acquire() as connection:
        await exclusions.keep(connection, excluded, [Remark(reason=Reason.HASTY)])
    found = await probes.votes(db)
    assert Counter((one.assertive, one.right) for one in found) == Counter(
        [("wrong", 0.0), ("wrong", 1.0), ("wrong", 0.5), ("right", 0.5)]
    )
    measured = await controls.measured(db)
    assert (measured.fooled.hits, measured.fooled.trials) == (1, 3)
    assert (measured.noise.trials, measured.misled.trials, await votes.count(db)) == (0, 0, 0)
    # Nobody was asked, and that is what was promised.
    assert await db.fetchval("SELECT count(*) FROM sides") == 0
    disclosed = await commitments.disclose(db, battle_id)
    promised = await db.fetchval("SELECT commitment FROM battles WHERE id = $1", battle_id)
    assert disclosed is not None
    assert (disclosed.contenders, commitments.of(disclosed, bytes.fromhex(disclosed.nonce))) == ([], promised)
    [past] = await history.of(db, voter, most=5)
    assert (past.kind, past.contenders, past.counted, past.reason) == ("control", None, False, "control")
    assert probed.effects(found) == []
