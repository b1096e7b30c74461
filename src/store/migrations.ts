/**
 * Steps from one form of the database to the next, in order; the number of those done is the file's
 * `user_version`. They only go forward, and one that has been released is never changed.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE exchange (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at_us INTEGER NOT NULL,
    response_after_us INTEGER,
    ended_after_us INTEGER NOT NULL,
    source TEXT NOT NULL,
    connection TEXT NOT NULL,
    client TEXT NOT NULL,
    upstream TEXT NOT NULL,
    answered TEXT NOT NULL,
    reason TEXT,
    vendor TEXT,
    label TEXT NOT NULL,
    device TEXT,
    verdict TEXT,
    refusals TEXT,
    request_head BLOB NOT NULL,
    request_body BLOB NOT NULL,
    request_body_bytes INTEGER NOT NULL,
    request_complete INTEGER NOT NULL,
    interim BLOB,
    response_head BLOB,
    response_body BLOB,
    response_body_bytes INTEGER,
    response_complete INTEGER
  );
  CREATE INDEX exchange_by_start ON exchange (started_at_us);

  CREATE TABLE reading (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    value REAL NOT NULL,
    unit TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    device TEXT NOT NULL,
    vendor TEXT NOT NULL,
    person TEXT,
    candidates TEXT,
    quality TEXT,
    exchange INTEGER NOT NULL
  );
  CREATE INDEX reading_by_time ON reading (time_ms);

  CREATE TABLE value (
    vendor TEXT NOT NULL,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    updated_at_us INTEGER NOT NULL,
    PRIMARY KEY (vendor, device, name)
  ) WITHOUT ROWID;

  CREATE TABLE delivery (
    sink TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE delivery_refusal (
    sink TEXT NOT NULL,
    seq INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (sink, seq)
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE owed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    exchange INTEGER NOT NULL,
    vendor TEXT NOT NULL,
    device TEXT NOT NULL,
    key TEXT NOT NULL,
    label TEXT NOT NULL,
    request_head BLOB NOT NULL,
    request_body BLOB NOT NULL,
    answered_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    status INTEGER,
    tries INTEGER NOT NULL,
    last_problem TEXT,
    lease_until_ms INTEGER NOT NULL,
    settled_at_ms INTEGER,
    UNIQUE (vendor, device, key)
  );
  CREATE INDEX owed_pending ON owed (vendor, device, id) WHERE state = 'pending';

  CREATE INDEX reading_by_person ON reading (person, kind, time_ms) WHERE person IS NOT NULL;
  `,
  `
  ALTER TABLE reading ADD COLUMN cloud_id TEXT;
  CREATE INDEX reading_by_cloud_id ON reading (cloud_id, vendor) WHERE cloud_id IS NOT NULL;
  `,
];
