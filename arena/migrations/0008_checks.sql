-- A contract test of an endpoint, one at a time. `worker` is who runs it, and says so until `alive_until`; `reason` is why
-- the endpoint was not let through, NULL while the test runs and where it was passed.
CREATE TABLE checks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    endpoint_id uuid NOT NULL REFERENCES endpoints,
    begun_at timestamptz NOT NULL DEFAULT now(),
    worker uuid,
    alive_until timestamptz,
    ended_at timestamptz,
    reason text,
    CHECK (reason IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX checks_one_at_a_time ON checks (endpoint_id) WHERE ended_at IS NULL;
CREATE INDEX checks_endpoint ON checks (endpoint_id, begun_at);

CREATE TABLE check_steps (
    check_id uuid NOT NULL REFERENCES checks,
    position smallint NOT NULL,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'running', 'pass', 'warn', 'fail', 'skipped')),
    sentence text NOT NULL DEFAULT '',
    details jsonb NOT NULL DEFAULT '{}',
    code text,
    seconds double precision,
    -- What went over the wire, without secrets; for the endpoint's provider alone.
    exchanges jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (check_id, position),
    UNIQUE (check_id, name)
);
