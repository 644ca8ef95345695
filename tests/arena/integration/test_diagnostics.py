"""What is planted in the votes of a database is found there, and what nobody knows is said to be unknown."""

from dataclasses import replace
from itertools import combinations
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation.languages import Language
from arena.integration import archives, boards, circumstances, diagnostics, remarks
from arena.integration.boards import Board, New
from arena.integration.diagnoses import Diagnosis, Finding
from arena.integration.questions import Anchor, Question
from arena.local import demo
from arena.submission.endpoints import Entrant
from rating.arrays import Codes, Vector, expit
from rating.effects import Verdict
from tests import builders, planted
from tests.builders import contender
from tests.planted import Votes
from tests.rating import biased
from tests.upstream import Provider

LANGUAGES: tuple[Language, ...] = ("en", "zh")
SURE = (Verdict.PRESENT, Verdict.SLIGHT)


async def _entrants(db: Pool, provider: Provider, count: int, **card: str) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=f"model-{place}", **card) for place in range(count)]


async def _diagnosed(db: Pool, settings: Settings, board: Board) -> Diagnosis:
    snapshot = await builders.snapshot(db, board, settings)
    return await diagnostics.make(db, board, snapshot.id)


def _named(found: Diagnosis, name: str) -> Finding:
    return next(finding for finding in found.findings if finding.name == name)


def _holds(finding: Finding, true: float) -> bool:
    assert finding.lower is not None
    assert finding.upper is not None
    return finding.lower <= true <= finding.upper


def _forms(rng: np.random.Generator, votes: int) -> tuple[Any, Vector]:
    """All features of both answers, and how much longer the first is, for a usual difference."""
    size = (votes, 2, len(circumstances.FEATURES))
    features = rng.poisson(3, size) * (rng.random(size) < 0.5)
    features[:, :, 0] = np.rint(rng.lognormal(5.5, 0.7, (votes, 2)))
    return features, _more(features, "length")


def _more(features: Any, name: str) -> Vector:
    first, second = features[:, :, circumstances.FEATURES.index(name)].astype(float).T
    more = (first - second) / (first + second + 1)
    return np.asarray(more / np.sqrt((more**2).mean()))


async def test_planted_position_length_and_hedging_are_found_and_nothing_else_is(
    db: Pool, provider: Provider, settings: Settings
) -> None:
    rng = np.random.default_rng(5)
    entrants = await _entrants(db, provider, 4)
    features, longer = _forms(rng, 3000)
    drawn = planted.drawn(
        rng, np.array([0.6, 0.2, -0.2, -0.6]), 3000, 600, extra=0.3 + 0.4 * longer - 0.4 * _more(features, "hedging")
    )
    dwell, hour = rng.lognormal(3, 1, 3000), rng.integers(24, size=3000)
    await planted.plant(db, entrants, replace(drawn, features=features, dwell=dwell, hour=hour))
    found = await _diagnosed(db, settings, await boards.require(db, "overall"))
    assert _holds(_named(found, "position"), 0.3)
    assert _holds(_named(found, "length"), 0.4)
    assert _holds(_named(found, "hedging"), -0.4)
    sure = {finding.name for finding in found.findings if finding.verdict in SURE}
    assert {"position", "length", "hedging"} <= sure
    # What length adds makes contenders look closer than they are, so that equal style moves them.
    parts = {name for name in remarks.SENTENCES if name.startswith("position,")}
    assert sure <= {"position", "length", "hedging", "style", *parts}
    assert {*circumstances.FEATURES, "style", "time of day", "attention"} <= {
        finding.name for finding in found.findings
    }
    assert found.voters is not None
    assert found.voters.voters == len(np.unique(drawn.voter))


def _by_quota(share: float, votes: int) -> Votes:
    """Votes by exactly the chances of `biased.mixed`, the first category having this share."""
    truth = np.linspace(-0.9, 0.9, 10)[[5, 0, 1, 2, 3, 4, 6, 7, 8, 9]]
    rows: list[tuple[int, int, int, str]] = []
    for (one, other), (category, part, own) in [
        (pair, kind)
        for pair in combinations(range(10), 2)
        for kind in (("code", share, biased.VERSATILE), ("maths", 1 - share, -biased.VERSATILE))
    ]:
        games = round(votes * part / 45)
        chance = float(expit(np.array(truth[one] - truth[other] + own * (one == 0))))
        won = round(games * chance)
        rows += [(one, other, 0, category)] * won + [(one, other, 1, category)] * (games - won)
    # Every second one the other way round, so that nobody is always first.
    turned = [
        (other, one, 1 - said, kind) if place % 2 else (one, other, said, kind)
        for place, (one, other, said, kind) in enumerate(rows)
    ]
    first, second, outcome, categories = zip(*turned, strict=True)
    codes: list[Codes] = [np.array(column, dtype=np.int64) for column in (first, second, outcome)]
    voter = np.arange(len(rows)) % 400
    return Votes(first=codes[0], second=codes[1], outcome=codes[2], voter=voter, category=categories)


async def test_a_mix_that_turned_round_moves_a_contender_and_post_stratified_it_does_not(
    db: Pool, provider: Provider, settings: Settings
) -> None:
    entrants, ratings, brought = await _entrants(db, provider, 10), [], []
    for share, language in zip(biased.MIX, LANGUAGES, strict=True):
        votes = _by_quota(share, 3000)
        await planted.plant(db, entrants, replace(votes, language=[language] * len(votes)))
        asked = Question(language=language)
        new = New(slug=f"in-{language}", name=language, description="", cron="0 * * * *", question=asked)
        board = await boards.make(db, new, reason="To compare.", account_id=None)
        found = _named(await _diagnosed(db, settings, board), "category")
        assert found.who is not None
        assert (found.who.contender, found.verdict) == ("model-0", Verdict.PRESENT)
        assert found.value is not None
        ratings.append(await _rating(db, board, "model-0"))
        brought.append(ratings[-1] + found.value)
    # statistics: a share that moves from 70 % to 30 % moves the contender by -64.5 points with no change in it.
    assert ratings[1] - ratings[0] == pytest.approx(-64.5, abs=3)
    assert brought[1] - brought[0] == pytest.approx(0, abs=3)


async def _rating(db: Pool, board: Board, slug: str) -> float:
    rating: float = await db.fetchval(
        """
        SELECT rating FROM standings JOIN snapshots ON snapshots.id = snapshot_id
        JOIN contenders ON contenders.id = contender_id WHERE board_id = $1 AND slug = $2
        """,
        *(board.id, slug),
    )
    return rating


async def test_a_judge_that_prefers_its_own_family_and_longer_answers_is_found_out(
    db: Pool, provider: Provider, settings: Settings
) -> None:
    rng = np.random.default_rng(8)
    entrants = [
        await contender(db, provider, "identity", slug=f"model-{place}", organisation=maker)
        for place, maker in enumerate(("Bench Works", "Bench Works", "House", "House"))
    ]
    truth = np.array([0.3, -0.3, 0.2, -0.2])
    features, longer = _forms(rng, 2500)
    drawn = planted.drawn(rng, truth, 2500, 500)
    battles = await planted.plant(db, entrants, replace(drawn, features=features))
    own = np.array([1.0, 1, 0, 0])
    gap = truth[drawn.first] - truth[drawn.second] + 0.6 * (own[drawn.first] - own[drawn.second])
    said = np.where(rng.random(2500) < expit(gap + 0.5 * longer), "a", "b")
    await planted.judge(db, battles, said.tolist(), family="Bench Works", endpoint_id=entrants[0].target.endpoint_id)
    found = await _diagnosed(db, settings, await boards.require(db, "overall"))
    for name, true in (("judge family", 0.6), ("judge length", 0.5)):
        finding = _named(found, name)
        assert _holds(finding, true)
        assert (finding.judge, finding.verdict) == ("bench", Verdict.PRESENT)
    # People here mind nothing but the answers.
    assert {finding.name for finding in found.findings if finding.verdict in SURE} == {"judge family", "judge length"}
    [opinion] = found.judges
    assert opinion.battles == 2500
    assert opinion.agreed.value == pytest.approx(float((said == np.where(drawn.outcome == 0, "a", "b")).mean()))


async def test_what_probes_say_is_among_the_findings_once_there_are_enough(
    db: Pool, provider: Provider, settings: Settings
) -> None:
    entrants = await _entrants(db, provider, 3)
    await planted.plant(db, entrants, planted.drawn(np.random.default_rng(1), np.zeros(3), 150, 30))
    board = await boards.require(db, "overall")
    await planted.probe(db, 20, wrong=8, voters=10)
    found = await _diagnosed(db, settings, board)
    assert remarks.PROBES in remarks.unmeasured(found)
    assert "assertive wrong" not in {finding.name for finding in found.findings}
    await planted.probe(db, 200, wrong=80, voters=100)
    await planted.probe(db, 100, wrong=50, voters=50, question="lightning")
    found = await _diagnosed(db, settings, board)
    # 60 of 100 votes went to what was wrong and agreed with the belief that the question states.
    agreed = _named(found, "agreeing wrong")
    assert agreed.value == pytest.approx(np.log(0.6 / 0.4))
    assert [sentence for sentence, _ in remarks.of(agreed)][1] == remarks.AGREED[agreed.verdict]
    won = _named(found, "assertive wrong")
    # 88 of 110 votes went to what was wrong and sounded sure.
    assert won.value == pytest.approx(np.log(0.8 / 0.2))
    assert won.verdict is Verdict.PRESENT
    assert [sentence for sentence, _ in remarks.of(won)][1] == remarks.TONE_WINS
    sure = _named(found, "assertiveness")
    assert sure.verdict is Verdict.PRESENT
    for name in ("assertiveness", "belief"):
        one, right = _named(found, name), _named(found, "correctness")
        assert one.worth is not None
        # A tenth of what is right and sounds sure lost, which is a worth of being right that these votes can't bound.
        told = one.worth.value is not None
        assert told == (one.worth.lower is not None)
        assert [sentence for sentence, _ in remarks.of(one)][2] == (remarks.WORTH[name] if told else remarks.WORTHLESS)
        assert not told or one.worth.value == pytest.approx((one.value or 0) / (right.value or 1))
    assert _named(found, "correctness").worth is None
    assert remarks.PROBES not in remarks.unmeasured(found)
    assert all(row["votes"] == 150 for row in await db.fetch("SELECT votes FROM snapshots"))


async def _with_fooled(db: Pool, provider: Provider, favour: float, *, question: Question | None = None) -> Board:
    """A board of 200 voters, of whom every second one is fooled by probes and favours model-1 by so much."""
    rng = np.random.default_rng(12)
    entrants, truth, voter = await _entrants(db, provider, 4), np.array([0.8, 0.2, -0.2, -0.8]), np.arange(4000) % 200
    first = rng.integers(4, size=4000)
    second = (first + rng.integers(1, 4, size=4000)) % 4
    more = favour * (voter % 2) * ((first == 1).astype(int) - (second == 1))
    outcome = np.where(rng.random(4000) < expit(truth[first] - truth[second] + more), 0, 1)
    battles = await planted.plant(db, entrants, Votes(first=first, second=second, outcome=outcome, voter=voter))
    people = (await planted.people(db, battles))[:200]
    # Twenty of the two hundred never met a probe.
    await planted.fool(db, people[:180], [2 if place % 2 else 0 for place in range(180)], each=3)
    if question is None:
        return await boards.require(db, "overall")
    new = New(slug="asked", name="Asked", description="", cron="0 * * * *", question=question)
    return await boards.make(db, new, reason="To compare.", account_id=None)


async def test_a_contender_whom_the_fooled_favour_falls_where_they_are_left_out(
    db: Pool, provider: Provider, settings: Settings
) -> None:
    board = await _with_fooled(db, provider, 2.0)
    found = await _diagnosed(db, settings, board)
    finding, told = _named(found, "fooled"), found.fooled
    assert finding.who is not None
    assert (finding.who.contender, finding.verdict, finding.unit) == ("model-1", Verdict.PRESENT, "points")
    assert told is not None
    assert (told.probes, told.probed, told.voters, told.votes, told.enough) == (540, 180, 90, 1800, True)
    assert told.share == pytest.approx(1 / 3)
    assert [line.who.contender for line in told.lines][:2] == ["model-1", "model-0"]
    line = told.lines[0]
    assert (line.rank, line.rank_then, line.change) == (1, 2, finding.value)
    assert line.upper is not None
    assert line.upper < 0
    assert sum(one.change or 0.0 for one in told.lines) == pytest.approx(0, abs=1e-9)
    for one in told.lines:
        assert one.rating == pytest.approx(await _rating(db, board, one.who.contender))
        assert one.rating_then == pytest.approx(one.rating + (one.change or 0.0))
    swap, whole = remarks.fooled(found)
    first, second = (told.lines[place].who.name for place in (1, 0))
    assert swap == (remarks.ONE_SWAP, {"riser": first, "faller": second})
    assert whole == (remarks.THEIRS[Verdict.PRESENT], {})


async def test_where_the_fooled_vote_as_others_do_their_board_is_as_the_other(
    db: Pool, provider: Provider, settings: Settings
) -> None:
    anchored = Question(anchor=Anchor(contender="model-2", rating=1500))
    board = await _with_fooled(db, provider, 0.0, question=anchored)
    found = await _diagnosed(db, settings, board)
    assert _named(found, "fooled").verdict in (Verdict.NEGLIGIBLE, Verdict.UNCLEAR)
    assert remarks.fooled(found)[0] == (remarks.NO_SWAP, {})
    assert found.fooled is not None
    ratings = {line.who.contender: line.rating for line in found.fooled.lines}
    assert ratings["model-2"] == pytest.approx(1500)
    assert ratings["model-0"] == pytest.approx(await _rating(db, board, "model-0"))


async def test_too_few_votes_on_probes_tell_nothing_of_who_is_fooled(
    db: Pool, provider: Provider, settings: Settings
) -> None:
    entrants = await _entrants(db, provider, 3)
    battles = await planted.plant(db, entrants, planted.drawn(np.random.default_rng(1), np.zeros(3), 400, 60))
    board = await boards.require(db, "overall")
    nobody = await _diagnosed(db, settings, board)
    assert (nobody.fooled, remarks.fooled(nobody)) == (None, [])
    people = sorted(set(await planted.people(db, battles)))
    await planted.fool(db, people[:29], [place % 2 for place in range(29)], each=1)
    found = await _diagnosed(db, settings, board)
    assert "fooled" not in {finding.name for finding in found.findings}
    [(sentence, values)] = remarks.fooled(found)
    assert sentence == remarks.FOOLED_FEW
    assert (values["probes"], values["voters"], values["votes"]) == (30, 20, 100)
    assert (values["own_probes"], values["own_voters"]) == (29, 15)
    await planted.fool(db, people[29:30], [1], each=1)
    # Thirty are enough, of whom fifteen were fooled less, who are not.
    found = await _diagnosed(db, settings, board)
    assert found.fooled is not None
    assert (found.fooled.probes, found.fooled.voters, found.fooled.enough) == (30, 15, False)
    await planted.fool(db, people[30:40], [0] * 10, each=1)
    found = await _diagnosed(db, settings, board)
    assert found.fooled is not None
    assert (found.fooled.voters, found.fooled.enough, len(found.fooled.lines)) == (25, True, 3)
    assert _named(found, "fooled").verdict is not Verdict.UNKNOWN


async def test_a_board_of_few_votes_says_so(db: Pool, provider: Provider, settings: Settings) -> None:
    rng = np.random.default_rng(1)
    entrants = await _entrants(db, provider, 3)
    await planted.plant(db, entrants, planted.drawn(rng, np.zeros(3), 20, 5))
    board = await boards.require(db, "overall")
    found = await _diagnosed(db, settings, board)
    assert (found.votes, found.enough, found.findings) == (20, False, [])
    kept = await diagnostics.latest(db, board)
    assert kept is not None
    assert kept.diagnosis == found


async def test_what_is_public_is_looked_through_once(db: Pool, provider: Provider, settings: Settings) -> None:
    entrants = await _entrants(db, provider, 3)
    await planted.plant(db, entrants, planted.drawn(np.random.default_rng(1), np.zeros(3), 150, 30))
    board = await boards.require(db, "overall")
    snapshot = await builders.snapshot(db, board, settings)
    assert await diagnostics.due(db, []) == []
    [due] = await diagnostics.due(db, [snapshot.id, uuid4()])
    assert (due.board, due.snapshot_id) == ("overall", snapshot.id)
    await diagnostics.make(db, board, snapshot.id)
    later = await builders.snapshot(db, board, settings)
    # The one is known, and for the other it is too early.
    assert await diagnostics.due(db, [snapshot.id, later.id]) == []
    await db.execute("UPDATE diagnoses SET made_at = now() - interval '1 hour'")
    assert [one.snapshot_id for one in await diagnostics.due(db, [snapshot.id, later.id])] == [later.id]


@pytest.mark.slow
async def test_of_votes_from_elsewhere_only_what_the_file_tells_is_looked_at(db: Pool, settings: Settings) -> None:
    brought = await archives.bring(db, demo.ARCHIVE)
    found = await _diagnosed(db, settings, brought.board)
    assert {finding.name for finding in found.findings} == {"position", "duplicates", "transitivity"}
    # The worked example of rating/README.md: position 0.16 from 0.04 to 0.27.
    position = _named(found, "position")
    assert [round(end or 0.0, 2) for end in (position.value, position.lower, position.upper)] == [0.16, 0.04, 0.27]
    assert position.verdict is Verdict.PRESENT
    assert remarks.unmeasured(found)[0] == remarks.ELSEWHERE
    assert found.heat is not None
    assert found.heat.contenders[0].contender.startswith(f"{brought.board.slug}--")
