-- How good each version of a judge is, as a worker has measured it. `mark` names the verdicts and votes it was measured
-- by: while it is the same, nothing is measured anew.
CREATE TABLE judge_qualities (
    judge_id uuid NOT NULL REFERENCES judges,
    version text NOT NULL,
    mark text NOT NULL,
    figures jsonb NOT NULL,
    measured_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (judge_id, version)
);
