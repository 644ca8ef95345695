-- What providers say of their own contenders. A figure is never changed: another one takes its place, or it is withdrawn.
CREATE TABLE reported_figures (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contender_id uuid NOT NULL REFERENCES contenders,
    benchmark text NOT NULL CHECK (benchmark <> ''),
    -- The benchmark however it is written; of each there is one figure that stands.
    identity text NOT NULL CHECK (identity <> ''),
    value double precision NOT NULL CHECK (value BETWEEN -1e12 AND 1e12),
    unit text NOT NULL CHECK (unit <> ''),
    source text NOT NULL CHECK (source LIKE 'https://_%'),
    measured_on date NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts,
    reported_at timestamptz NOT NULL DEFAULT now(),
    ended text CHECK (ended IN ('replaced', 'withdrawn')),
    ended_by uuid REFERENCES accounts,
    ended_at timestamptz,
    CHECK (num_nulls(ended, ended_by, ended_at) IN (0, 3))
);
CREATE UNIQUE INDEX reported_figures_standing ON reported_figures (contender_id, identity) WHERE ended IS NULL;
CREATE INDEX reported_figures_contender ON reported_figures (contender_id);

-- An account's star for a contender; counted for a board of its own, and for nothing else.
CREATE TABLE stars (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    contender_id uuid NOT NULL REFERENCES contenders,
    starred_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, contender_id)
);
-- All that counting reads of a star, and the accounts whose stars don't count yet.
CREATE INDEX stars_contender ON stars (contender_id) INCLUDE (account_id, starred_at);
CREATE INDEX accounts_created ON accounts (created_at);

-- What an account would like to see rated next, one for each; the same wish has the same identity however it is written.
CREATE TABLE wishes (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    organisation text NOT NULL,
    link text CHECK (link LIKE 'https://_%'),
    identity text NOT NULL,
    wished_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX wishes_identity ON wishes (identity);
