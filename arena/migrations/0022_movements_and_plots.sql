-- What moved between a release and the one before it, as JSON: worked out once, since releases never change.
CREATE TABLE movements (
    release_id text PRIMARY KEY REFERENCES releases ON DELETE CASCADE,
    before_id text NOT NULL REFERENCES releases ON DELETE CASCADE,
    movement bytea NOT NULL
);

-- A release's drawings, each made when it is first asked for: specification (with its data) and SVG, packed with gzip.
CREATE TABLE plots (
    release_id text NOT NULL REFERENCES releases ON DELETE CASCADE,
    name text NOT NULL,
    language text NOT NULL,
    specification bytea NOT NULL,
    svg bytea NOT NULL,
    drawn_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (release_id, name, language)
);
