-- What a voter says decided a vote: codes for each side, and a comment. Never rated.
CREATE TABLE opinions (
    battle_id uuid PRIMARY KEY REFERENCES battles ON DELETE CASCADE,
    comment text NOT NULL CHECK (length(comment) <= 2000),
    -- Whoever knows the names judges otherwise, so it stays beside the opinion what its voter had been told.
    after_reveal boolean NOT NULL,
    given_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE opinion_reasons (
    battle_id uuid NOT NULL REFERENCES opinions ON DELETE CASCADE,
    position smallint NOT NULL CHECK (position IN (0, 1)),
    reason text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (battle_id, position, reason)
);

-- Battles that their voters show to others, each under an address that nobody can guess; without texts unless chosen.
CREATE TABLE shares (
    token text PRIMARY KEY CHECK (length(token) >= 20),
    battle_id uuid NOT NULL UNIQUE REFERENCES battles ON DELETE CASCADE,
    texts boolean NOT NULL,
    shared_at timestamptz NOT NULL DEFAULT now()
);
