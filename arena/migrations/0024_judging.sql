-- Judges: a model at an endpoint, with a rubric. `version` is the SHA-256 of all that decides what it says, NULL until it
-- was checked; what it said names the version. `worker` is who checks it, and says so until `alive_until`.
CREATE TABLE judges (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9.-]{0,99}$'),
    name text NOT NULL CHECK (name <> ''),
    family text NOT NULL CHECK (family <> ''),
    endpoint_id uuid NOT NULL REFERENCES endpoints,
    rubric text NOT NULL,
    settings jsonb NOT NULL,
    version text CHECK (version ~ '^[0-9a-f]{64}$'),
    -- Whether it also judges answers of its own family, which is then told of each verdict.
    own_family boolean NOT NULL DEFAULT false,
    state text NOT NULL CHECK (state IN ('draft', 'checking', 'listed', 'rejected', 'retired')),
    reason text,
    steps jsonb NOT NULL DEFAULT '[]',
    account_id uuid NOT NULL REFERENCES accounts,
    -- The operator who lets it judge; without one it stays a draft, however well it did.
    approved_by uuid REFERENCES accounts,
    worker uuid,
    alive_until timestamptz,
    proposed_at timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz,
    listed_at timestamptz,
    CHECK (state <> 'listed' OR (version IS NOT NULL AND approved_by IS NOT NULL))
);

-- Runs: judges asked about many pairs, within what they may spend. Money is in the currency of the endpoints' prices.
CREATE TABLE judge_runs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    state text NOT NULL DEFAULT 'planned'
        CHECK (state IN ('planned', 'running', 'paused', 'done', 'stopped', 'cancelled', 'failed')),
    reason text,
    selection jsonb NOT NULL,
    estimates jsonb NOT NULL,
    budget_tokens bigint CHECK (budget_tokens >= 0),
    budget_cost double precision CHECK (budget_cost >= 0),
    spent_tokens bigint NOT NULL DEFAULT 0,
    spent_cost double precision NOT NULL DEFAULT 0,
    -- NULL where the run was planned at the command line.
    account_id uuid REFERENCES accounts,
    worker uuid,
    alive_until timestamptz,
    planned_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX judge_runs_running ON judge_runs (alive_until) WHERE state = 'running';

-- What a judge said of a pair: of a battle, or of two answers to a prompt of a set. Never a vote. One for each version of
-- a judge and each pair, so that judging again costs nothing. `own_family` is true where it judged its own family.
CREATE TABLE verdicts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    judge_id uuid NOT NULL REFERENCES judges,
    version text NOT NULL,
    run_id uuid NOT NULL REFERENCES judge_runs,
    battle_id uuid REFERENCES battles,
    prompt_id uuid,
    answer_ids uuid[] CHECK (cardinality(answer_ids) = 2),
    outcome text CHECK (outcome IN ('a', 'b', 'tie', 'both_bad')),
    share double precision CHECK (share BETWEEN 0 AND 1),
    consistent boolean,
    confidence double precision CHECK (confidence BETWEEN 0 AND 1),
    unscored text,
    own_family boolean NOT NULL DEFAULT false,
    readings jsonb NOT NULL,
    prompt_tokens bigint,
    answer_tokens bigint,
    cost double precision,
    seconds double precision,
    judged_at timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(battle_id, prompt_id) = 1),
    CHECK ((prompt_id IS NULL) = (answer_ids IS NULL)),
    CHECK ((outcome IS NULL) = (unscored IS NOT NULL)),
    UNIQUE (judge_id, version, battle_id),
    UNIQUE (judge_id, version, answer_ids)
);
CREATE INDEX verdicts_battle ON verdicts (battle_id);
CREATE INDEX verdicts_prompt ON verdicts (prompt_id);
CREATE INDEX verdicts_run ON verdicts (run_id);

CREATE TABLE judge_jobs (
    run_id uuid NOT NULL REFERENCES judge_runs,
    number integer NOT NULL,
    judge_id uuid NOT NULL REFERENCES judges,
    battle_id uuid REFERENCES battles,
    prompt_id uuid,
    answer_ids uuid[],
    own_family boolean NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    failure text,
    -- Whether the verdict was there before the run.
    known boolean NOT NULL DEFAULT false,
    verdict_id uuid REFERENCES verdicts,
    ended_at timestamptz,
    PRIMARY KEY (run_id, number),
    CHECK (num_nonnulls(battle_id, prompt_id) = 1),
    CHECK ((state = 'done') = (verdict_id IS NOT NULL)),
    CHECK ((state = 'failed') <= (failure IS NOT NULL))
);
CREATE INDEX judge_jobs_waiting ON judge_jobs (run_id, attempts, number) WHERE state = 'waiting';
CREATE INDEX judge_jobs_verdict ON judge_jobs (verdict_id);

-- Every reply that was paid for, by the judge's version and the question as it was asked, but for the code that nobody
-- can guess. The battle is the one it was asked for, so that the reply goes where the voter's text goes.
CREATE TABLE judge_replies (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    code text NOT NULL,
    reply jsonb NOT NULL,
    battle_id uuid REFERENCES battles,
    replied_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX judge_replies_battle ON judge_replies (battle_id);

-- What judges were asked and what it cost, by the day (UTC). A call that told no tokens counts as the most it can have
-- needed, and is one of the `untold`.
CREATE TABLE judge_spend (
    judge_id uuid NOT NULL REFERENCES judges,
    provider_id uuid NOT NULL REFERENCES providers,
    endpoint_id uuid NOT NULL REFERENCES endpoints,
    day date NOT NULL,
    calls bigint NOT NULL,
    failures bigint NOT NULL,
    untold bigint NOT NULL,
    tokens bigint NOT NULL,
    cost double precision NOT NULL,
    PRIMARY KEY (judge_id, provider_id, endpoint_id, day)
);
CREATE INDEX judge_spend_endpoint ON judge_spend (endpoint_id, day);

-- How often a judge lets answers win that try to be judged better than they are.
CREATE TABLE judge_trials (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    judge_id uuid NOT NULL REFERENCES judges,
    version text NOT NULL,
    account_id uuid REFERENCES accounts,
    figures jsonb,
    calls integer,
    cost double precision,
    reason text,
    worker uuid,
    alive_until timestamptz,
    begun_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
CREATE UNIQUE INDEX judge_trials_one_at_a_time ON judge_trials (judge_id) WHERE ended_at IS NULL;

-- Judges' calls count for what an endpoint's provider allows in a day.
CREATE FUNCTION judged_today(endpoint uuid, OUT calls bigint, OUT cost double precision) LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(calls), 0), coalesce(sum(cost), 0) FROM judge_spend
    WHERE endpoint_id = endpoint AND day = (now() AT TIME ZONE 'UTC')::date
$$;

CREATE OR REPLACE FUNCTION calls_today(endpoint uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) + (SELECT calls FROM judged_today(endpoint)) FROM sides JOIN turns USING (battle_id)
    WHERE sides.endpoint_id = endpoint AND sides.last_asked_at >= date_trunc('day', now(), 'UTC')
      AND turns.asked_at >= date_trunc('day', now(), 'UTC')
$$;

CREATE OR REPLACE FUNCTION spent_today(endpoint uuid) RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT cost FROM judged_today(endpoint)), 0)
           + coalesce(sum(cost), 0) + count(*) FILTER (WHERE answering) * coalesce(avg(cost), 0)
    FROM (
        SELECT answers.battle_id IS NULL AND battles.state IN ('open', 'streaming') AS answering,
               (coalesce(prompt_tokens, length(turns.content->0->>'text') / 3.0) * coalesce(prompt_price, 0)
                + coalesce(answer_tokens, length(answers.content->0->>'text') / 3.0) * coalesce(answer_price, 0))
               / 1e6 * CASE WHEN answers.battle_id IS NULL THEN NULL ELSE 1 END AS cost
        FROM sides JOIN endpoints ON endpoints.id = sides.endpoint_id
        JOIN battles ON battles.id = sides.battle_id JOIN turns ON turns.battle_id = battles.id
        LEFT JOIN answers ON answers.battle_id = turns.battle_id AND answers.turn = turns.turn
              AND answers.position = sides.position
        WHERE sides.endpoint_id = endpoint AND sides.last_asked_at >= date_trunc('day', now(), 'UTC')
          AND turns.asked_at >= date_trunc('day', now(), 'UTC')
    ) AS asked
$$;
