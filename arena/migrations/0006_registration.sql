-- A contender's card. What a reader can tell two entries apart by is organisation, name, version and precision: their
-- canonical form is its identity, of which there is one; imported contenders, whom nobody registered, have none.
ALTER TABLE contenders
    ADD COLUMN version text NOT NULL DEFAULT '',
    ADD COLUMN precision text NOT NULL DEFAULT '',
    ADD COLUMN parameters_billions double precision CHECK (parameters_billions > 0),
    ADD COLUMN architecture text NOT NULL DEFAULT '',
    ADD COLUMN kind text CHECK (kind IN ('pretrained', 'continued', 'fine-tuned', 'chat', 'merge')),
    ADD COLUMN licence text NOT NULL DEFAULT '',
    ADD COLUMN open_weights boolean,
    ADD COLUMN released_on date,
    ADD COLUMN links jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN party text CHECK (party IN ('first', 'third')),
    ADD COLUMN identity text UNIQUE,
    -- The version that this one follows; both keep their own votes.
    ADD COLUMN follows_id uuid REFERENCES contenders,
    -- When the public was told of it. Only battles opened after that count; NULL while it is tested privately.
    ADD COLUMN committed_at timestamptz DEFAULT now();
UPDATE contenders SET committed_at = entered_at;

CREATE TABLE renames (
    contender_id uuid NOT NULL REFERENCES contenders,
    former_name text NOT NULL,
    name text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    account_id uuid NOT NULL REFERENCES accounts,
    renamed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (contender_id, renamed_at)
);

-- What the provider trusts the arena with is sealed for this one row; `key_ends` is all that is ever shown of a key.
ALTER TABLE endpoints
    DROP CONSTRAINT endpoints_dialect_check,
    ADD CONSTRAINT endpoints_dialect_check CHECK (dialect IN ('openai', 'anthropic')),
    ADD COLUMN sealed bytea,
    ADD COLUMN master text,
    ADD COLUMN key_ends text CHECK (length(key_ends) <= 4),
    ADD COLUMN header_names text[] NOT NULL DEFAULT '{}',
    ADD COLUMN context_tokens integer CHECK (context_tokens > 0),
    ADD COLUMN concurrency integer CHECK (concurrency > 0),
    -- Money is in the currency of the prices; prices are for a million tokens.
    ADD COLUMN daily_budget double precision CHECK (daily_budget >= 0),
    ADD COLUMN prompt_price double precision CHECK (prompt_price >= 0),
    ADD COLUMN answer_price double precision CHECK (answer_price >= 0),
    ADD CHECK ((sealed IS NULL) = (master IS NULL));
CREATE INDEX endpoints_provider ON endpoints (provider_id);
