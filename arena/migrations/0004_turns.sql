-- Several turns, and who still answers what.
-- What was shown after each tick of the turn, A's characters and B's in turn, so that its stream can be told again tick
-- by tick to a reader who comes back late.
ALTER TABLE turns ADD COLUMN shown integer[] NOT NULL DEFAULT '{}';
-- The process that answers a battle says so again and again; one that has been silent for too long answers it no more.
ALTER TABLE battles ADD COLUMN beat_at timestamptz NOT NULL DEFAULT now();
-- Rendered once, when the answer is kept: rendering a long one takes a second, and anybody may ask for it again.
ALTER TABLE answers ADD COLUMN html text NOT NULL DEFAULT '';
