-- A board that had no new vote for long is archived: its numbers stay as they are until new votes, or an operator, bring
-- it back. Both are acts of the board.
ALTER TABLE boards ADD COLUMN archived_at timestamptz;

-- That two contenders are one and the same: proposed by what a check found, decided by an operator with a reason. The
-- merged one retires and its page leads to the other's; the battles and votes of both stay as they are.
CREATE TABLE merges (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kept_id uuid NOT NULL REFERENCES contenders,
    merged_id uuid NOT NULL REFERENCES contenders,
    smell_id bigint NOT NULL REFERENCES smells,
    state text NOT NULL CHECK (state IN ('accepted', 'declined')),
    reason text NOT NULL CHECK (reason <> ''),
    account_id uuid NOT NULL REFERENCES accounts,
    decided_at timestamptz NOT NULL,
    CHECK (kept_id <> merged_id)
);
CREATE UNIQUE INDEX merges_pair ON merges (least(kept_id, merged_id), greatest(kept_id, merged_id));
CREATE UNIQUE INDEX merges_merged ON merges (merged_id) WHERE state = 'accepted';
