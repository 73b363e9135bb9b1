-- One of everything that makes running rules while reading different from running them in a copy.
CREATE DOMAIN email AS text CHECK (value LIKE '%@%');
CREATE DOMAIN short AS varchar(5);
CREATE DOMAIN numbered AS oid;
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE TYPE place AS (street varchar(8), city text);
CREATE TYPE spot AS (x int, y int);
CREATE FUNCTION noisy(t text) RETURNS text LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN t || random(); END';

CREATE TABLE ref (k int PRIMARY KEY, v text);
INSERT INTO ref SELECT i, 'v' || i FROM generate_series(0, 20) i;

CREATE TABLE t1 (
    id int PRIMARY KEY, a varchar(5), c char(4), n numeric(6, 2), i int, ts timestamptz, d date, j jsonb,
    arr text[], b bytea, dom email, e colour DEFAULT 'red', g int GENERATED ALWAYS AS (i * 2) STORED,
    txt text COLLATE "C", bl bool, nul text, f float8, bt bit(3), "Weird ""C" text, iv interval,
    def int DEFAULT 7, r int4range, u uuid, sh short, vb varbit(6), xy spot, lim varchar(3)[], home place,
    seq serial, tm timestamp(0)
);
INSERT INTO t1 (id, a, c, n, i, ts, d, j, arr, b, dom, txt, bl, nul, f, bt, "Weird ""C", iv, def, r, u, sh, vb, xy,
                lim, home, tm)
SELECT i, left(md5(i::text), i % 6), left(md5(i::text), i % 5), i * 1.37, CASE WHEN i % 7 = 0 THEN NULL ELSE i % 10 END,
       '2020-01-01 00:00+00'::timestamptz + i * '1h'::interval, '2020-01-01'::date + i,
       jsonb_build_object('a', i, 'b', ARRAY[i, i + 1]), ARRAY['x' || i, NULL, 'a"b\c'], decode(md5(i::text), 'hex'),
       'u' || i || '@x', chr(65 + i % 50) || 'z', i % 3 = 0,
       CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN E'tab\there' WHEN 2 THEN E'nl\nback\\slash' WHEN 3 THEN '\N' ELSE '' END,
       i / 3.0, (i % 8)::bit(3), 'w' || i, i * '1 day'::interval, i, int4range(i, i + 5), md5(i::text)::uuid,
       left(md5(i::text), i % 6), (i % 4)::bit(2)::varbit, ROW(i, -i)::spot, ARRAY[left(md5(i::text), 3)],
       ROW(left(md5(i::text), 8), 'city' || i)::place, '2020-01-01'::timestamp + i * '1h'::interval
FROM generate_series(1, 300) i;

CREATE FUNCTION leak(here place) RETURNS text LANGUAGE sql AS 'SELECT max(v) FROM ref WHERE here.city <> v';
CREATE FUNCTION leak_row(here t1) RETURNS text LANGUAGE sql AS 'SELECT max(v) FROM ref WHERE here.a <> v';

CREATE TABLE limits (
    id int PRIMARY KEY, must text NOT NULL, amount int CHECK (amount BETWEEN 0 AND 100),
    code text UNIQUE, low text, label text, span int4range, EXCLUDE USING gist (span WITH &&),
    doubled int NOT NULL GENERATED ALWAYS AS (amount * 2) STORED,
    CHECK (low IS NULL OR length(low) < 20)
);
CREATE UNIQUE INDEX limits_low ON limits (lower(low)) WHERE amount > 50;
INSERT INTO limits (id, must, amount, code, low, label, span)
SELECT i, 'm' || i, i, 'c' || i, 'L' || i, 'l' || i, int4range(i * 10, i * 10 + 5) FROM generate_series(1, 100) i;

CREATE TABLE par (id int PRIMARY KEY, x text);
CREATE TABLE chi (id int, pid int REFERENCES par ON DELETE CASCADE, y text);
INSERT INTO par SELECT i, 'p' || i FROM generate_series(1, 10) i;
INSERT INTO chi SELECT i, 1 + i % 10, 'c' || i FROM generate_series(1, 30) i;

CREATE TABLE tree (id int PRIMARY KEY, above int REFERENCES tree ON DELETE CASCADE, s text);
INSERT INTO tree SELECT i, nullif(i / 2, 0), 't' || i FROM generate_series(1, 15) i;

CREATE TABLE pt (id int, k int, s text, w text) PARTITION BY LIST (k);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1);
CREATE TABLE pt2 (w text, s text, gone int, id int, k int);
ALTER TABLE pt2 DROP COLUMN gone;
ALTER TABLE pt ATTACH PARTITION pt2 FOR VALUES IN (2);
CREATE TABLE pt3 PARTITION OF pt FOR VALUES IN (3) PARTITION BY RANGE (id);
CREATE TABLE pt3a PARTITION OF pt3 FOR VALUES FROM (0) TO (1000);
INSERT INTO pt SELECT i, 1 + i % 3, 's' || i, 'w' || i FROM generate_series(1, 30) i;

CREATE TABLE inh (id int, s text);
CREATE TABLE inh2 (extra int) INHERITS (inh);
INSERT INTO inh SELECT i, 'i' || i FROM generate_series(1, 5) i;
INSERT INTO inh2 SELECT i, 'j' || i, i FROM generate_series(6, 9) i;

CREATE TABLE trg (id int, s text, upd timestamptz);
CREATE TABLE trail (was text);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO trail VALUES (OLD.s); NEW.upd = ''2000-01-01''; RETURN NEW; END';
CREATE TRIGGER plain BEFORE UPDATE ON trg FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER always BEFORE UPDATE ON trg FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE trg ENABLE ALWAYS TRIGGER always;
INSERT INTO trg SELECT i, 't' || i FROM generate_series(1, 5) i;

CREATE TABLE secured (id int, s text);
INSERT INTO secured SELECT i, 's' || i FROM generate_series(1, 5) i;
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
ALTER TABLE secured FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON secured USING (id = 1);

CREATE TABLE ruled (id int, s text);
INSERT INTO ruled VALUES (1, 'a');
CREATE RULE nothing AS ON UPDATE TO ruled DO INSTEAD NOTHING;

CREATE TABLE named (id int, c regclass, s text);
INSERT INTO named VALUES (1, 't1', 'x');

CREATE TABLE status (id int, status text);
INSERT INTO status SELECT i, 's' || i FROM generate_series(1, 5) i;

CREATE TABLE files (id int, content numbered, name text);
INSERT INTO files SELECT i, lo_from_bytea(0, decode(md5(i::text), 'hex')), 'f' || i FROM generate_series(1, 4) i;

CREATE VIEW seen AS SELECT id, nul FROM t1;
CREATE TABLE open_check (id int, s text);
INSERT INTO open_check VALUES (1, 'old');
ALTER TABLE open_check ADD CHECK (s <> 'old') NOT VALID;

CREATE TABLE texts (t text PRIMARY KEY);
CREATE TABLE none_yet (mail email UNIQUE, k text REFERENCES texts CHECK (k <> 'x'));

CREATE TABLE plain (id int PRIMARY KEY, s text);
INSERT INTO plain SELECT i, 'P' || i FROM generate_series(1, 10) i;
