-- Who gave whom which roles, and why.
CREATE TABLE appointments (
    account_id uuid NOT NULL REFERENCES accounts,
    roles text[] NOT NULL CHECK (roles <@ '{voter,provider,analyst,moderator,operator}'),
    appointed_by uuid NOT NULL REFERENCES accounts,
    reason text NOT NULL CHECK (reason <> ''),
    appointed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, appointed_at)
);
