-- A board counts the votes of battles, or votes that were cast elsewhere and brought in from files.
ALTER TABLE boards
    ADD COLUMN source text NOT NULL DEFAULT 'battles' CHECK (source IN ('battles', 'imported')),
    ADD COLUMN attribution text CHECK (attribution <> '');

-- Where imported votes come from. The same content comes to a board once.
CREATE TABLE imports (
    id uuid PRIMARY KEY,
    board_id uuid NOT NULL REFERENCES boards,
    file_name text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    votes integer NOT NULL CHECK (votes > 0),
    attribution text CHECK (attribution <> ''),
    imported_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (board_id, sha256)
);

-- Two contenders in position order. A vote whose voter the file doesn't name is its own voter: voter_id is its id.
CREATE TABLE imported_votes (
    id uuid PRIMARY KEY,
    import_id uuid NOT NULL REFERENCES imports,
    line integer NOT NULL CHECK (line > 0),
    contender_ids uuid[] NOT NULL CHECK (cardinality(contender_ids) = 2 AND contender_ids[1] <> contender_ids[2]),
    outcome text NOT NULL CHECK (outcome IN ('a', 'b', 'tie', 'both_bad')),
    voter_id uuid NOT NULL,
    prompt text
);
CREATE INDEX imported_votes_import ON imported_votes (import_id);
