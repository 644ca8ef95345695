import math
from datetime import date

import numpy as np
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.errors import Refused
from arena.evaluation import votes
from arena.integration import archives, boards, meetings, snapshots
from arena.local import demo
from arena.publishing import careers, comparisons, heats, releases
from arena.publishing.comparisons import NotOnBoard
from arena.publishing.portraits import Portraits
from arena.publishing.releases import Release
from arena.submission.endpoints import Entrant
from arena.submission.names import NoSuchContender
from rating import Outcome, intervals
from rating.scale import PER_LOGIT
from tests.builders import contender, ready_battle
from tests.upstream import Provider

TODAY = date(2026, 11, 22)


@pytest.fixture
async def pair(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug, name=slug.title()) for slug in ("anna", "berta")]


async def _release(db: Pool, settings: Settings, pair: list[Entrant], outcome: Outcome) -> Release:
    battle, voter = await ready_battle(db, pair)
    await votes.cast(db, battle.id, voter, outcome)
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    release = await releases.latest(db, "overall")
    assert release is not None
    return release


async def test_differences_are_those_of_the_fit(db: Pool, settings: Settings) -> None:
    """The bundled crowd votes (LLMFAO, D. Ustalov, CC BY 4.0): page and fit give the same intervals of differences."""
    brought = await archives.bring(db, demo.ARCHIVE)
    fitted = await snapshots.fit(db, brought.board, settings)
    standings = fitted.standings
    level, degrees = standings.method["level"], standings.method["degrees_of_freedom"]
    assert isinstance(level, float)
    assert isinstance(degrees, (int, float))
    known = intervals.of_differences(standings.theta, standings.covariance, level=level, degrees_of_freedom=degrees)
    await releases.refresh(db, brought.board, settings)
    release = await releases.latest(db, brought.board.slug)
    assert release is not None
    pairs = await comparisons.pairs_of(db, release)
    for i, j in ((0, 1), (5, 40), (58, 3)):
        one, other = standings.contenders[i], standings.contenders[j]
        found = pairs.difference(one, other)
        assert found.points == pytest.approx(PER_LOGIT * (standings.theta[i] - standings.theta[j]))
        assert found.lower == pytest.approx(PER_LOGIT * known.lower[i, j], rel=1e-4, abs=1e-3)
        assert found.upper == pytest.approx(PER_LOGIT * known.upper[i, j], rel=1e-4, abs=1e-3)
        assert found.apart == (found.lower > 0 or found.upper < 0)  # type: ignore[operator]  # both are finite
        turned = pairs.difference(other, one)
        assert (turned.points, turned.apart) == (-found.points, found.apart)


async def test_records_add_up_to_the_votes_and_the_expected_to_the_share(db: Pool, settings: Settings) -> None:
    brought = await archives.bring(db, demo.ARCHIVE)
    await releases.refresh(db, brought.board, settings)
    release = await releases.latest(db, brought.board.slug)
    assert release is not None
    pairs = await comparisons.pairs_of(db, release)
    for standing in release.standings:
        records = pairs.records(standing.contender)
        assert sum(record.votes for record in records) == standing.votes
        assert all(record.wins + record.losses + record.ties + record.both_bad == record.votes for record in records)
        won = sum((record.share or 0) * record.votes for record in records)
        hoped = sum((record.expected or 0) * record.votes for record in records)
        # The phantom draw of the prior pulls a little towards the middle.
        assert math.isclose(won, hoped, abs_tol=0.02 * standing.votes + 1)


async def test_what_a_snapshot_keeps_of_its_pairs_comes_back(db: Pool, settings: Settings, pair: list[Entrant]) -> None:
    for outcome in (Outcome.A, Outcome.B, Outcome.TIE, Outcome.BOTH_BAD):
        release = await _release(db, settings, pair, outcome)
    kept = await meetings.read(db, await db.fetchval("SELECT snapshot_id FROM releases WHERE id = $1", release.id))
    assert kept is not None
    assert kept.met.contenders == ("anna", "berta")
    assert (kept.met.ties[0, 1], kept.met.both_bad[1, 0], kept.met.wins.sum()) == (1, 1, 2)
    np.testing.assert_array_equal(kept.covariance, kept.covariance.T)


async def test_comparing_names_what_is_wrong(db: Pool, settings: Settings, pair: list[Entrant]) -> None:
    release = await _release(db, settings, pair, Outcome.A)
    with pytest.raises(NoSuchContender, match="The nearest name is Anna"):
        await comparisons.compare(db, "overall", release, ["anna", "anno"])
    with pytest.raises(Refused, match="Name 2 to 5"):
        await comparisons.compare(db, "overall", release, ["anna", "anna"])
    with pytest.raises(NotOnBoard):
        await comparisons.compare(db, "overall", None, ["anna", "berta"])


async def test_a_snapshot_from_before_has_ratings_alone(db: Pool, settings: Settings, pair: list[Entrant]) -> None:
    release = await _release(db, settings, pair, Outcome.A)
    await db.execute("DELETE FROM meetings")
    found = await comparisons.compare(db, "overall", release, ["anna", "berta"])
    assert (found.differences[0].apart, found.differences[0].record) == (None, None)
    assert (await Portraits(db).of("anna", today=TODAY)).record == []


async def test_a_career_is_told_release_by_release(db: Pool, settings: Settings, pair: list[Entrant]) -> None:
    made = [await _release(db, settings, pair, outcome) for outcome in (Outcome.A, Outcome.B, Outcome.A)]
    history = await careers.history(db, pair[0].contender_id, "overall")
    assert [point.release for point in history] == [release.id for release in made]
    [stay] = await careers.stays(db, pair[0].contender_id)
    assert (stay.board, stay.release, stay.present, stay.contenders) == ("overall", made[-1].id, True, 2)
    # The last release has lost it: the one before is where it last stood.
    await db.execute(
        """
        DELETE FROM standings USING releases WHERE releases.snapshot_id = standings.snapshot_id
        AND releases.id = $1 AND contender_id = $2
        """,
        *(made[-1].id, pair[0].contender_id),
    )
    [stay] = await careers.stays(db, pair[0].contender_id)
    assert (stay.release, stay.present) == (made[1].id, False)


async def test_a_long_career_is_thinned_and_keeps_its_ends(
    db: Pool, settings: Settings, pair: list[Entrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [await _release(db, settings, pair, outcome) for outcome in (Outcome.A, Outcome.B) * 5]
    monkeypatch.setattr(careers, "MOST_POINTS", 4)
    history = await careers.history(db, pair[0].contender_id, "overall")
    assert 3 <= len(history) <= 5
    assert (history[0].release, history[-1].release) == (made[0].id, made[-1].id)


async def test_a_board_without_others_has_no_heat(db: Pool, settings: Settings, pair: list[Entrant]) -> None:
    await _release(db, settings, pair, Outcome.A)
    heat = await heats.of(db, await boards.require(db, "overall"))
    assert (heat.columns, sorted(line.contender for line in heat.lines)) == ([], ["anna", "berta"])


async def test_heat_tells_where_a_contender_stands_otherwise(db: Pool, settings: Settings, pair: list[Entrant]) -> None:
    await _release(db, settings, pair, Outcome.A)
    release = await _release(db, settings, pair, Outcome.B)
    # Another board with the same contenders, one of them far above where it stands here.
    await db.execute(
        """
        WITH other AS (
            INSERT INTO boards (slug, name, description, cron) VALUES ('other', 'Other', '', '0 * * * *') RETURNING id
        ), copied AS (
            INSERT INTO snapshots (id, board_id, votes, voters, effective_voters, digest, method)
            SELECT gen_random_uuid(), other.id, votes, voters, effective_voters, digest, method
            FROM other, snapshots JOIN releases ON snapshot_id = snapshots.id WHERE releases.id = $1
            RETURNING id, board_id
        ), stood AS (
            INSERT INTO standings (snapshot_id, contender_id, name, organisation, theta, rating, lower, upper,
                                   rank_lower, rank_upper, votes, status, separation, "group")
            SELECT copied.id, contender_id, name, organisation, theta, rating + 60, rating + 10, rating + 110,
                   rank_lower, rank_upper, standings.votes, status, separation, "group"
            FROM copied, standings JOIN releases USING (snapshot_id) WHERE releases.id = $1
        )
        INSERT INTO releases (id, board_id, snapshot_id) SELECT repeat('a', 64), board_id, id FROM copied
        """,
        release.id,
    )
    heat = await heats.of(db, await boards.require(db, "overall"))
    assert [column.board for column in heat.columns] == ["other"]
    cells = [cell for line in heat.lines for cell in line.cells]
    assert all(cell is not None and cell.told and cell.away == pytest.approx(60) for cell in cells)
    portrait = await Portraits(db).of("anna", "other", today=TODAY)
    assert ([stay.board for stay in portrait.boards], portrait.board) == (["overall", "other"], "other")
