-- What the checks for the eight smells find. `subject` is what a finding is about, unique among those of its check that
-- are not over. One seen fewer times in a row than its check asks for is suspected: kept, and shown to nobody. `clean`
-- counts how often in a row it was looked for and not seen. `board_id` is the board whose releases it may hold; all, where
-- there is none. `release_id` is the candidate that it held last.
CREATE TABLE smells (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    check_id text NOT NULL CHECK (check_id <> ''),
    smell text NOT NULL,
    entity text NOT NULL,
    subject text NOT NULL CHECK (subject <> ''),
    board_id uuid REFERENCES boards,
    severity text NOT NULL CHECK (severity IN ('info', 'warn', 'major', 'block')),
    sentence text NOT NULL CHECK (sentence <> ''),
    "values" jsonb NOT NULL DEFAULT '{}',
    observed text NOT NULL,
    expected text NOT NULL,
    evidence text,
    state text NOT NULL CHECK (state IN ('suspected', 'open', 'acknowledged', 'muted', 'resolved')),
    consecutive integer NOT NULL DEFAULT 1 CHECK (consecutive >= 0),
    clean integer NOT NULL DEFAULT 0 CHECK (clean >= 0),
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    opened_at timestamptz,
    muted_until timestamptz,
    resolved_at timestamptz,
    release_id text,
    CHECK ((state = 'muted') = (muted_until IS NOT NULL)),
    CHECK ((state = 'resolved') = (resolved_at IS NOT NULL)),
    CHECK ((state = 'suspected') = (opened_at IS NULL)),
    CHECK (NOT (state = 'muted' AND severity = 'block'))
);
CREATE UNIQUE INDEX smells_present ON smells (check_id, subject) WHERE state <> 'resolved';
CREATE INDEX smells_resolved ON smells (resolved_at DESC) WHERE state = 'resolved';

-- What became of a finding: when, by whom and why; without an account it was the arena by itself.
CREATE TABLE smell_acts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    smell_id bigint NOT NULL REFERENCES smells,
    act text NOT NULL CHECK (act IN ('opened', 'acknowledged', 'muted', 'unmuted', 'resolved', 'held')),
    text text,
    account_id uuid REFERENCES accounts,
    happened_at timestamptz NOT NULL,
    CHECK (account_id IS NULL OR text <> '')
);
CREATE INDEX smell_acts_smell ON smell_acts (smell_id, id);

-- The last run of each check, and that somebody is at it; `found` is how much it saw.
CREATE TABLE smell_checks (
    check_id text PRIMARY KEY,
    claimed_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('clean', 'found', 'skipped', 'crashed', 'hung', 'flooded')),
    found integer NOT NULL DEFAULT 0 CHECK (found >= 0),
    seconds double precision,
    note text
);
