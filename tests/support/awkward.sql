-- Everything that a copy can get wrong, in one small database. Paragraphs run one by one.

CREATE EXTENSION citext;
CREATE SCHEMA "We""ird :schema";
CREATE TYPE mood AS ENUM ('sad', 'so so', 'it''s fine');
CREATE DOMAIN email AS citext CHECK (value ~ '@');
CREATE TYPE point3 AS (x int, y numeric(10, 2), label text);

CREATE TABLE people (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email email UNIQUE,
    mood mood NOT NULL DEFAULT 'so so',
    place point3,
    tags text[],
    matrix int[][],
    profile jsonb,
    picture bytea,
    words tsvector,
    born date,
    seen timestamptz,
    pause interval,
    ratio double precision,
    price numeric,
    network inet,
    span tstzrange,
    dropped int,
    refers regclass,
    email_length int GENERATED ALWAYS AS (length(email::text)) STORED,
    parent bigint REFERENCES people DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE people DROP COLUMN dropped;
ALTER TABLE people ADD COLUMN added text DEFAULT E'tab\there, back\\slash, new\nline';
INSERT INTO people (email, mood, place, tags, matrix, profile, picture, words, born, seen, pause, ratio, price,
                    network, span, refers, parent)
SELECT 'user' || i || '@Example.org', (ARRAY['sad', 'so so', 'it''s fine'])[1 + i % 3]::mood,
       ROW(i, i / 7.0, E'quote " comma , \\ \n')::point3, ARRAY['x', NULL, '{"}', E'\t', ''],
       ARRAY[[i, 2], [3, NULL]], jsonb_build_object('name', 'Ünï ' || i, 'nested', jsonb_build_array(i, NULL)),
       decode(md5(i::text) || '00ff0a5c2e0a5c2e', 'hex'), to_tsvector('simple', 'word' || i || ' again'),
       '0044-03-15 BC'::date + i, '1999-12-31 23:59:60+05:30'::timestamptz + i * interval '1 day 3.5s',
       i * interval '1 mon -3 days 04:05:06.789', i / 3.0 * 1e-300, CASE WHEN i = 5 THEN 'NaN' ELSE i ^ 30 END,
       '192.168.0.0/16', tstzrange(NULL, '2020-01-01 00:00+00'), 'people'::regclass, nullif(i - 1, 0)
FROM generate_series(1, 500) i;

CREATE INDEX ON people USING gin (profile);
CREATE INDEX ON people (lower(email::text)) WHERE mood <> 'sad';
COMMENT ON TABLE people IS 'People; with "quotes" and
a second line';
COMMENT ON COLUMN people.email IS 'how to write to them';
COMMENT ON CONSTRAINT people_parent_fkey ON people IS 'a key of its own';

CREATE TABLE "We""ird :schema"."T
able \. :'x' -- 💥" ("-col""1" int PRIMARY KEY, ":colon" text, "\back
slash" text, "sélect" text DEFAULT 'ü');
INSERT INTO "We""ird :schema"."T
able \. :'x' -- 💥" VALUES (1, '\.', E'\\.\n\\.\n'), (2, NULL, ''), (3, '\N', E'\r\n'), (4, '\', E'a\\');
CREATE TABLE "We""ird :schema"."-dash" (only_one text);
INSERT INTO "We""ird :schema"."-dash" VALUES (E'\\.'), ('\.'), (E'\\.\n'), (''), (NULL), (E'\n'), ('\');
CREATE TABLE "We""ird :schema"."ABCDEFGHIJabcdefghijABCDEFGHIJabcdefghijABCDEFGHIJabcdefghij123" ("Select" int);
INSERT INTO "We""ird :schema"."ABCDEFGHIJabcdefghijABCDEFGHIJabcdefghijABCDEFGHIJabcdefghij123" VALUES (7);

CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
INSERT INTO nothing DEFAULT VALUES;
CREATE TABLE empty (a int, b text);
CREATE TABLE only_generated (a int GENERATED ALWAYS AS (1 + 1) STORED);
INSERT INTO only_generated DEFAULT VALUES;
CREATE UNLOGGED TABLE unlogged (a int);
INSERT INTO unlogged VALUES (5);

CREATE TABLE measures (taken date NOT NULL, value int, note text) PARTITION BY RANGE (taken);
CREATE TABLE measures_2024 PARTITION OF measures FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE measures_2025 (note text, dropped int, value int, taken date NOT NULL);
ALTER TABLE measures_2025 DROP COLUMN dropped;
ALTER TABLE measures ATTACH PARTITION measures_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE measures_other PARTITION OF measures DEFAULT PARTITION BY LIST (value);
CREATE TABLE measures_other_all PARTITION OF measures_other DEFAULT;
INSERT INTO measures SELECT '2024-06-01'::date + i * 5, i, 'note ' || i FROM generate_series(1, 200) i;
CREATE INDEX ON measures (taken, value);

CREATE TABLE parent (a int, b text);
CREATE TABLE child (c int) INHERITS (parent);
INSERT INTO parent VALUES (1, 'parent');
INSERT INTO child VALUES (2, 'child', 3);

CREATE TABLE "order" (id int PRIMARY KEY, person bigint NOT NULL REFERENCES people ON DELETE CASCADE, total money);
INSERT INTO "order" SELECT i, 1 + i % 500, i FROM generate_series(1, 2000) i;
CREATE TABLE a_first (id int PRIMARY KEY, other int);
CREATE TABLE b_second (id int PRIMARY KEY, other int REFERENCES a_first);
ALTER TABLE a_first ADD FOREIGN KEY (other) REFERENCES b_second DEFERRABLE;
INSERT INTO a_first VALUES (1, NULL);
INSERT INTO b_second VALUES (1, 1);
UPDATE a_first SET other = 1;

CREATE TABLE wide (id int, filler text);
ALTER TABLE wide ALTER filler SET STORAGE EXTERNAL;
INSERT INTO wide SELECT i, repeat(md5(i::text), 50000 * (i % 2)) FROM generate_series(1, 6) i;

CREATE VIEW happy AS SELECT id, email FROM people WHERE mood = 'it''s fine' WITH CHECK OPTION;
CREATE MATERIALIZED VIEW moods AS SELECT mood, count(*) FROM people GROUP BY mood;
CREATE MATERIALIZED VIEW mood_count AS SELECT count(*) FROM moods;
CREATE UNIQUE INDEX ON moods (mood);
CREATE MATERIALIZED VIEW not_filled AS SELECT 1 AS one WITH NO DATA;

CREATE SEQUENCE countdown INCREMENT -3 MAXVALUE 100 START 100 CYCLE;
SELECT nextval('countdown'), nextval('countdown');
CREATE SEQUENCE never_used;

CREATE TABLE audit (at timestamptz, what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO audit VALUES (now(), TG_OP || ' $body$ ; \. '); RETURN NEW; END $$;
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON "order" FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE "order" DISABLE TRIGGER noted;
CREATE RULE no_delete AS ON DELETE TO audit DO INSTEAD NOTHING;
INSERT INTO audit VALUES ('2020-01-01 00:00+00', 'once');
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.audit VALUES ('2021-01-01 00:00+00', 'ddl'); END $$;
CREATE EVENT TRIGGER at_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION on_ddl();

CREATE STATISTICS people_stats ON mood, born FROM people;
CREATE AGGREGATE product(numeric) (sfunc = numeric_mul, stype = numeric, initcond = '1');

SELECT lo_from_bytea(4242, decode('00ff0a5c2e0a', 'hex'));
SELECT lo_from_bytea(5000000, convert_to(repeat('large object ', 100000), 'UTF8'));
SELECT lo_create(777);
COMMENT ON LARGE OBJECT 777 IS 'empty';
