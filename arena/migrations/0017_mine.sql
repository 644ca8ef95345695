-- What belongs to a voter, and how it is deleted. A forgotten voter's number is used up: it is nobody's, and opens nothing.
ALTER TABLE voters ADD COLUMN forgotten_at timestamptz;
-- Since when the battle's texts are deleted: its prompts and answers are empty, and its voter is a number of its own.
ALTER TABLE battles ADD COLUMN deleted_at timestamptz;
CREATE INDEX battles_deleted ON battles (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX battles_voter ON battles (voter_id, opened_at DESC, id DESC);

-- Contenders that somebody chose were not drawn, so there is no probability of their meeting.
ALTER TABLE battles
    ALTER COLUMN propensity DROP NOT NULL,
    ADD CONSTRAINT battles_drawn CHECK (propensity IS NOT NULL OR kind <> 'blind');
