-- What the ledger has yet to record, written in the transaction of the act itself. Its sequencer takes rows out as it
-- makes leaves of them. `subject` is what a leaf is found by later.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind <> ''),
    subject text,
    payload jsonb NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now()
);

-- The append-only Merkle log (RFC 6962): leaves, the hashes of complete subtrees, and a signed head for each batch.
CREATE TABLE ledger_leaves (
    index bigint PRIMARY KEY CHECK (index >= 0),
    kind text NOT NULL,
    subject text,
    data bytea NOT NULL
);
CREATE INDEX ledger_leaves_subject ON ledger_leaves (subject, kind) WHERE subject IS NOT NULL;

CREATE TABLE ledger_nodes (
    level smallint NOT NULL CHECK (level >= 0),
    index bigint NOT NULL CHECK (index >= 0),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, index)
);

CREATE TABLE ledger_heads (
    size bigint PRIMARY KEY CHECK (size > 0),
    root bytea NOT NULL CHECK (length(root) = 32),
    note text NOT NULL,
    key text NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now()
);

-- What was found when the whole log was read; the last row counts. While it names a fault nothing is released.
CREATE TABLE ledger_checks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size bigint NOT NULL,
    fault text CHECK (fault <> ''),
    checked_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger only grows: % of % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_leaves EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_nodes EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_heads EXECUTE FUNCTION refuse_change();

-- What the arena promised of a battle before it was answered (arena/evaluation/commitments.py). The nonce opens the
-- commitment to pair and positions; the salt those to voter and prompt, until it is destroyed. NULL before there was a
-- ledger.
ALTER TABLE battles
    ADD COLUMN commitment bytea CHECK (length(commitment) = 32),
    ADD COLUMN nonce bytea CHECK (length(nonce) = 32),
    ADD COLUMN salt bytea CHECK (length(salt) = 32);

-- Votes and battles tell the outbox in the statement that records them, which is the cheapest way. Rarer acts do so here,
-- whoever writes them and by whatever statement, so that none is forgotten. What operators write about people, and who
-- they are, is left out: a leaf can't be taken back.
CREATE FUNCTION acted_by(account uuid) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN account IS NULL THEN 'arena' ELSE 'operator' END
$$;

-- Of what is tested privately only the number is told, so that anybody can count the variants; the rest comes with the
-- announcement.
CREATE FUNCTION note_contender() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (kind, payload)
    SELECT CASE TG_OP WHEN 'INSERT' THEN 'contender_registered' ELSE 'contender_announced' END,
           jsonb_build_object('contender', NEW.id)
           || CASE WHEN NEW.committed_at IS NULL THEN '{}'
                   ELSE jsonb_build_object('slug', NEW.slug, 'name', NEW.name, 'organisation', NEW.organisation) END;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_registered AFTER INSERT ON contenders FOR EACH ROW EXECUTE FUNCTION note_contender();
CREATE TRIGGER note_announced AFTER UPDATE OF committed_at ON contenders FOR EACH ROW
    WHEN (OLD.committed_at IS NULL AND NEW.committed_at IS NOT NULL) EXECUTE FUNCTION note_contender();

CREATE FUNCTION note_rename() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (kind, payload)
    SELECT 'contender_renamed', jsonb_build_object('contender', id)
           || CASE WHEN committed_at IS NULL THEN '{}'
                   ELSE jsonb_build_object('former', NEW.former_name, 'name', NEW.name) END
    FROM contenders WHERE id = NEW.contender_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER note AFTER INSERT ON renames FOR EACH ROW EXECUTE FUNCTION note_rename();

CREATE FUNCTION note_retired() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (kind, payload)
    SELECT 'contender_retired', jsonb_build_object('contender', contender_id, 'by', NEW.actor)
    FROM endpoints WHERE id = NEW.endpoint_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_retired AFTER INSERT ON endpoint_events FOR EACH ROW
    WHEN (NEW.state = 'retired' AND NEW.former IS DISTINCT FROM 'retired') EXECUTE FUNCTION note_retired();

CREATE FUNCTION note_board_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (kind, payload)
    SELECT 'settings_changed', jsonb_build_object('of', 'board', 'board', slug, 'what', NEW.what, 'former', NEW.former,
                                                  'present', NEW.present, 'by', acted_by(NEW.account_id))
    FROM boards WHERE id = NEW.board_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER note AFTER INSERT ON board_acts FOR EACH ROW EXECUTE FUNCTION note_board_act();

CREATE FUNCTION note_setting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (kind, payload)
    VALUES ('settings_changed', to_jsonb(NEW) - '{id,reason,actor,account_id,set_at,forbidden_at,lifted_because,lifted_by}'::text[]
            || jsonb_build_object('of', TG_ARGV[0], 'by', acted_by(NEW.account_id)));
    RETURN NULL;
END
$$;
CREATE TRIGGER note AFTER INSERT ON pairing_rates FOR EACH ROW EXECUTE FUNCTION note_setting('pairing rate');
CREATE TRIGGER note AFTER INSERT ON pairing_policies FOR EACH ROW EXECUTE FUNCTION note_setting('pairing policy');
CREATE TRIGGER note AFTER INSERT OR UPDATE OF lifted_at ON forbidden_pairs
    FOR EACH ROW EXECUTE FUNCTION note_setting('forbidden pair');

CREATE FUNCTION note_exclusion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (kind, payload)
    VALUES (CASE TG_OP WHEN 'INSERT' THEN 'exclusion' ELSE 'exclusion_lifted' END,
            jsonb_build_object('battle', NEW.battle_id, 'exclusion', NEW.id, 'reason', NEW.reason, 'side', NEW.position,
                               'by', acted_by(CASE TG_OP WHEN 'INSERT' THEN NEW.account_id ELSE NEW.lifted_by END)));
    RETURN NULL;
END
$$;
CREATE TRIGGER note_exclusion AFTER INSERT ON exclusions FOR EACH ROW EXECUTE FUNCTION note_exclusion();
CREATE TRIGGER note_lifted AFTER UPDATE OF lifted_at ON exclusions FOR EACH ROW
    WHEN (OLD.lifted_at IS NULL AND NEW.lifted_at IS NOT NULL) EXECUTE FUNCTION note_exclusion();

CREATE FUNCTION note_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (kind, payload)
    SELECT 'snapshot', jsonb_build_object('snapshot', NEW.id, 'board', slug, 'votes', NEW.votes, 'digest', NEW.digest)
    FROM boards WHERE id = NEW.board_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER note AFTER INSERT ON snapshots FOR EACH ROW EXECUTE FUNCTION note_snapshot();

CREATE FUNCTION note_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (kind, subject, payload)
    SELECT 'release', NEW.id, jsonb_build_object('release', NEW.id, 'board', slug, 'snapshot', NEW.snapshot_id)
    FROM boards WHERE id = NEW.board_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER note AFTER INSERT ON releases FOR EACH ROW EXECUTE FUNCTION note_release();

-- What there was before the ledger begins it, each kind in its order.
INSERT INTO outbox (kind, payload, noted_at)
SELECT 'contender_registered',
       jsonb_build_object('contender', id)
       || CASE WHEN committed_at IS NULL THEN '{}'
               ELSE jsonb_build_object('slug', slug, 'name', name, 'organisation', organisation) END,
       entered_at
FROM contenders ORDER BY entered_at, id;
INSERT INTO outbox (kind, subject, payload, noted_at)
SELECT 'vote', id::text,
       jsonb_build_object('vote', encode(substring(sha256('vote'::bytea || uuid_send(id)) FOR 16), 'hex'),
                          'battle', battle_id, 'outcome', outcome),
       cast_at
FROM votes ORDER BY cast_at, id;
INSERT INTO outbox (kind, payload, noted_at)
SELECT act.kind, jsonb_build_object('battle', battle_id, 'exclusion', id, 'reason', reason, 'side', position,
                                    'by', acted_by(act.account)), act.at
FROM exclusions CROSS JOIN LATERAL (
    VALUES ('exclusion', account_id, excluded_at), ('exclusion_lifted', lifted_by, lifted_at)
) AS act (kind, account, at)
WHERE act.at IS NOT NULL ORDER BY act.at, id;
INSERT INTO outbox (kind, subject, payload, noted_at)
SELECT 'release', releases.id, jsonb_build_object('release', releases.id, 'board', slug, 'snapshot', snapshot_id),
       published_at
FROM releases JOIN boards ON boards.id = board_id ORDER BY published_at, releases.id;
