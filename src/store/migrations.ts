/** The vendors' user ids in readings, each with a word for it: the id, or a number where that is no plain one. */
const seenIds = `(
  SELECT vendor, person,
    CASE WHEN person = '' OR person GLOB '*[^0-9]*' OR length(person) > 20 THEN 'x' || min(seq) ELSE person END AS word
  FROM reading WHERE person IS NOT NULL GROUP BY vendor, person
)`;

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
  `
  CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    named_by TEXT NOT NULL,
    short_name TEXT,
    colour TEXT,
    height_m REAL,
    birth_date TEXT,
    sex TEXT,
    athlete INTEGER NOT NULL DEFAULT 0,
    weight_kg REAL
  );
  CREATE TABLE person_id (
    vendor TEXT NOT NULL,
    user_id TEXT NOT NULL,
    person INTEGER NOT NULL,
    given_by TEXT NOT NULL DEFAULT 'seen',
    PRIMARY KEY (vendor, user_id)
  ) WITHOUT ROWID;

  ALTER TABLE reading ADD COLUMN owner INTEGER;
  ALTER TABLE reading ADD COLUMN owned_by TEXT;
  ALTER TABLE reading ADD COLUMN counts INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE reading ADD COLUMN counted_by TEXT;
  INSERT INTO person (key, origin, name, named_by)
    SELECT vendor || '-' || word, 'learnt', vendor || ' ' || word, 'id'
    FROM ${seenIds};
  INSERT INTO person_id (vendor, user_id, person)
    SELECT seen.vendor, seen.person, person.id
    FROM ${seenIds} AS seen JOIN person ON person.key = seen.vendor || '-' || seen.word;
  UPDATE reading
    SET owned_by = 'vendor',
      owner = (SELECT person FROM person_id WHERE vendor = reading.vendor AND user_id = reading.person)
    WHERE person IS NOT NULL AND kind NOT IN
      ('room_temperature', 'room_humidity', 'co2', 'battery', 'battery_voltage', 'firmware');
  UPDATE reading SET counts = 0 WHERE quality LIKE '%deleted%';
  DROP INDEX reading_by_person;
  CREATE INDEX reading_by_owner ON reading (owner, kind, time_ms);
  CREATE INDEX reading_by_device ON reading (kind, vendor, device, time_ms) WHERE owner IS NULL;
  CREATE INDEX reading_by_hand ON reading (time_ms) WHERE owned_by = 'hand' OR counted_by = 'hand';

  CREATE TABLE retraction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    vendor TEXT,
    device TEXT,
    time_ms INTEGER,
    owner TEXT
  );
  ALTER TABLE delivery ADD COLUMN retraction INTEGER NOT NULL DEFAULT 0;
  INSERT INTO retraction (owner)
    SELECT DISTINCT person FROM reading
    WHERE person IS NOT NULL AND EXISTS (SELECT 1 FROM delivery);
  UPDATE delivery SET seq = 0;

  CREATE TABLE device (
    vendor TEXT NOT NULL,
    device TEXT NOT NULL,
    first_seen_us INTEGER NOT NULL,
    last_seen_us INTEGER NOT NULL,
    client TEXT NOT NULL,
    answered TEXT NOT NULL,
    PRIMARY KEY (vendor, device)
  ) WITHOUT ROWID;
  INSERT INTO device
    SELECT vendor, device, first_us, started_at_us, client, answered
    FROM (
      SELECT vendor, device, started_at_us, client, answered,
        min(started_at_us) OVER same_device AS first_us,
        row_number() OVER (same_device ORDER BY started_at_us DESC, id DESC) AS place
      FROM exchange WHERE vendor IS NOT NULL AND device IS NOT NULL AND source NOT IN ('pull', 'catch-up')
      WINDOW same_device AS (PARTITION BY vendor, device)
    )
    WHERE place = 1;
  `,
];
