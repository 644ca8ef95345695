-- When the first text of a turn was shown; the battle's answered_at is when the last turn was ready for its vote.
ALTER TABLE turns ADD COLUMN shown_at timestamptz;

-- How long a voter had for the answers, as the server knows it (from the moment that both were ready, and from the first
-- text of the last turn on) and as the browser says: while the page was seen, and each side of it.
CREATE TABLE readings (
    vote_id uuid PRIMARY KEY REFERENCES votes,
    dwell_seconds double precision,
    text_seconds double precision,
    seconds double precision CHECK (seconds >= 0),
    side_seconds double precision[] CHECK (cardinality(side_seconds) = 2)
);

-- Where a battle was asked and voted on from, as codes that a key of the week makes: equal ones of a week are the same
-- network or browser, and no code of another week can be joined to them. Deleted after some days.
CREATE TABLE traces (
    battle_id uuid NOT NULL REFERENCES battles,
    moment text NOT NULL CHECK (moment IN ('asked', 'voted')),
    network bytea NOT NULL CHECK (length(network) = 8),
    agent bytea NOT NULL CHECK (length(agent) = 8),
    kept_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (battle_id, moment)
);
CREATE INDEX traces_age ON traces (kept_at);
CREATE INDEX traces_network ON traces (network);

-- What a control battle does to its sides: the same contender is both of them (position and content are NULL), or the
-- side at this position was asked this instead of the voter's first prompt.
CREATE TABLE controls (
    battle_id uuid PRIMARY KEY REFERENCES battles ON DELETE CASCADE,
    position smallint CHECK (position IN (0, 1)),
    content jsonb,
    CHECK ((position IS NULL) = (content IS NULL))
);

-- What a voter says against an exclusion, and what an operator answers. The text is gone where the voter's data is.
CREATE TABLE appeals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vote_id uuid NOT NULL REFERENCES votes,
    text text,
    appealed_at timestamptz NOT NULL DEFAULT now(),
    answer text CHECK (answer <> ''),
    answered_at timestamptz,
    account_id uuid REFERENCES accounts,
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE UNIQUE INDEX appeals_open ON appeals (vote_id) WHERE answered_at IS NULL;
CREATE INDEX appeals_vote ON appeals (vote_id);

-- Snapshots of a board are numbered in the order in which they were kept. `acts` is how many exclusions and liftings of
-- the board's votes there had been, `exclusions` their digest, empty where there were none.
ALTER TABLE snapshots
    ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    ADD COLUMN acts integer NOT NULL DEFAULT 0,
    ADD COLUMN exclusions text NOT NULL DEFAULT '';
CREATE INDEX releases_snapshot ON releases (snapshot_id);

-- Which snapshots counted a vote: those of the board from `since` on and before `until`. One row for each vote that a
-- board counts, and another one only where it was left out meanwhile.
CREATE TABLE countings (
    vote_id uuid NOT NULL REFERENCES votes,
    board_id uuid NOT NULL REFERENCES boards,
    since bigint NOT NULL,
    until bigint CHECK (until > since),
    PRIMARY KEY (vote_id, board_id, since)
);
CREATE UNIQUE INDEX countings_open ON countings (board_id, vote_id) WHERE until IS NULL;

-- Until now nothing was ever left out again, so a vote is in every snapshot since it counts.
INSERT INTO countings (vote_id, board_id, since)
SELECT vote_id, board_id, number
FROM (
    SELECT votes.id AS vote_id, greatest(cast_at, max(listed_at)) AS counts_since
    FROM votes JOIN battles ON battles.id = votes.battle_id
    JOIN sides ON sides.battle_id = battles.id
    JOIN contenders ON contenders.id = sides.contender_id
    JOIN endpoints ON endpoints.id = sides.endpoint_id
    GROUP BY votes.id
    HAVING bool_and(listed_at IS NOT NULL AND coalesce(committed_at <= opened_at, false))
) AS counting
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (board_id) board_id, number
    FROM snapshots JOIN boards ON boards.id = board_id
    WHERE source = 'battles' AND taken_at > counts_since
    ORDER BY board_id, number
) AS first;
