"""What the page of methodology says of battles and of who meets whom, held against the battles."""

import math
from datetime import timedelta
from typing import Final

from arena.publishing.checkup import Scene
from arena.publishing.factbook import Ground, Page, begun, fact, number, share
from rating.allocation import FLOOR, OPPONENTS

# How far from what is said a count by chance may be, in standard deviations: once in two million counts.
FAR: Final = 5.0
WEEK: Final = timedelta(days=7)


@fact(
    "turns",
    Page.METHODOLOGY,
    "A prompt has {characters} characters at most, and a battle {turns} turns.",
    lambda ground: {
        "characters": number(ground.settings.prompt_characters),
        "turns": number(ground.settings.turns),
    },
)
async def turns(scene: Scene, ground: Ground) -> str | None:
    """No battle opened under these settings has more turns, and no prompt of one more characters."""
    found = await scene.db.fetchrow(
        """
        SELECT max(turn) AS turns, max(char_length(content -> 0 ->> 'text')) AS characters
        FROM turns JOIN battles ON battles.id = battle_id WHERE opened_at > $1
        """,
        begun(scene, ground),
    )
    assert found is not None
    broken = (found["turns"] or 0) > ground.settings.turns or (
        (found["characters"] or 0) > ground.settings.prompt_characters
    )
    return f"turns {found['turns']}, characters {found['characters']}" if broken else None


@fact(
    "same-prompt",
    Page.METHODOLOGY,
    "The same prompt, or nearly the same, asked by one voter counts at most {votes} times a day; the suggested ones"
    " always count.",
    lambda ground: {"votes": number(ground.settings.same_prompt_votes)},
    holds=lambda ground: ground.settings.same_prompt_votes > 0,
)
async def same_prompt(scene: Scene, ground: Ground) -> str | None:
    """No voter has more counted votes on one prompt within a day of this configuration's."""
    most = await scene.db.fetchval(
        """
        SELECT max(votes) FROM (
            SELECT count(*) OVER (
                       PARTITION BY voter_id, digest ORDER BY opened_at RANGE interval '1 day' PRECEDING
                   ) AS votes
            FROM battles JOIN tags ON tags.battle_id = battles.id JOIN votes ON votes.battle_id = battles.id
            WHERE kind = 'blind' AND NOT preset AND digest IS NOT NULL
              AND opened_at > greatest($1::timestamptz, $2::timestamptz)
              AND NOT EXISTS (SELECT FROM exclusions WHERE exclusions.battle_id = battles.id
                              AND reason = 'duplicate')
        ) AS counted
        """,
        *(begun(scene, ground), scene.now - WEEK),
    )
    return f"{most} votes" if (most or 0) > ground.settings.same_prompt_votes else None


@fact(
    "drawn",
    Page.METHODOLOGY,
    "Every pair is drawn by chance, and its probability is kept with the battle.",
)
async def drawn(scene: Scene, ground: Ground) -> str | None:
    """No blind battle of the last week lacks its draw or its probability."""
    missing = await scene.db.fetchval(
        """
        SELECT count(*) FROM battles
        WHERE kind = 'blind' AND opened_at > $1 AND (draw_id IS NULL OR propensity IS NULL)
        """,
        scene.now - WEEK,
    )
    return f"{missing} battles" if missing else None


@fact(
    "policy",
    Page.METHODOLOGY,
    "Of the battles, {uniform} are shared evenly by all pairs. {newcomers} are for contenders that are not established"
    " yet, against the {opponents} established ones rated closest to them, because such votes tell most about them."
    " {optimal} go where one more vote narrows the intervals most. No pair gets less than {floor} of its even share."
    " Until votes are rated, and for newcomers until {opponents} contenders are established, pairs are drawn evenly"
    " instead.",
    lambda ground: {
        "uniform": share(ground.policy.uniform),
        "newcomers": share(ground.policy.newcomers),
        "optimal": share(ground.policy.a_optimal),
        "opponents": number(OPPONENTS),
        "floor": share(FLOOR),
    },
)
async def policy(scene: Scene, ground: Ground) -> str | None:
    """No blind battle since this policy was less likely than its least share among those it was drawn from.

    Who is kept apart, tested in private or warming up takes from a pair what others get, so a draw is held against the
    least only where all that it was drawn from were equally open to it.
    """
    found = await scene.db.fetchval(
        """
        SELECT count(*) FROM battles JOIN draws ON draws.id = draw_id
        WHERE kind = 'blind' AND opened_at > greatest($1::timestamptz, $2::timestamptz) AND rule <> 'uniform'
          AND propensity < $3 * 0.999 * 2 / (cardinality(endpoint_ids) * (cardinality(endpoint_ids) - 1.0))
          AND NOT EXISTS (SELECT FROM endpoints WHERE id = ANY(endpoint_ids) AND state <> 'listed')
          AND NOT EXISTS (SELECT FROM forbidden_pairs)
        """,
        *(ground.policy.valid_from, scene.now - WEEK, FLOOR * ground.policy.uniform),
    )
    return f"{found} battles" if found else None


@fact(
    "positions",
    Page.METHODOLOGY,
    "Each of a pair is A as often as B, in an order that nobody can foresee.",
)
async def positions(scene: Scene, ground: Ground) -> str | None:
    """No pair of the last week was the one way round so often that chance does not explain it."""
    pairs = await scene.db.fetch(
        """
        SELECT count(*) AS battles, count(*) FILTER (WHERE first.contender_id < second.contender_id) AS ordered
        FROM battles JOIN sides first ON first.battle_id = battles.id AND first.position = 0
        JOIN sides second ON second.battle_id = battles.id AND second.position = 1
        WHERE kind = 'blind' AND opened_at > $1
        GROUP BY least(first.contender_id, second.contender_id), greatest(first.contender_id, second.contender_id)
        """,
        scene.now - WEEK,
    )
    # As one test of as many as there are pairs.
    far = FAR + math.sqrt(2 * math.log(max(len(pairs), 1)))
    worst = max((_deviation(pair["ordered"], pair["battles"], 0.5) for pair in pairs), default=0.0)
    return f"{worst:.1f} standard deviations" if worst > far else None


def _deviation(count: int, of: int, chance: float) -> float:
    """How many standard deviations the count is from what this chance makes of so many."""
    return abs(count - of * chance) / math.sqrt(max(of * chance * (1 - chance), 1e-9))
