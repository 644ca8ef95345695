-- Who votes. A voter is a random id in a signed cookie and nothing else.
CREATE TABLE voters (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Submission: what enters.
CREATE TABLE providers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9.-]{0,99}$'),
    name text NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE contenders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9.-]{0,99}$'),
    name text NOT NULL CHECK (name <> ''),
    organisation text NOT NULL,
    description text NOT NULL,
    entered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE endpoints (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contender_id uuid NOT NULL UNIQUE REFERENCES contenders,
    provider_id uuid NOT NULL REFERENCES providers,
    base_url text NOT NULL,
    model text NOT NULL,
    dialect text NOT NULL CHECK (dialect IN ('openai')),
    parameters jsonb NOT NULL DEFAULT '{}',
    system_prompt text,
    state text NOT NULL CHECK (state IN ('draft', 'checking', 'warming', 'listed', 'paused', 'retired', 'rejected')),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- An operator's grant of one private address and port to one endpoint.
CREATE TABLE allowed_addresses (
    endpoint_id uuid NOT NULL REFERENCES endpoints ON DELETE CASCADE,
    address inet NOT NULL,
    port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    reason text NOT NULL CHECK (reason <> ''),
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (endpoint_id, address, port)
);

-- Evaluation: what is compared. Content is a list of parts, so that other kinds than text can come.
CREATE TABLE battles (
    id uuid PRIMARY KEY,
    voter_id uuid NOT NULL REFERENCES voters,
    state text NOT NULL CHECK (state IN ('open', 'streaming', 'ready', 'voted', 'void', 'skipped', 'expired')),
    rule text NOT NULL,
    propensity double precision NOT NULL CHECK (propensity > 0 AND propensity <= 1),
    reason text,
    opened_at timestamptz NOT NULL DEFAULT now(),
    answered_at timestamptz,
    closed_at timestamptz
);
CREATE INDEX battles_unfinished ON battles (opened_at) WHERE state IN ('open', 'streaming', 'ready');

CREATE TABLE turns (
    battle_id uuid NOT NULL REFERENCES battles ON DELETE CASCADE,
    turn smallint NOT NULL CHECK (turn > 0),
    content jsonb NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (battle_id, turn)
);

CREATE TABLE sides (
    battle_id uuid NOT NULL REFERENCES battles ON DELETE CASCADE,
    position smallint NOT NULL CHECK (position IN (0, 1)),
    contender_id uuid NOT NULL REFERENCES contenders,
    endpoint_id uuid NOT NULL REFERENCES endpoints,
    PRIMARY KEY (battle_id, position),
    UNIQUE (battle_id, contender_id)
);
CREATE INDEX sides_contender ON sides (contender_id);

-- What a side said in one turn, how long it took and how it ended; failed ones are kept for the audit.
CREATE TABLE answers (
    battle_id uuid NOT NULL,
    position smallint NOT NULL,
    turn smallint NOT NULL,
    content jsonb NOT NULL,
    finish text,
    failure text,
    failure_detail text,
    first_text_seconds double precision,
    seconds double precision NOT NULL,
    prompt_tokens integer,
    answer_tokens integer,
    PRIMARY KEY (battle_id, position, turn),
    FOREIGN KEY (battle_id, position) REFERENCES sides ON DELETE CASCADE,
    FOREIGN KEY (battle_id, turn) REFERENCES turns ON DELETE CASCADE
);

CREATE TABLE votes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    battle_id uuid NOT NULL UNIQUE REFERENCES battles,
    outcome text NOT NULL CHECK (outcome IN ('a', 'b', 'tie', 'both_bad')),
    cast_at timestamptz NOT NULL DEFAULT now()
);

-- Integration: what it means.
CREATE TABLE boards (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9.-]{0,99}$'),
    name text NOT NULL,
    description text NOT NULL,
    cron text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO boards (slug, name, description, cron)
VALUES ('overall', 'Overall', 'All votes of people in battles of this arena.', '* * * * *');

CREATE TABLE snapshots (
    id uuid PRIMARY KEY,
    board_id uuid NOT NULL REFERENCES boards,
    votes integer NOT NULL,
    voters integer NOT NULL,
    effective_voters double precision NOT NULL,
    digest text NOT NULL,
    method jsonb NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX snapshots_board ON snapshots (board_id, taken_at DESC);

CREATE TABLE standings (
    snapshot_id uuid NOT NULL REFERENCES snapshots ON DELETE CASCADE,
    contender_id uuid NOT NULL REFERENCES contenders,
    -- As they were: a release never changes, whoever is renamed.
    name text NOT NULL,
    organisation text NOT NULL,
    theta double precision NOT NULL,
    rating double precision NOT NULL,
    lower double precision,
    upper double precision,
    rank_lower integer NOT NULL,
    rank_upper integer NOT NULL,
    votes integer NOT NULL,
    status text NOT NULL CHECK (status IN ('provisional', 'established')),
    separation text NOT NULL CHECK (separation IN ('settled', 'unbeaten', 'winless', 'separated')),
    "group" integer NOT NULL,
    PRIMARY KEY (snapshot_id, contender_id)
);

-- Publishing: what is said. A release is named by what it was computed from.
CREATE TABLE releases (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'),
    board_id uuid NOT NULL REFERENCES boards,
    snapshot_id uuid NOT NULL REFERENCES snapshots,
    published_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX releases_board ON releases (board_id, published_at DESC);
