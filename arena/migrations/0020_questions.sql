-- What a board asks of the votes (arena/integration/questions.py), and the version of that: a change begins another one.
-- `looked_at` is when its schedule last called, `seen` what the votes were like when it was last found up to date, so that
-- nothing is read anew for nothing.
ALTER TABLE boards
    ADD COLUMN question jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN methodology integer NOT NULL DEFAULT 1 CHECK (methodology > 0),
    ADD COLUMN looked_at timestamptz,
    ADD COLUMN seen text;

-- NULL: the arena itself, which makes boards of what has been voted on often enough.
ALTER TABLE board_acts ALTER COLUMN account_id DROP NOT NULL;

-- What a snapshot answers, as it was asked then; and which of its lines the board shows. All of them were fitted.
ALTER TABLE snapshots
    ADD COLUMN question jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN methodology integer NOT NULL DEFAULT 1,
    -- By which rules prompts and answers were sorted, as far as the question asks for that.
    ADD COLUMN rules text NOT NULL DEFAULT '';
ALTER TABLE standings ADD COLUMN shown boolean NOT NULL DEFAULT true;

-- The form of an answer, in numbers, by the rules of that version; kept when its text is deleted. NULL: its text was
-- deleted before it was looked at.
CREATE TABLE styles (
    battle_id uuid NOT NULL REFERENCES battles ON DELETE CASCADE,
    turn smallint NOT NULL,
    position smallint NOT NULL CHECK (position IN (0, 1)),
    version text NOT NULL,
    characters integer,
    headings integer,
    lists integer,
    bold integer,
    -- Whether it declined to answer.
    refusal boolean,
    PRIMARY KEY (battle_id, turn, position)
);
CREATE INDEX styles_version ON styles (version);

-- Answers from before the rules: the sweep looks at what no version has.
INSERT INTO styles (battle_id, turn, position, version) SELECT battle_id, turn, position, '' FROM answers;

-- What a battle's first prompt is called in whatever is published: random, so that nobody can try prompts on it, the same
-- for the same prompt, and kept when the prompt is deleted.
ALTER TABLE tags ADD COLUMN prompt uuid;
UPDATE tags SET prompt = named.prompt
FROM (SELECT digest, gen_random_uuid() AS prompt FROM tags WHERE digest IS NOT NULL GROUP BY digest) AS named
WHERE named.digest = tags.digest;
UPDATE tags SET prompt = gen_random_uuid() WHERE prompt IS NULL;
ALTER TABLE tags ALTER COLUMN prompt SET DEFAULT gen_random_uuid(), ALTER COLUMN prompt SET NOT NULL;
