-- Several turns, and who still answers what.
-- The number of ticks that a battle's stream has had when the turn was finished; numbers run on across turns.
ALTER TABLE turns ADD COLUMN ticks integer NOT NULL DEFAULT 0 CHECK (ticks >= 0);
-- The process that answers a battle says so again and again; one that has been silent for too long answers it no more.
ALTER TABLE battles ADD COLUMN beat_at timestamptz NOT NULL DEFAULT now();
-- Rendered once, when the answer is kept: rendering a long one takes a second, and anybody may ask for it again.
ALTER TABLE answers ADD COLUMN html text NOT NULL DEFAULT '';
