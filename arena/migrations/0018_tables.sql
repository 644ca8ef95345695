-- What a table shows beside the numbers, as it was when they were fitted: a release never changes, whoever edits a card.
ALTER TABLE standings
    ADD COLUMN licence text NOT NULL DEFAULT '',
    ADD COLUMN open_weights boolean,
    ADD COLUMN parameters_billions double precision,
    ADD COLUMN kind text,
    ADD COLUMN party text,
    ADD COLUMN prompt_price double precision,
    ADD COLUMN answer_price double precision;
UPDATE standings
SET licence = contenders.licence, open_weights = contenders.open_weights, kind = contenders.kind,
    parameters_billions = contenders.parameters_billions, party = contenders.party
FROM contenders WHERE contenders.id = contender_id;
