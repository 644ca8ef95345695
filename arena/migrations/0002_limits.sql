-- What an endpoint may be asked a day (NULL: as often as it likes), and how it rests after failing.
ALTER TABLE endpoints
    ADD COLUMN daily_calls integer CHECK (daily_calls >= 0),
    ADD COLUMN failures integer NOT NULL DEFAULT 0,
    ADD COLUMN failed_at timestamptz,
    ADD COLUMN cooled_until timestamptz;

CREATE INDEX turns_asked ON turns (asked_at);
CREATE INDEX battles_answering ON battles (voter_id) WHERE state IN ('open', 'streaming');

-- Every turn of a battle is one call to each of its two endpoints; a day begins at midnight UTC.
CREATE FUNCTION calls_today(endpoint uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM turns JOIN sides USING (battle_id)
    WHERE sides.endpoint_id = endpoint AND turns.asked_at >= date_trunc('day', now(), 'UTC')
$$;
