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

-- How often a contender is drawn for its endpoint's state, beside the others; a pair is as likely as the product of
-- both rates. The latest that is valid counts; nothing is changed or removed, and nobody has a rate of their own.
CREATE TABLE pairing_rates (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('warming', 'listed')),
    rate double precision NOT NULL CHECK (rate >= 0 AND rate <= 1000),
    valid_from timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    actor text NOT NULL CHECK (actor IN ('operator', 'arena')),
    account_id uuid REFERENCES accounts,
    set_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO pairing_rates (state, rate, valid_from, reason, actor) VALUES
    ('listed', 1, '2026-01-01', 'What the arena begins with.', 'arena'),
    ('warming', 0.2, '2026-01-01', 'What the arena begins with: a newcomer is met rarely.', 'arena');

CREATE FUNCTION present_rate(of_state text) RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT rate FROM pairing_rates WHERE state = of_state AND valid_from <= now()
    ORDER BY valid_from DESC, id DESC LIMIT 1
$$;

-- Among whom a pair was drawn, and how likely each of them was to be one of the two. Equal draws are one row.
CREATE TABLE draws (
    id uuid PRIMARY KEY,
    endpoint_ids uuid[] NOT NULL,
    shares double precision[] NOT NULL CHECK (cardinality(shares) = cardinality(endpoint_ids))
);
CREATE INDEX draws_endpoints ON draws USING gin (endpoint_ids);
ALTER TABLE battles ADD COLUMN draw_id uuid REFERENCES draws;
CREATE INDEX battles_draw ON battles (draw_id);

-- When a side was last asked, so that what an endpoint was asked today is found without reading all it ever answered.
ALTER TABLE sides ADD COLUMN last_asked_at timestamptz NOT NULL DEFAULT now();
UPDATE sides SET last_asked_at = asked_at
FROM (SELECT battle_id, max(asked_at) AS asked_at FROM turns GROUP BY battle_id) AS last
WHERE last.battle_id = sides.battle_id;
CREATE INDEX sides_endpoint ON sides (endpoint_id, last_asked_at);

CREATE OR REPLACE FUNCTION calls_today(endpoint uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM sides JOIN turns USING (battle_id)
    WHERE sides.endpoint_id = endpoint AND sides.last_asked_at >= date_trunc('day', now(), 'UTC')
      AND turns.asked_at >= date_trunc('day', now(), 'UTC')
$$;

-- What the endpoint's answers of today cost, in the currency of its prices. A side that told no tokens is taken to have
-- used one for each three characters, and one that is still being answered for the mean of today's.
CREATE FUNCTION spent_today(endpoint uuid) RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(cost), 0) + count(*) FILTER (WHERE answering) * coalesce(avg(cost), 0)
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

CREATE FUNCTION battles_answering(endpoint uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM battles JOIN sides ON battle_id = battles.id
    WHERE battles.state IN ('open', 'streaming') AND sides.endpoint_id = endpoint
$$;
