-- What an endpoint has gone through. `listed_at` is its first listing, from which on its contender's votes count;
-- `retires_at` is the moment a provider gave notice of, from which on it is not drawn.
ALTER TABLE endpoints
    ADD COLUMN state_since timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN reason text,
    ADD COLUMN note text,
    ADD COLUMN listed_at timestamptz,
    ADD COLUMN retires_at timestamptz;
UPDATE endpoints SET state_since = created_at, listed_at = created_at WHERE state IN ('listed', 'paused', 'retired');

-- One row for each state an endpoint came into, and for what was said about it meanwhile: then both states are the same.
CREATE TABLE endpoint_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES endpoints,
    former text,
    state text NOT NULL,
    reason text,
    note text,
    actor text NOT NULL CHECK (actor IN ('provider', 'operator', 'arena')),
    account_id uuid REFERENCES accounts,
    happened_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX endpoint_events_endpoint ON endpoint_events (endpoint_id, id);
