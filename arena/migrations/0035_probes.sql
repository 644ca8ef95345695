-- How an answer speaks, by lists of words (arena/evaluation/tone.py); unknown until the answer is looked at anew.
ALTER TABLE styles
    ADD COLUMN hedging integer, ADD COLUMN certainty integer, ADD COLUMN praise integer, ADD COLUMN negatives integer,
    ADD COLUMN apologies integer, ADD COLUMN agreement integer;

-- A control battle may be a probe: both texts are the arena's, the one at this position is wrong, and that answer of the
-- two speaks assertively. It has no sides, since no contender is asked.
ALTER TABLE controls ADD COLUMN probe text, ADD COLUMN assertive text CHECK (assertive IN ('right', 'wrong'));
ALTER TABLE controls DROP CONSTRAINT controls_check;
ALTER TABLE controls ADD CHECK ((position IS NULL) = (content IS NULL AND probe IS NULL)),
                     ADD CHECK ((probe IS NULL) = (assertive IS NULL)), ADD CHECK (num_nonnulls(probe, content) < 2);

-- Its answers are no side's, but those of its turn.
ALTER TABLE answers DROP CONSTRAINT answers_battle_id_position_fkey, ADD CHECK (position IN (0, 1));
