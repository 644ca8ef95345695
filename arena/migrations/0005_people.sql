-- People who sign in: providers' members, analysts, moderators, operators. Voters need no account.
CREATE TABLE accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND email LIKE '_%@_%'),
    name text NOT NULL CHECK (name <> ''),
    roles text[] NOT NULL CHECK (roles <@ '{voter,provider,analyst,moderator,operator}'),
    -- Argon2id; NULL for who signs in elsewhere, or with keys alone.
    password_hash text,
    -- Who they are at the identity provider that they sign in with.
    issuer text,
    subject text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL))
);

-- A provider is an organisation with members; its endpoints are theirs.
CREATE TABLE members (
    provider_id uuid NOT NULL REFERENCES providers,
    account_id uuid NOT NULL REFERENCES accounts,
    standing text NOT NULL CHECK (standing IN ('owner', 'member')),
    joined_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider_id, account_id)
);
CREATE INDEX members_account ON members (account_id);

-- Known by the hash of what the cookie holds, so that whoever reads this table can't be anybody.
CREATE TABLE sessions (
    digest bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    signed_in_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE api_keys (
    id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{12}$'),
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    scopes text[] NOT NULL CHECK (scopes <@ '{read,submit,account,operate}' AND cardinality(scopes) > 0),
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_account ON api_keys (account_id);
