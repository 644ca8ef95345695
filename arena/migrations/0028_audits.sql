-- What the audit holds against votes: of one voter, of accounts that look like one person, of a network, of all newest
-- accounts, of a window of votes as a whole, or that a contender has changed. `subject` is what it is about, in names that
-- are published. While an exclusion waits for a second operator, `proposed_reason` and `proposed_by` are the first one's.
CREATE TABLE audit_findings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    board_id uuid NOT NULL REFERENCES boards,
    kind text NOT NULL CHECK (kind IN ('voter', 'group', 'network', 'newcomers', 'window', 'drift')),
    subject text NOT NULL CHECK (subject <> ''),
    contender_id uuid REFERENCES contenders,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'excluded', 'dismissed', 'resolved')),
    evidence jsonb NOT NULL,
    proposed_reason text,
    proposed_by uuid REFERENCES accounts,
    found_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((proposed_reason IS NULL) = (proposed_by IS NULL)),
    CHECK (proposed_by IS NULL OR state IN ('open', 'acknowledged')),
    UNIQUE (board_id, kind, subject)
);

-- The votes that a finding is about; none where it is known that somebody pushed, and not which votes did.
CREATE TABLE audit_finding_votes (
    finding_id bigint NOT NULL REFERENCES audit_findings,
    vote_id uuid NOT NULL REFERENCES votes,
    PRIMARY KEY (finding_id, vote_id)
);
CREATE INDEX audit_finding_votes_vote ON audit_finding_votes (vote_id);

-- What operators did about a finding, and why; `effect` is what leaving the votes out would change, as it was then.
CREATE TABLE audit_acts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    finding_id bigint NOT NULL REFERENCES audit_findings,
    act text NOT NULL CHECK (act IN ('acknowledged', 'proposed', 'excluded', 'dismissed', 'restored')),
    reason text,
    text text NOT NULL CHECK (text <> ''),
    effect jsonb,
    account_id uuid NOT NULL REFERENCES accounts,
    happened_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_acts_finding ON audit_acts (finding_id);

-- A window: the votes that are held against one snapshot, none of which it counts.
CREATE TABLE audit_windows (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    board_id uuid NOT NULL REFERENCES boards,
    snapshot_id uuid NOT NULL REFERENCES snapshots,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
);
CREATE UNIQUE INDEX audit_windows_open ON audit_windows (board_id) WHERE closed_at IS NULL;

-- Every look, what it was at, after how many votes, and how much of the chance of a false alarm it has spent. `p` is NULL
-- where the look is at many at once. Voters are called by their published names.
CREATE TABLE audit_looks (
    board_id uuid NOT NULL REFERENCES boards,
    kind text NOT NULL,
    subject text NOT NULL,
    votes integer NOT NULL CHECK (votes > 0),
    level double precision NOT NULL CHECK (level > 0),
    p double precision,
    window_id bigint NOT NULL REFERENCES audit_windows,
    looked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (board_id, kind, subject, votes)
);

-- The audit's table is read by the votes' published names, as evaluation/names.py makes them.
CREATE INDEX audit_looks_subject ON audit_looks (subject);
CREATE INDEX votes_named ON votes ((encode(substring(sha256('vote'::bytea || uuid_send(id)) FOR 16), 'hex')::uuid));
