-- A stored battle that nobody voted on, shown blind to another voter (arena/evaluation/second_looks.py). `turned` says
-- that this voter saw the sides the other way round, and `outcome` is in the positions that they saw; `seconds` is how
-- long they read, as far as their browser told. `propensity` is how
-- probable this battle was to be drawn, and `waiting` from how many. Without its voter, that one's data were deleted.
CREATE TABLE second_looks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    battle_id uuid NOT NULL REFERENCES battles,
    voter_id uuid REFERENCES voters,
    turned boolean NOT NULL,
    propensity double precision NOT NULL CHECK (propensity > 0 AND propensity <= 1),
    waiting integer NOT NULL CHECK (waiting > 0),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'voted', 'skipped', 'void')),
    outcome text CHECK (outcome IN ('a', 'b', 'tie', 'both_bad')),
    seconds double precision CHECK (seconds >= 0),
    shown_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    UNIQUE (battle_id, voter_id),
    CHECK ((state = 'voted') = (outcome IS NOT NULL)),
    CHECK ((state = 'open') = (closed_at IS NULL))
);
-- One at a time for each voter, so that nobody draws until they like what they see.
CREATE UNIQUE INDEX second_looks_open ON second_looks (voter_id) WHERE state = 'open';
