-- How a board's battles let the answers out; and what operators have done to boards, each act with its reason.
ALTER TABLE boards
    ADD COLUMN pace text NOT NULL DEFAULT 'lockstep' CHECK (pace IN ('lockstep', 'paced', 'buffered'));

CREATE TABLE board_acts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    board_id uuid NOT NULL REFERENCES boards,
    what text NOT NULL CHECK (what <> ''),
    former text NOT NULL,
    present text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    account_id uuid NOT NULL REFERENCES accounts,
    happened_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX board_acts_board ON board_acts (board_id, id);
