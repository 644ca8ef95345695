-- What the first prompt of a battle is about, as the rules of that version sort it, and what tells whether it was asked
-- before. The fingerprint is NULL once the text is deleted; digest is equal for equal prompts, bands overlap where two
-- are nearly equal, and sketch says how nearly.
CREATE TABLE tags (
    battle_id uuid PRIMARY KEY REFERENCES battles ON DELETE CASCADE,
    categories text[] NOT NULL,
    language text NOT NULL,
    classifier text NOT NULL,
    -- One of the prompts that the arena offers, unchanged.
    preset boolean NOT NULL,
    digest bytea,
    sketch bigint[],
    bands bigint[],
    -- Whether the prompt had been asked before in this arena, word for word or nearly so; NULL: neither.
    resembles text CHECK (resembles IN ('same', 'alike')),
    tagged_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((digest IS NULL) = (sketch IS NULL) AND (digest IS NULL) = (bands IS NULL))
);
CREATE INDEX tags_categories ON tags USING gin (categories);
CREATE INDEX tags_bands ON tags USING gin (bands);
CREATE INDEX tags_digest ON tags USING hash (digest);
CREATE INDEX tags_classifier ON tags (classifier) WHERE digest IS NOT NULL;

-- The share of shingles that two prompts have in common, by their least hashes (arena/evaluation/fingerprints.py alike).
CREATE FUNCTION alike(one bigint[], other bigint[]) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT count(*) FILTER (WHERE times = 2)::double precision / greatest(count(*), 1)
    FROM (
        SELECT hash, count(*) AS times
        FROM (SELECT unnest(one) AS hash UNION ALL SELECT unnest(other)) AS hashes
        GROUP BY hash ORDER BY hash LIMIT 64
    ) AS least
$$;

-- Battles from before the rules: the sweep sorts what no classifier has.
INSERT INTO tags (battle_id, categories, language, classifier, preset, digest, sketch, bands)
SELECT battle_id, '{}', 'other', '', false, '', '{}', '{}' FROM turns WHERE turn = 1;

-- What a gate found in a prompt (position NULL) or in an answer: where (start and end of each place), never what. Texts
-- with findings are not published. Without spans the rule itself broke on this text.
CREATE TABLE gate_findings (
    battle_id uuid NOT NULL REFERENCES battles ON DELETE CASCADE,
    turn smallint NOT NULL,
    position smallint CHECK (position IN (0, 1)),
    gate text NOT NULL CHECK (gate IN ('personal', 'toxic')),
    rule text NOT NULL CHECK (rule <> ''),
    version text NOT NULL,
    spans jsonb,
    found_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (battle_id, turn, position, rule)
);
