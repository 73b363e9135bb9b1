-- One of everything that makes rules go wrong. Every person here is invented.

-- Triggers that keep, copy and date what is changed; one fires whatever the session says.
CREATE TABLE audit (at timestamptz NOT NULL DEFAULT now(), old jsonb);
CREATE TABLE people (
    id      int PRIMARY KEY,
    mail    text NOT NULL UNIQUE,
    name    text NOT NULL,
    shadow  text NOT NULL DEFAULT 'nothing',
    changed timestamptz NOT NULL DEFAULT '2020-01-01 00:00+00',
    label   text GENERATED ALWAYS AS ('<' || mail || '>') STORED
);
INSERT INTO people (id, mail, name)
SELECT n, 'ann' || n || '@corp' || n || '.de', 'Ann Meyer' || n FROM generate_series(1, 60) AS n;
CREATE FUNCTION keep_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.audit (old) VALUES (to_jsonb(OLD)); RETURN NEW; END $$;
CREATE FUNCTION copy_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.shadow := 'was ' || OLD.mail; RETURN NEW; END $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.changed := now(); RETURN NEW; END $$;
CREATE TRIGGER kept AFTER UPDATE OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION keep_old();
CREATE TRIGGER copied BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION copy_old();
CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE people ENABLE ALWAYS TRIGGER kept, ENABLE REPLICA TRIGGER copied;
CREATE MATERIALIZED VIEW vip AS SELECT id, mail FROM people WHERE id % 2 = 0;
CREATE TABLE newsletter AS SELECT mail FROM people;

-- A key made of people's own words.
CREATE TABLE logins (login text PRIMARY KEY);
CREATE TABLE visits (login text NOT NULL REFERENCES logins, n int);
INSERT INTO logins SELECT 'ann.meyer' || n FROM generate_series(1, 20) AS n;
INSERT INTO visits SELECT 'ann.meyer' || 1 + n % 20, n FROM generate_series(1, 60) AS n;

CREATE TABLE blanks (id int, name text, amount numeric);
INSERT INTO blanks VALUES (1, NULL, NULL), (2, '', 0), (3, 'Ann Meyer', 5);

-- Partitions of partitions, one with its columns in another order, and tables that inherit.
CREATE TABLE events (id int NOT NULL, region text NOT NULL, who text) PARTITION BY LIST (region);
CREATE TABLE events_eu PARTITION OF events FOR VALUES IN ('eu') PARTITION BY RANGE (id);
CREATE TABLE events_eu_1 PARTITION OF events_eu FOR VALUES FROM (0) TO (100);
CREATE TABLE events_us (who text, gone int, region text NOT NULL, id int NOT NULL);
ALTER TABLE events_us DROP COLUMN gone;
ALTER TABLE events ATTACH PARTITION events_us FOR VALUES IN ('us');
INSERT INTO events SELECT n, CASE WHEN n % 2 = 0 THEN 'eu' ELSE 'us' END, 'Ann' || n FROM generate_series(1, 40) AS n;
CREATE TABLE notes (id int, body text);
CREATE TABLE old_notes (archived date) INHERITS (notes);
INSERT INTO notes SELECT n, 'Ann' || n || ' called' FROM generate_series(1, 10) AS n;
INSERT INTO old_notes SELECT n, 'Ann' || n || ' wrote', '2020-01-01' FROM generate_series(11, 20) AS n;

CREATE TABLE seats (flight int, seat int, passenger text, PRIMARY KEY (flight, seat));
CREATE TABLE bags (flight int, seat int, tag text, FOREIGN KEY (flight, seat) REFERENCES seats);
INSERT INTO seats SELECT f, s, 'Ann' || f || '/' || s FROM generate_series(1, 5) AS f, generate_series(1, 4) AS s;
INSERT INTO bags SELECT flight, seat, passenger FROM seats;

CREATE TABLE shifted (gone text, a text, b text GENERATED ALWAYS AS (upper(a)) STORED, c text, d text);
ALTER TABLE shifted DROP COLUMN gone;
INSERT INTO shifted (a, c, d) SELECT 'a' || n, 'c' || n, 'Ann' || n FROM generate_series(1, 5) AS n;

-- Periods, identities, exclusions, a key that older rows do not keep, a policy for somebody.
CREATE TABLE rooms (
    id     int GENERATED ALWAYS AS IDENTITY (START 7) PRIMARY KEY,
    during int4range NOT NULL,
    guest  text,
    EXCLUDE USING gist (during WITH &&)
);
INSERT INTO rooms (during, guest) SELECT int4range(n, n + 1), 'Ann' || n FROM generate_series(1, 5) AS n;
CREATE TABLE prices (item int4range, valid daterange, who text, PRIMARY KEY (item, valid WITHOUT OVERLAPS));
INSERT INTO prices SELECT int4range(1, 2), daterange('2020-01-01'::date + n, '2020-01-02'::date + n), 'Ann' || n
FROM generate_series(1, 5) AS n;
CREATE TABLE orphans (id int, person int, word text);
INSERT INTO orphans VALUES (1, 1, 'Ann'), (2, 999, 'Bob');
ALTER TABLE orphans ADD FOREIGN KEY (person) REFERENCES people NOT VALID;
CREATE POLICY own ON notes TO hazard_tenant, "hazard ""odd"", TO x" USING (id < 5);

-- Moments in a session of another place, and values at the ends of their types.
CREATE TABLE moments (id int, at timestamptz, plain timestamp, day date, said text);
INSERT INTO moments VALUES
    (1, '2021-03-28 00:30+00', '2021-03-28 02:30', '2021-03-28', ''),
    (2, '2021-07-01 20:00+00', '2021-07-01 22:00', '2021-07-01', '');
CREATE TABLE extremes (id int, double float8, single float4, big bigint, exact numeric, raw bytea, word text, mark text);
INSERT INTO extremes VALUES
    (1, 0.1::float8 + 0.2, 0.1, 9007199254740993, 123456789012345678901234567890.123, '\x00ff0a5c', E'a\r\nb', ''),
    (2, 1e-310, 'NaN', -9223372036854775808, 'NaN', '\x', '', ''),
    (3, '-0', 'Infinity', 9223372036854775807, 0.000, '\x5c30', '\N', ''),
    (4, 'NaN', '1e-45', 0, 'Infinity', NULL, NULL, ''),
    (5, 1, 1, 1, 1, '\x09', E'\\.\t\\', '');

-- Rows that programs have taken for commands.
CREATE TABLE lines (id int, line text, mark text);
INSERT INTO lines VALUES
    (1, '\! touch {marker}', ''), (2, '\.', ''), (3, '\restrict x', ''), (4, E'\\.\n\\! touch {marker}\n', ''),
    (5, '`touch {marker}`', ''), (6, E'x\n\\connect template1\n', ''), (7, '/*M!999999\- enable the sandbox mode */', '');
