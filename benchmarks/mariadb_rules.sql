-- What benchmarks/mariadb.py sanitizes by: 9 of the database's 24 columns get other values.
UPDATE customer SET
    email = concat('user', id, '@example.org'),
    name = concat('Customer ', id),
    phone = NULL,
    address = concat(id % 100, ' Example Street'),
    profile = '{}',
    password_hash = NULL;
UPDATE purchase SET ship_to = concat(id % 100, ' Example Street'), note = NULL;
UPDATE event SET address = '192.0.2.1' WHERE address IS NOT NULL;
