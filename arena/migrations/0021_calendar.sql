-- When a board is released: at once, or by a calendar (cron or words, UTC) with a cut-off.
ALTER TABLE boards ADD COLUMN calendar text NOT NULL DEFAULT 'at once' CHECK (calendar <> '');

-- A release before it is out: planned, then frozen and tested, then out or held back. `calendar` is what it was planned
-- by. `findings` are what the last self-test found, empty where it found nothing or was not run yet.
CREATE TABLE candidates (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    board_id uuid NOT NULL REFERENCES boards,
    calendar text NOT NULL,
    due_at timestamptz NOT NULL,
    cut_off_at timestamptz NOT NULL CHECK (cut_off_at <= due_at),
    state text NOT NULL DEFAULT 'scheduled' CHECK (state IN ('scheduled', 'self-testing', 'published', 'held')),
    snapshot_id uuid REFERENCES snapshots,
    release_id text,
    findings jsonb NOT NULL DEFAULT '[]',
    checks integer NOT NULL DEFAULT 0,
    tested_at timestamptz,
    CHECK (state = 'scheduled' OR (snapshot_id IS NOT NULL AND release_id IS NOT NULL))
);
-- One is under way for each board, whoever plans it.
CREATE UNIQUE INDEX candidates_open ON candidates (board_id) WHERE state IN ('scheduled', 'self-testing');
CREATE INDEX candidates_board ON candidates (board_id, id DESC);
CREATE INDEX candidates_release ON candidates (release_id) WHERE release_id IS NOT NULL;

-- Every step of a candidate: when, by whom and why; without an account it was the arena by itself.
CREATE TABLE candidate_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    candidate_id bigint NOT NULL REFERENCES candidates,
    state text NOT NULL,
    actor text NOT NULL CHECK (actor IN ('arena', 'operator')),
    account_id uuid REFERENCES accounts,
    reason text,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX candidate_events_candidate ON candidate_events (candidate_id, id);

-- What is new in a release beside the one before it, as data; releases from before have none.
ALTER TABLE releases ADD COLUMN notes jsonb;

-- What an operator says of a release instead of the text made from its notes; the latest of a language stands.
CREATE TABLE announcements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release_id text NOT NULL REFERENCES releases,
    language text NOT NULL CHECK (language <> ''),
    text text NOT NULL CHECK (text <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    account_id uuid NOT NULL REFERENCES accounts,
    written_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX announcements_release ON announcements (release_id, id);
