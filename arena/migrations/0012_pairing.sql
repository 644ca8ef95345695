-- How pairs are drawn, for everybody alike: which rule has which share of the battles, and whether contenders of one
-- organisation meet. The latest that is valid counts; nothing is changed or removed.
CREATE TABLE pairing_policies (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uniform double precision NOT NULL CHECK (uniform BETWEEN 0 AND 1),
    newcomers double precision NOT NULL CHECK (newcomers BETWEEN 0 AND 1),
    a_optimal double precision NOT NULL CHECK (a_optimal BETWEEN 0 AND 1),
    -- Of all battles, while some contenders have not been compared with the others; the three share the rest.
    connecting double precision NOT NULL CHECK (connecting BETWEEN 0 AND 0.9),
    same_organisation boolean NOT NULL,
    valid_from timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    actor text NOT NULL CHECK (actor IN ('operator', 'arena')),
    account_id uuid REFERENCES accounts,
    set_at timestamptz NOT NULL DEFAULT now(),
    CHECK (abs(uniform + newcomers + a_optimal - 1) < 1e-9)
);
INSERT INTO pairing_policies (uniform, newcomers, a_optimal, connecting, same_organisation, valid_from, reason, actor)
VALUES (0.5, 0.3, 0.2, 0.3, true, '2026-01-01', 'What the arena begins with.', 'arena');

-- Two contenders that never meet, since when, why, and until when. Nothing is deleted.
CREATE TABLE forbidden_pairs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    low_id uuid NOT NULL REFERENCES contenders,
    high_id uuid NOT NULL REFERENCES contenders,
    reason text NOT NULL CHECK (reason <> ''),
    account_id uuid REFERENCES accounts,
    forbidden_at timestamptz NOT NULL DEFAULT now(),
    lifted_at timestamptz,
    lifted_because text CHECK (lifted_because <> ''),
    lifted_by uuid REFERENCES accounts,
    CHECK (low_id < high_id),
    CHECK ((lifted_at IS NULL) = (lifted_because IS NULL))
);
CREATE UNIQUE INDEX forbidden_pairs_standing ON forbidden_pairs (low_id, high_id) WHERE lifted_at IS NULL;

-- What the last refit found, handed down to the draw: one row, replaced by each refit. The arrays are aligned; the
-- covariance is the lower triangle with its diagonal, row by row, in little-endian float32.
CREATE TABLE estimates (
    sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
    version uuid NOT NULL,
    contender_ids uuid[] NOT NULL,
    theta double precision[] NOT NULL CHECK (cardinality(theta) = cardinality(contender_ids)),
    settled boolean[] NOT NULL CHECK (cardinality(settled) = cardinality(contender_ids)),
    groups integer[] NOT NULL CHECK (cardinality(groups) = cardinality(contender_ids)),
    votes bigint[] NOT NULL CHECK (cardinality(votes) = cardinality(contender_ids)),
    covariance bytea NOT NULL,
    handed_down_at timestamptz NOT NULL DEFAULT now()
);

-- How many places in its blocks an unordered pair has used, and the key from which the blocks follow. What a crash
-- takes begins anew, so nothing of it is worth the writing of a log, or the wait for one.
CREATE UNLOGGED TABLE position_blocks (
    low_id uuid NOT NULL,
    high_id uuid NOT NULL,
    key uuid NOT NULL DEFAULT gen_random_uuid(),
    used bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (low_id, high_id)
);
