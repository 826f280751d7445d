-- The tables. What is marked (facts) is only ever added to.

-- One row: where everything stands. A group of commits holds it from its beginning to its end, so groups of all nodes
-- follow one another, and numbers have no gaps.
CREATE TABLE head (
  one smallint PRIMARY KEY CHECK (one = 1),
  commit_number bigint NOT NULL,
  entry_sequence bigint NOT NULL,
  entry_time timestamptz NOT NULL,
  -- An import of history must come after this moment.
  import_after timestamptz NOT NULL,
  account_number bigint NOT NULL,
  event_sequence bigint NOT NULL,
  highest_id uuid NOT NULL,
  -- The group that wrote it.
  group_id uuid NOT NULL,
  -- 0 would mean that another group came in between: the database refuses that.
  guard smallint NOT NULL CHECK (guard = 1)
) WITH (fillfactor = 10);
INSERT INTO head VALUES (1, 0, 0, 'epoch', 'epoch', 0, 0, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 1);

-- What was written in one database transaction: how a lost answer to COMMIT is looked up, and where a moment is found in
-- the journal. (facts)
CREATE TABLE groups (
  first_commit bigint PRIMARY KEY,
  last_commit bigint NOT NULL,
  id uuid NOT NULL,
  first_entry bigint,
  last_entry bigint,
  first_time timestamptz
);
CREATE INDEX groups_first_time ON groups (first_time) WHERE first_time IS NOT NULL;

-- Who committed, and when. (facts)
CREATE TABLE commits (
  number bigint PRIMARY KEY,
  time timestamptz NOT NULL,
  principal text NOT NULL
);

-- Accounts with their sums now, in minor units of their currency.
CREATE TABLE accounts (
  number bigint PRIMARY KEY,
  version bigint NOT NULL CHECK (version >= 0),
  debits_posted bigint NOT NULL CHECK (debits_posted >= 0),
  credits_posted bigint NOT NULL CHECK (credits_posted >= 0),
  debits_reserved bigint NOT NULL CHECK (debits_reserved >= 0),
  credits_reserved bigint NOT NULL CHECK (credits_reserved >= 0),
  id uuid NOT NULL UNIQUE,
  currency text NOT NULL,
  chart integer NOT NULL,
  entity integer NOT NULL,
  owner text NOT NULL,
  side text NOT NULL CHECK (side IN ('debit', 'credit')),
  floor bigint,
  ceiling bigint,
  -- How fast money may move, a JSON list.
  velocity text NOT NULL,
  -- The account above it.
  parent uuid,
  closed boolean NOT NULL,
  opened_by_commit bigint NOT NULL,
  CHECK (NOT closed OR (debits_posted = credits_posted AND debits_reserved = 0 AND credits_reserved = 0))
) WITH (fillfactor = 60);
CREATE INDEX accounts_owner ON accounts (owner, number) WHERE owner <> '';
CREATE INDEX accounts_chart ON accounts (chart, number);
CREATE INDEX accounts_parent ON accounts (parent) WHERE parent IS NOT NULL;

-- The last closed day of each entity that has closed days.
CREATE TABLE periods (
  entity integer PRIMARY KEY,
  closed_through date NOT NULL
);

-- Days closed and opened again. (facts)
CREATE TABLE period_changes (
  commit_number bigint NOT NULL,
  entity integer NOT NULL,
  closed_through date,
  PRIMARY KEY (commit_number, entity)
);

-- Later changes of limits, and closing. (facts)
CREATE TABLE account_changes (
  commit_number bigint NOT NULL,
  account bigint NOT NULL REFERENCES accounts,
  floor bigint,
  ceiling bigint,
  velocity text NOT NULL,
  closed boolean NOT NULL,
  PRIMARY KEY (commit_number, account)
);

-- The journal: one row an entry, with the sums and versions of both accounts after it. Accounts are named by number.
-- (facts)
CREATE TABLE transfers (
  sequence bigint PRIMARY KEY,
  commit_number bigint NOT NULL,
  time timestamptz NOT NULL,
  id uuid NOT NULL UNIQUE,
  debit bigint NOT NULL,
  credit bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  code integer NOT NULL,
  kind text NOT NULL,
  reference uuid,
  -- The reservation that it resolves, or the transfer that it takes back.
  refers_to uuid,
  expires timestamptz,
  effective_day date,
  -- What was asked for, of a transfer of as much as is there.
  most bigint,
  metadata text,
  debit_version bigint NOT NULL,
  debit_debits_posted bigint NOT NULL,
  debit_credits_posted bigint NOT NULL,
  debit_debits_reserved bigint NOT NULL,
  debit_credits_reserved bigint NOT NULL,
  credit_version bigint NOT NULL,
  credit_debits_posted bigint NOT NULL,
  credit_credits_posted bigint NOT NULL,
  credit_debits_reserved bigint NOT NULL,
  credit_credits_reserved bigint NOT NULL,
  CHECK (debit <> credit)
);
CREATE INDEX transfers_debit ON transfers (debit, sequence);
CREATE INDEX transfers_credit ON transfers (credit, sequence);
CREATE INDEX transfers_reference ON transfers (reference, sequence) WHERE reference IS NOT NULL;

-- What transfers can be searched by. (facts)
CREATE TABLE transfer_metadata (
  key text NOT NULL,
  value text NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (key, value, sequence)
);

-- Reservations that are open now. The transfer that made each has all its columns.
CREATE TABLE reservations (
  id uuid PRIMARY KEY,
  sequence bigint NOT NULL,
  expires timestamptz
);
CREATE INDEX reservations_expires ON reservations (expires, id) WHERE expires IS NOT NULL;

-- Transfer ids that were refused and stay refused. (facts)
CREATE TABLE refusals (
  id uuid PRIMARY KEY,
  commit_number bigint NOT NULL,
  reason text NOT NULL
);

-- Documents. The body is JSON, kept byte for byte as it was written: cast it to jsonb to look inside.
CREATE TABLE records (
  kind text NOT NULL,
  id uuid NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  commit_number bigint NOT NULL,
  keys text NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE TABLE record_keys (
  kind text NOT NULL,
  name text NOT NULL,
  key text NOT NULL,
  id uuid NOT NULL,
  PRIMARY KEY (kind, name, key, id)
);

-- Answers to idempotency keys. (facts)
CREATE TABLE answers (
  scope text NOT NULL,
  key text NOT NULL,
  commit_number bigint NOT NULL,
  fingerprint text NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (scope, key)
);

CREATE TABLE jobs (
  id uuid PRIMARY KEY,
  commit_number bigint NOT NULL,
  kind text NOT NULL,
  due timestamptz NOT NULL,
  attempts bigint NOT NULL,
  body text NOT NULL
);
CREATE INDEX jobs_due ON jobs (due, id);

-- The outbox. (facts)
CREATE TABLE events (
  sequence bigint PRIMARY KEY,
  commit_number bigint NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  object text NOT NULL,
  object_sequence bigint NOT NULL,
  at timestamptz NOT NULL,
  data text NOT NULL
);
