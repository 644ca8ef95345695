-- How the contenders of a snapshot met: one row for each snapshot, aligned with contender_ids. Packed by zlib are `counts`
-- (little-endian int32, three matrices: wins of row over column, ties, both bad), `effective` (float32, how many votes a
-- pair's are worth) and `covariance` (float32, in log-odds); the last two are lower triangles with their diagonals.
CREATE TABLE meetings (
    snapshot_id uuid PRIMARY KEY REFERENCES snapshots ON DELETE CASCADE,
    contender_ids uuid[] NOT NULL,
    tie_propensity double precision[] NOT NULL CHECK (cardinality(tie_propensity) = cardinality(contender_ids)),
    counts bytea NOT NULL,
    effective bytea NOT NULL,
    covariance bytea NOT NULL
);
CREATE INDEX standings_contender ON standings (contender_id);

-- What anybody holds against a contender in public. While a case is not decided, whoever says the same joins it.
CREATE TABLE cases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contender_id uuid NOT NULL REFERENCES contenders,
    reason text NOT NULL CHECK (reason <> ''),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'upheld', 'dismissed', 'appealed')),
    opened_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX cases_undecided ON cases (contender_id, reason) WHERE state IN ('open', 'acknowledged', 'appealed');
CREATE INDEX cases_contender ON cases (contender_id);

-- Every flag, decision and appeal. `withheld` texts are read by operators alone: a gate found something in them. What a
-- voter wrote is NULL once the voter's data are deleted.
CREATE TABLE case_acts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES cases,
    act text NOT NULL CHECK (act IN ('flagged', 'acknowledged', 'upheld', 'dismissed', 'appealed')),
    text text,
    links jsonb NOT NULL DEFAULT '[]',
    withheld boolean NOT NULL DEFAULT false,
    actor text NOT NULL CHECK (actor IN ('voter', 'account', 'provider', 'operator')),
    account_id uuid REFERENCES accounts,
    voter_id uuid REFERENCES voters,
    happened_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX case_acts_case ON case_acts (case_id, id);
CREATE UNIQUE INDEX case_acts_voter ON case_acts (case_id, voter_id) WHERE act = 'flagged';
CREATE UNIQUE INDEX case_acts_account ON case_acts (case_id, account_id) WHERE act = 'flagged';
CREATE INDEX case_acts_of_voter ON case_acts (voter_id) WHERE voter_id IS NOT NULL;
