-- A voter's name in whatever is published: random, so that it tells nothing, and kept when the voter's data are deleted,
-- so that a release that counted their votes can still be told to the last byte.
ALTER TABLE voters ADD COLUMN pseudonym uuid DEFAULT gen_random_uuid() UNIQUE;

-- An imported vote's own name: the file's, where it has one, so that votes that were exported come back as the same. Of a
-- prompt only its name is kept, which tells whether two votes are on one.
ALTER TABLE imported_votes ADD COLUMN vote uuid;
UPDATE imported_votes
SET vote = imported_votes.id,
    prompt = encode(substring(sha256(convert_to('prompt' || chr(10) || boards.slug || chr(10) || prompt, 'UTF8')) FOR 16), 'hex')
FROM imports JOIN boards ON boards.id = board_id WHERE imports.id = import_id;
ALTER TABLE imported_votes ALTER COLUMN vote SET NOT NULL;
CREATE UNIQUE INDEX imported_votes_vote ON imported_votes (import_id, vote);
DROP INDEX imported_votes_import;

-- A board's imports in the order in which they came, which is that of its lock; a snapshot counts the first so many.
ALTER TABLE imports ADD COLUMN number integer CHECK (number > 0);
UPDATE imports SET number = placed.number
FROM (SELECT id, row_number() OVER (PARTITION BY board_id ORDER BY imported_at, id) AS number FROM imports) AS placed
WHERE placed.id = imports.id;
ALTER TABLE imports ALTER COLUMN number SET NOT NULL, ADD UNIQUE (board_id, number);

-- What a snapshot was made of and what came out, as canonical JSON that is never written again. NULL for those that were
-- taken before there were records: their votes were told apart by other names, so nobody can recompute them.
ALTER TABLE snapshots
    ADD COLUMN imports integer NOT NULL DEFAULT 0,
    ADD COLUMN record text;

-- Which acts of excluding and lifting a board's snapshots knew of, kept as countings are: from `since` on, before `until`.
CREATE TABLE known_exclusions (
    board_id uuid NOT NULL REFERENCES boards,
    exclusion_id bigint NOT NULL REFERENCES exclusions,
    lifted boolean NOT NULL,
    since bigint NOT NULL,
    until bigint CHECK (until > since),
    PRIMARY KEY (board_id, exclusion_id, lifted, since)
);
CREATE UNIQUE INDEX known_exclusions_open ON known_exclusions (board_id, exclusion_id) WHERE until IS NULL;
