-- same: both ways give the same rows

UPDATE t1 SET a = 'abc' || '      '

UPDATE t1 SET c = 'ab' || '        '

UPDATE t1 SET sh = 'ab' || '        '

UPDATE t1 SET a = c, c = left(a, 4)

UPDATE t1 SET n = n * 1.005, i = n

UPDATE t1 SET i = 3.7, n = '12.345', f = '1e3', bl = 'yes', d = '2021-05-06', ts = '2021-01-01 10:00+02'

UPDATE t1 SET bt = B'101', vb = B'1'

UPDATE t1 SET i = i + 1; UPDATE t1 SET a = g::text WHERE g > 5

UPDATE t1 SET i = i + 1 WHERE id % 2 = 0; UPDATE t1 SET i = i * 2, nul = 'g' || g; DELETE FROM t1 WHERE g > 20

DELETE FROM t1 WHERE i > 5

UPDATE t1 SET txt = snapharbor.full_name(txt), nul = snapharbor.email(nul) WHERE i % 2 = 0

UPDATE t1 SET nul = lower(snapharbor.email(t1.txt)) || '!'; DELETE FROM t1 WHERE nul = snapharbor.hash(txt)

UPDATE t1 x SET arr = snapharbor.redact(x.arr), d = snapharbor.birth_date(d), n = snapharbor.noise(n, 5)

UPDATE t1 SET j = snapharbor.json(j, '$.a', 'hash'), ts = snapharbor.date_shift(ts, id / 3, 60)

DELETE FROM t1 WHERE i = 0; UPDATE t1 SET i = 10 / i

DELETE FROM t1 WHERE i = 0; DELETE FROM t1 WHERE 10 / i > 1

UPDATE t1 SET txt = lower(txt); UPDATE t1 SET bl = (txt < 'b')

UPDATE t1 SET bl = (txt < 'a')

UPDATE t1 SET nul = txt; UPDATE t1 SET bl = (nul < 'a')

UPDATE t1 SET nul = upper(nul) WHERE bl; UPDATE t1 SET nul = nul || '!' WHERE nul LIKE 'T%'; DELETE FROM t1 WHERE nul LIKE 'NL%!'

UPDATE t1 SET nul = (SELECT v FROM ref WHERE k = t1.i)

UPDATE t1 x SET nul = (SELECT v FROM ref WHERE k = x.i), a = 'q' WHERE EXISTS (SELECT 1 FROM ref r WHERE r.k = x.i AND r.v <> 'v3')

UPDATE t1 SET nul = (SELECT row_to_json(rr)::text FROM ref rr WHERE rr.k = t1.i)

UPDATE t1 SET nul = (SELECT max(e.val::text) FROM jsonb_each(j) AS e (key, val))

DELETE FROM t1 WHERE id IN (SELECT k FROM ref)

UPDATE t1 SET nul = (SELECT v FROM ref WHERE k = t1.i); TRUNCATE ref

UPDATE t1 SET e = DEFAULT, def = DEFAULT, nul = DEFAULT

UPDATE t1 SET dom = 'u' || id || '@y'

UPDATE t1 SET e = 'green' WHERE e = 'red'

UPDATE none_yet SET mail = 'not ' || 'one', k = 'y'

UPDATE t1 SET nul = ts::text, txt = d::text, a = left(f::text, 5)

UPDATE t1 SET nul = to_char(ts, 'YYYY-MM-DD HH24 TZ'), d = ts::date, tm = ts

UPDATE t1 SET f = f / 3, iv = iv * 1.5, r = '[1,10)', u = md5(id::text)::uuid

UPDATE t1 SET j = jsonb_set(j, '{a}', '"x"'), arr = array_append(arr, 'new'), b = '\xDEAD'

UPDATE t1 SET j = '{}', arr = '{}', r = NULL

UPDATE t1 SET j = j - 'b' || jsonb_build_object('who', 'u' || id)

UPDATE t1 SET xy = ROW((xy).y, id)::spot

UPDATE t1 SET xy = ROW(1, id) WHERE (xy).x > 5

UPDATE t1 SET nul = b::text, b = nul::bytea WHERE nul = ''

UPDATE t1 SET "Weird ""C" = 'x' || "Weird ""C" WHERE "t1"."Weird ""C" LIKE 'w1%'

UPDATE t1 SET nul = $$it's; fine$$ /* c; */ WHERE id = 5 -- end;
 ; DELETE FROM t1 WHERE nul = 'it''s; fine'

UPDATE t1 SET nul = E'a\tb\\', txt = 'd :name :''x'' :"y" $1 {0}'

UPDATE t1 SET nul = CASE WHEN id % 2 = 0 THEN 'e' WHEN i IS DISTINCT FROM 3 THEN 'd' END WHERE id IS DISTINCT FROM 7

UPDATE t1 SET nul = 'x' WHERE id IS DISTINCT FROM 5 AND d IS NOT NULL

UPDATE t1 SET nul = (id IS DISTINCT FROM 5)::text

UPDATE t1 SET bl = id IS DISTINCT FROM 5

UPDATE t1 SET nul = 'a' WHERE false

UPDATE t1 SET nul = 'a' WHERE NULL

DELETE FROM t1

TRUNCATE t1

TRUNCATE t1; UPDATE t1 SET nul = 'x'

TRUNCATE par, chi

UPDATE par SET x = 'y'; UPDATE chi SET y = 'z' WHERE pid < 5; DELETE FROM chi WHERE pid = 7

TRUNCATE chi; DELETE FROM par WHERE id < 5

UPDATE chi SET pid = 3; TRUNCATE chi; DELETE FROM par WHERE id < 5

UPDATE chi SET pid = 1 + (pid + 4) % 10

UPDATE chi SET pid = NULL WHERE id < 5

UPDATE tree SET s = upper(s)

UPDATE tree SET above = 1 WHERE above > 1

DELETE FROM tree

UPDATE pt SET s = 'm' || id WHERE id > 5; DELETE FROM pt WHERE id = 3

UPDATE pt SET s = w, w = s; UPDATE pt2 SET s = 'only two'; TRUNCATE pt3

UPDATE inh SET s = 'q'; DELETE FROM inh WHERE id = 7

UPDATE ONLY inh SET s = 'q'

TRUNCATE ONLY inh

TRUNCATE inh

UPDATE trg SET s = 'x'

UPDATE secured SET s = 'x'

DELETE FROM secured WHERE id > 2

UPDATE status SET status = status || '!' WHERE status.status <> 's3'

UPDATE t1 SET a = 1

UPDATE t1 SET nul = 5

UPDATE public.t1 SET nul = 'x' WHERE t1.id < 10

UPDATE T1 SET NUL = 'x' WHERE T1.ID < 10

UPDATE t1 SET nul = txt::name

UPDATE t1 SET nul = "substring"(txt, 1, 1), txt = trim(BOTH 'z' FROM txt)

UPDATE t1 SET nul = pg_catalog.md5(txt), a = left(encode(sha256(convert_to(txt, 'UTF8')), 'hex'), 5)

UPDATE t1 SET nul = regexp_replace(nul, '\s', '_', 'g') || '\d' WHERE nul ~ E'\\t|\n'

UPDATE limits SET must = 'x' || id, amount = amount / 2 WHERE id > 10

UPDATE limits SET code = 'new' || code, low = upper(low), label = NULL

UPDATE limits SET code = NULL

UPDATE limits SET code = 'number ' || id || '!'; DELETE FROM limits WHERE id > 90

UPDATE limits SET low = 'same' WHERE amount < 50

UPDATE limits SET id = id + 1000

UPDATE files SET name = 'x'

TRUNCATE files

DELETE FROM files

UPDATE t1 SET nul = (SELECT count(*) FROM ref WHERE k < t1.i)::text, i = nullif(i, 3), txt = concat_ws('-', txt, id)

-- copy: it is never done while reading

UPDATE ref SET v = 'z'; UPDATE t1 SET nul = (SELECT v FROM ref WHERE k = t1.i)

UPDATE t1 SET nul = (SELECT max(txt) FROM t1)

UPDATE t1 SET nul = (SELECT v FROM ref LIMIT 1)

UPDATE t1 SET nul = (SELECT string_agg(v, ',') FROM ref)

UPDATE t1 SET nul = (SELECT nul FROM seen WHERE seen.id = t1.id)

UPDATE t1 SET nul = (SELECT s FROM pt WHERE pt.id = t1.id); UPDATE pt2 SET s = 'x'; UPDATE t1 SET nul = (SELECT s FROM pt WHERE pt.id = t1.id)

UPDATE t1 SET nul = t1::text

UPDATE t1 SET nul = to_jsonb(t1)::text

UPDATE t1 SET nul = row_to_json(t1.*)::text

UPDATE t1 SET nul = (SELECT row_to_json(x)::text FROM (SELECT t1.*) AS x)

UPDATE t1 AS own SET nul = ROW(own.*)::text

UPDATE t1 SET nul = ctid::text

UPDATE t1 SET nul = t1.xmin::text

UPDATE t1 SET nul = tableoid::regclass::text

UPDATE pt SET k = 2 WHERE k = 1

UPDATE ONLY pt SET s = 'x'

DELETE FROM ONLY pt WHERE id < 5

UPDATE pt3a SET id = 5

TRUNCATE par

TRUNCATE par CASCADE

TRUNCATE t1 RESTART IDENTITY

DELETE FROM par WHERE id = 1

UPDATE par SET id = id + 100

DELETE FROM tree WHERE id = 2

TRUNCATE chi; UPDATE par SET id = id + 100

UPDATE ruled SET s = 'x'

UPDATE seen SET nul = 'x'

UPDATE named SET s = 'x'

UPDATE t1 SET seq = DEFAULT

UPDATE t1 SET g = DEFAULT

UPDATE t1 SET lim = '{abcd}'

UPDATE t1 SET home = ROW('a', 'b')

UPDATE t1 SET nul = r.v FROM ref r WHERE r.k = t1.i

DELETE FROM t1 USING ref WHERE ref.k = t1.i

WITH x AS (SELECT 1 AS one) UPDATE t1 SET nul = (SELECT one FROM x)::text

UPDATE t1 SET (a, c) = ('q', 'r')

UPDATE t1 SET (a, c) = (SELECT 'q', 'r')

UPDATE t1 SET arr[1] = 'x'

UPDATE t1 SET xy.x = 5

UPDATE t1 SET arr = arr[1:2]

UPDATE t1 SET nul = rank() OVER () FROM ref

UPDATE t1 SET nul = 'x' RETURNING id

UPDATE t1 SET nul = 'x' WHERE public.t1.id < 10

INSERT INTO ref VALUES (99, 'x')

INSERT INTO ref SELECT id + 100, nul FROM t1

CREATE TEMP TABLE q AS SELECT * FROM ref; UPDATE ref SET v = (SELECT max(v) FROM q)

UPDATE t1 SET d = 'today'

UPDATE t1 SET nul = current_database()

UPDATE t1 SET nul = current_schema()

UPDATE t1 SET ts = statement_timestamp()

UPDATE t1 SET nul = localtime::text

UPDATE t1 SET u = (SELECT gen_random_uuid())

UPDATE limits SET span = '[1,2)' WHERE id = 1

UPDATE open_check SET s = 'new'

UPDATE open_check SET id = id + 1

UPDATE t1 SET nul = (home).leak

UPDATE t1 SET nul = (t1.home).city || (t1).leak_row

DELETE FROM files WHERE id = 1

-- fail: both ways fail

UPDATE t1 SET a = 'abcdef'

UPDATE t1 SET c = 'abcde'

UPDATE t1 SET sh = 'abcdef'

UPDATE t1 SET n = 99999.999

UPDATE t1 SET bt = B'10'

UPDATE t1 SET vb = B'1010101'

UPDATE t1 SET j = '{bad'

UPDATE t1 SET dom = 'nope'

UPDATE t1 SET e = 'blue'

UPDATE t1 SET i = 'x' || id

UPDATE t1 SET j = '{}'::text

UPDATE t1 SET bl = 1

UPDATE t1 SET id = NULL WHERE id = 3

UPDATE t1 SET id = 1

UPDATE t1 SET seq = 'x'

UPDATE t1 SET i = 10 / (i - i)

UPDATE chi SET pid = 999

UPDATE tree SET above = 99 WHERE id = 5

UPDATE limits SET must = NULL WHERE id = 7

UPDATE limits SET amount = NULL WHERE id = 7

UPDATE limits SET amount = 101 WHERE id = 9

UPDATE limits SET code = 'same' WHERE id > 98

UPDATE limits SET code = 'c' || id WHERE id < 9; UPDATE limits SET code = 'c10' WHERE id = 9

UPDATE limits SET id = id % 7 + 1000, code = 'n' || id

UPDATE limits SET low = 'same'

UPDATE limits SET low = repeat('x', 25)

UPDATE limits SET doubled = 1

UPDATE t1 SET nosuch = 1

UPDATE nosuch SET a = 1

UPDATE t1 SET nul = substr(1)

-- stricter: only the copy fails, because what it refuses is gone in the end

UPDATE limits SET must = NULL; UPDATE limits SET must = 'x'

UPDATE limits SET code = 'same'; UPDATE limits SET code = 'c' || id

UPDATE limits SET id = id + 1

UPDATE t1 SET i = 1 / (id - 1); UPDATE t1 SET i = 5

UPDATE chi SET pid = 99; TRUNCATE chi
