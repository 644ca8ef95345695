-- What a board of equal style does not ask for and diagnostics do; unknown until the answer is looked at anew.
ALTER TABLE styles ADD COLUMN emoji integer, ADD COLUMN code integer;

-- What was found to decide the votes of a snapshot besides the answers; made once, some time after its release.
CREATE TABLE diagnoses (
    snapshot_id uuid PRIMARY KEY REFERENCES snapshots,
    told jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
