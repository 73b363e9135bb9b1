-- The light rules of benchmarks/sanitize.py: one table is updated, one is emptied.
UPDATE customer SET
    email = 'user' || id || '@example.org',
    name = 'Customer ' || id,
    phone = '+1 555 ' || lpad((id % 10000)::text, 4, '0'),
    birthday = date_trunc('year', birthday)::date,
    address = id % 100 || ' Example Street',
    profile = profile - 'about' - 'contact',
    password_hash = NULL;
TRUNCATE login;
