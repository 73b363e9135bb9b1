-- same: run while reading, and give what a copy gives

UPDATE plain SET s = NULL

UPDATE plain SET s = 'x', t = 'it''s; -- no\n' /* why; */ -- so;
WHERE id < 3 -- and;

UPDATE plain SET s = lower(s), t = concat(t, '-', id, '-', n, d, f), c = left(concat(k, ' '), 5)

UPDATE plain SET c = concat(left(c, 2), '   ') WHERE c <> ''

UPDATE plain SET l = 'é€', y = concat(y, 'ß')

UPDATE plain SET k = concat(k, '-', id)

UPDATE plain SET i = i % 100, u = 7, b = id * 2 - 1, n = id * 1.11 + n / 3 WHERE id NOT IN (2, 4)

UPDATE plain SET n = round(n, 1), b = NULL, i = char_length(s) WHERE id <> 4

UPDATE plain SET t = coalesce(t, s, 'none'), s = id, u = if(u > 100, 100, u)

UPDATE plain SET d = '2001-02-03', m = '2001-02-03 04:05:06', w = NULL

UPDATE plain SET d = date_add(d, INTERVAL 1 MONTH), m = m - INTERVAL 3 DAY WHERE id IN (1, 5)

UPDATE plain SET d = last_day(m) WHERE id IN (1, 2, 5)

UPDATE plain SET m = d WHERE id IN (1, 2, 5)

UPDATE plain SET f = NULL, o = NULL, z = NULL

UPDATE plain SET e = 'green', p = NULL WHERE id <> 2

UPDATE plain SET e = NULL WHERE s LIKE 'A%'

UPDATE plain SET j = json_set(j, '$.a', 'm') WHERE json_type(j) = 'OBJECT'

UPDATE plain SET j = '{"k": "v"}', t = json_object('id', id, 's', s)

UPDATE plain SET s = CASE WHEN id = 1 THEN upper(s) WHEN id = 4 THEN 'four' ELSE s END, t = CASE id WHEN 1 THEN 'one' END

UPDATE plain p SET p.s = left(md5(p.s), 20) WHERE p.i > 0; UPDATE plain p SET t = NULL WHERE p.id > 3

UPDATE plain SET s = 'a' WHERE id = 1; UPDATE plain SET s = 'b' WHERE id < 3; UPDATE plain SET s = 'c' WHERE id = 2

UPDATE plain SET s = snapharbor.first_name(s), k = snapharbor.hash(k), t = snapharbor.redact(t), d = snapharbor.birth_date(d)

UPDATE plain SET k = snapharbor.email(k), l = snapharbor.constant(l, 'no'), i = snapharbor.noise(i, 10), n = snapharbor.noise(n, 10) WHERE id NOT IN (2, 4)

UPDATE plain SET b = snapharbor.key(b), m = snapharbor.date_shift(m, id, 30), w = snapharbor.date_shift(w, id, 30) WHERE id <> 4

UPDATE plain SET j = snapharbor.json(j, '$.a', 'hash'), s = concat('<', snapharbor.last_name(s), '>')

UPDATE plain SET t = coalesce(snapharbor.full_name(s), ''), s = CASE WHEN id > 2 THEN snapharbor.phone(s) ELSE s END

UPDATE plain SET t = date_format(m, '%Y-%m'), s = substring_index(k, '@', 1), l = hex(id)

UPDATE plain SET t = date_format(now(), '%Y') WHERE now() > '2020-01-01' AND curdate() > '2020-01-01'

UPDATE plain SET t = 'a
DELIMITER x
\C latin1; \\' WHERE id < 3

UPDATE plain SET t = concat(i / 7, dayname(m)), s = concat(week(m)) WHERE id IN (1, 5)

DELETE FROM plain

DELETE FROM plain WHERE s = 'ANNA' OR c IS NULL

DELETE FROM plain WHERE i > 0; DELETE FROM plain WHERE NULL; UPDATE plain SET s = 'left'

TRUNCATE TABLE plain

TRUNCATE plain; UPDATE plain SET s = 'nobody'

UPDATE many SET s = snapharbor.email(s), n = n + 1 WHERE n <> 3; DELETE FROM many WHERE id % 5 = 0

UPDATE many SET id = id + 10000

UPDATE nokey SET s = upper(s) WHERE n = 1; DELETE FROM nokey WHERE n IS NULL

UPDATE child SET x = 'z'; DELETE FROM child WHERE id = 2

TRUNCATE child; DELETE FROM parent

UPDATE checked SET s = concat('b', s) WHERE id < 3; UPDATE checked SET `we``ird` = 'fine'

UPDATE checked SET n = 9, s = 'cc'

UPDATE made SET r = concat(r, v), h = 8 WHERE g = 'A'; DELETE FROM made WHERE v = 3

UPDATE clocked SET s = 'b'

UPDATE clocked SET at = '2001-01-01 00:00:00', s = 'c'

-- copy: hazards

UPDATE plain SET s = 'x', t = s

UPDATE plain SET s = 'x'; UPDATE plain SET t = 'y' WHERE s = 'x'

UPDATE plain SET s = 'x'; DELETE FROM plain WHERE s = 'y'

UPDATE plain p SET s = 'x'; UPDATE plain q SET t = 'y'

DELETE FROM plain p WHERE p.id = 3

UPDATE plain SET s = (SELECT max(s) FROM many)

DELETE FROM plain WHERE id IN (SELECT id FROM many)

UPDATE plain SET s = uuid()

UPDATE plain SET i = rand() * 10

UPDATE plain SET t = sysdate()

UPDATE plain SET m = convert_tz(m, 'UTC', 'Europe/Berlin')

UPDATE plain SET s = 1.5

UPDATE plain SET i = '5'

UPDATE plain SET i = n

UPDATE plain SET d = 'today-ish'

UPDATE plain SET d = '2001-2-3'

UPDATE plain SET d = m

UPDATE plain SET f = 1

UPDATE plain SET z = 5

UPDATE plain SET z = NULL WHERE id = 1

UPDATE plain SET f = NULL WHERE id = 1

UPDATE plain SET s = 'now'

UPDATE plain SET e = 'RED'

UPDATE plain SET e = s

UPDATE plain SET p = 'x'

UPDATE plain SET s = p

UPDATE plain SET s = concat(s, unhex('61'))

UPDATE plain SET s = x'61'

UPDATE plain SET s = cast(s AS BINARY)

UPDATE plain SET s = DEFAULT

UPDATE plain SET u = DEFAULT

UPDATE plain SET S = 'x'

UPDATE plain SET s = f

UPDATE plain SET o = 1

UPDATE plain SET s = 'x' ORDER BY id

UPDATE plain SET s = 'x' LIMIT 1

DELETE FROM plain ORDER BY id LIMIT 1

INSERT INTO nokey VALUES ('c', 3)

UPDATE parent SET s = 'z' WHERE id = 2

UPDATE parent SET id = id + 10

UPDATE child SET pid = 2

DELETE FROM parent WHERE id = 1

UPDATE made SET s = 'b'

UPDATE made SET g = 'b'

UPDATE partial SET s = concat(s, 'x')

UPDATE parts SET s = 'x'

UPDATE untransacted SET s = 'x'

UPDATE kept SET s = 'x'

UPDATE seen SET s = 'x'

-- fail: what a copy refuses is refused while reading

UPDATE plain SET s = repeat('x', 21)

UPDATE plain SET s = concat(s, 'a long one, too long') WHERE id = 1

UPDATE plain SET c = concat(c, 'sixsix')

UPDATE plain SET y = repeat('é', 128)

UPDATE plain SET l = 'ů'

UPDATE plain SET y = '😀'

UPDATE plain SET k = NULL

UPDATE plain SET k = s

UPDATE plain SET k = 'same'

UPDATE plain SET k = lower(left(k, 1))

UPDATE plain SET k = snapharbor.email(k)

UPDATE plain SET i = i + 1

UPDATE plain SET u = u + 1

UPDATE plain SET u = -1

UPDATE plain SET b = b + 1

UPDATE plain SET n = n * 2

UPDATE plain SET n = 100000

UPDATE plain SET w = '2040-01-01 00:00:00'

UPDATE plain SET w = '1970-01-01 00:00:00'

UPDATE plain SET d = date_add(d, INTERVAL 9000 YEAR)

UPDATE plain SET j = 'no document'

UPDATE plain SET j = concat(j, 'x')

UPDATE plain SET t = 'x' WHERE s = 5

UPDATE plain SET t = 'x' WHERE s + 1 > 0

UPDATE checked SET s = 'x'

UPDATE checked SET s = 'a`b'

UPDATE checked SET n = n + 20

UPDATE checked SET `we``ird` = 'no'

-- stricter: what only a copy refuses is right in the end

UPDATE plain SET s = repeat('x', 99); UPDATE plain SET s = 'fine'

UPDATE many SET id = id + 1

-- careful: what a copy makes something else of, which no rule can mean, is refused while reading

UPDATE clocked SET at = NULL

UPDATE plain SET s = concat('12345678901234567890', ' ')
