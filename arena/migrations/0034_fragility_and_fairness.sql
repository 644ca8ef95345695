-- How few votes would turn a snapshot's board, worked out once after its release; NULL where it can't be told, with why.
CREATE TABLE fragilities (
    snapshot_id uuid PRIMARY KEY REFERENCES snapshots ON DELETE CASCADE,
    measured jsonb,
    unmeasured_because text,
    measured_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((measured IS NULL) <> (unmeasured_because IS NULL))
);

-- What providers were promised and got, worked out once a day, for whole days (UTC) that are over.
CREATE TABLE fairness_reports (
    until timestamptz PRIMARY KEY,
    report jsonb NOT NULL,
    measured_at timestamptz NOT NULL DEFAULT now()
);
