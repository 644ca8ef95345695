-- Prompt sets: frozen lists of prompts that contenders answer without a voter. Whoever has an account may propose one;
-- an operator freezes it or declines it, and from then on no prompt of it changes. Prompts that are hidden are asked by
-- the arena alone, until the set is used up and everything of it is shown.
CREATE TABLE prompt_sets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9.-]{0,99}$'),
    name text NOT NULL CHECK (name <> ''),
    description text NOT NULL DEFAULT '',
    licence text NOT NULL CHECK (licence <> ''),
    source text NOT NULL DEFAULT '',
    -- What is known of whether models have seen these prompts before.
    contamination text NOT NULL DEFAULT '',
    hidden boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'frozen', 'used_up', 'declined')),
    -- SHA-256 of the prompts with their references, in order.
    digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    prompts integer NOT NULL CHECK (prompts > 0),
    account_id uuid REFERENCES accounts,
    proposed_at timestamptz NOT NULL DEFAULT now(),
    frozen_at timestamptz,
    used_up_at timestamptz,
    declined_at timestamptz,
    decided_by uuid REFERENCES accounts,
    reason text
);

CREATE TABLE set_prompts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    set_id uuid NOT NULL REFERENCES prompt_sets ON DELETE CASCADE,
    position integer NOT NULL CHECK (position > 0),
    name text NOT NULL CHECK (name <> ''),
    content text NOT NULL CHECK (content <> ''),
    category text,
    reference text,
    kind text CHECK (kind IN ('exact', 'numeric', 'choice')),
    UNIQUE (set_id, name),
    UNIQUE (set_id, position),
    CHECK ((reference IS NULL) = (kind IS NULL))
);

-- A file of answers as somebody handed it in.
CREATE TABLE answer_files (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    set_id uuid NOT NULL REFERENCES prompt_sets,
    contender_id uuid NOT NULL REFERENCES contenders,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    answers integer NOT NULL,
    account_id uuid REFERENCES accounts,
    handed_in_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (set_id, contender_id, sha256)
);

-- One contender asked all prompts of a set by the arena. `worker` is who asks, and says so until `alive_until`; a run
-- without one waits for the next minute. Money is in the currency of the endpoint's prices.
CREATE TABLE set_runs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    set_id uuid NOT NULL REFERENCES prompt_sets,
    contender_id uuid NOT NULL REFERENCES contenders,
    endpoint_id uuid NOT NULL REFERENCES endpoints,
    formats text[] NOT NULL CHECK (cardinality(formats) > 0),
    budget double precision CHECK (budget >= 0),
    state text NOT NULL DEFAULT 'planned'
        CHECK (state IN ('planned', 'running', 'paused', 'done', 'stopped', 'cancelled', 'failed')),
    reason text,
    account_id uuid REFERENCES accounts,
    planned_at timestamptz NOT NULL DEFAULT now(),
    begun_at timestamptz,
    ended_at timestamptz,
    worker uuid,
    alive_until timestamptz
);
CREATE UNIQUE INDEX set_runs_one_at_a_time ON set_runs (set_id, contender_id) WHERE ended_at IS NULL;

-- What a contender answered to a prompt in a format, for good: asked by a run, or handed in with a file. `match` is how
-- the answer stands to the reference, NULL where the prompt has none.
CREATE TABLE set_answers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    prompt_id uuid NOT NULL REFERENCES set_prompts,
    contender_id uuid NOT NULL REFERENCES contenders,
    format text NOT NULL CHECK (format IN ('plain', 'labelled', 'capitals', 'lines')),
    run_id uuid REFERENCES set_runs,
    file_id uuid REFERENCES answer_files,
    text text NOT NULL,
    match text CHECK (match IN ('right', 'wrong', 'unreadable')),
    truncated boolean NOT NULL DEFAULT false,
    prompt_tokens integer,
    answer_tokens integer,
    cost double precision NOT NULL DEFAULT 0,
    seconds double precision,
    answered_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (prompt_id, contender_id, format),
    CHECK ((run_id IS NULL) <> (file_id IS NULL))
);
CREATE INDEX set_answers_contender ON set_answers (contender_id);

-- Each call of a run to an endpoint, as it ended; for what the endpoint's provider allows a day, and for the failures.
CREATE TABLE set_calls (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id uuid NOT NULL REFERENCES set_runs,
    prompt_id uuid NOT NULL REFERENCES set_prompts,
    format text NOT NULL,
    endpoint_id uuid NOT NULL REFERENCES endpoints,
    asked_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    failure text,
    cost double precision NOT NULL DEFAULT 0
);
CREATE INDEX set_calls_endpoint ON set_calls (endpoint_id, asked_at);
CREATE INDEX set_calls_run ON set_calls (run_id);

-- What an endpoint's provider allows a day, and at once, holds for calls of runs as well.
ALTER FUNCTION calls_today(uuid) RENAME TO calls_today_but_sets;
CREATE FUNCTION calls_today(endpoint uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT calls_today_but_sets(endpoint) + (
        SELECT count(*) FROM set_calls WHERE endpoint_id = endpoint AND asked_at >= date_trunc('day', now(), 'UTC'))
$$;
ALTER FUNCTION spent_today(uuid) RENAME TO spent_today_but_sets;
CREATE FUNCTION spent_today(endpoint uuid) RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT spent_today_but_sets(endpoint) + (
        SELECT coalesce(sum(cost), 0) FROM set_calls
        WHERE endpoint_id = endpoint AND asked_at >= date_trunc('day', now(), 'UTC'))
$$;
ALTER FUNCTION battles_answering(uuid) RENAME TO battles_answering_but_sets;
CREATE FUNCTION battles_answering(endpoint uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT battles_answering_but_sets(endpoint) + (
        SELECT count(*) FROM set_calls JOIN set_runs ON set_runs.id = run_id
        WHERE set_calls.endpoint_id = endpoint AND set_calls.ended_at IS NULL AND alive_until > now())
$$;
