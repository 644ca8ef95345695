-- When a contender was last voted on, as it was when the numbers were fitted; unknown for what was fitted before.
ALTER TABLE standings ADD COLUMN last_vote_at timestamptz;
