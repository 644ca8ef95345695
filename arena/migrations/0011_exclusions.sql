-- What a battle is for: only blind ones are rated. Named ones and chats are somebody's own comparison, control battles
-- measure the voters (the same contender twice, an answer known to be bad).
ALTER TABLE battles
    ADD COLUMN kind text NOT NULL DEFAULT 'blind' CHECK (kind IN ('blind', 'named', 'direct', 'control'));
CREATE INDEX battles_unrated ON battles (id) WHERE kind <> 'blind';
ALTER TABLE sides DROP CONSTRAINT sides_battle_id_contender_id_key;

-- Why a battle's vote is not rated. Nothing is deleted: what is lifted stays on record, with who did it and why.
CREATE TABLE exclusions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    battle_id uuid NOT NULL REFERENCES battles,
    reason text NOT NULL CHECK (reason <> ''),
    -- 0 for A, 1 for B; NULL where it is about the battle as a whole.
    position smallint CHECK (position IN (0, 1)),
    evidence jsonb NOT NULL DEFAULT '{}',
    -- NULL: the arena itself.
    account_id uuid REFERENCES accounts,
    excluded_at timestamptz NOT NULL DEFAULT now(),
    lifted_at timestamptz,
    lifted_because text CHECK (lifted_because <> ''),
    lifted_by uuid REFERENCES accounts,
    CHECK ((lifted_at IS NULL) = (lifted_because IS NULL))
);
CREATE UNIQUE INDEX exclusions_standing ON exclusions (battle_id, reason, coalesce(position, -1)) WHERE lifted_at IS NULL;
