-- What benchmarks/sanitize.py sanitizes by: 12 of the database's 38 columns get other values, and the 4 of a
-- table go with its rows. Every row of the four others is written anew.
UPDATE customer SET
    email = 'user' || id || '@example.org',
    name = 'Customer ' || id,
    phone = '+1 555 ' || lpad((id % 10000)::text, 4, '0'),
    birthday = date_trunc('year', birthday)::date,
    address = id % 100 || ' Example Street',
    profile = profile - 'about' - 'contact',
    password_hash = NULL;
UPDATE purchase SET ship_to = id % 100 || ' Example Street', note = NULL;
UPDATE event SET address = '192.0.2.1' WHERE address IS NOT NULL;
UPDATE change SET actor = 'user' || id % 1000, detail = '{}';
TRUNCATE login;
