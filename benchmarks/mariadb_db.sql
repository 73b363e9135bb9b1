-- The shop of benchmark_db.sql, as far as MariaDB has its types; :rows is the number of events.
CREATE TABLE customer (
    id int PRIMARY KEY,
    email varchar(120) NOT NULL UNIQUE,
    name varchar(80) NOT NULL,
    phone varchar(30),
    address varchar(200),
    profile json,
    password_hash varchar(80),
    country char(2),
    joined datetime
);
INSERT INTO customer
SELECT seq, concat('person', seq, '.', left(md5(seq), 6), '@example.org'),
       concat(left(md5(concat('f', seq)), 7), ' ', left(md5(concat('l', seq)), 9)),
       IF(seq % 17 > 0, concat('+44', 1000000000 + seq * 7919 % 1000000000), NULL),
       concat(seq % 999, ' ', left(md5(concat('s', seq)), 9), ' Road'),
       json_object('about', md5(seq), 'contact', json_object('other', concat('alt', seq, '@example.com')),
                   'score', seq % 1000),
       concat('$2b$12$', md5(concat('p', seq)), left(md5(concat('q', seq)), 21)),
       char(65 + seq % 26, 65 + seq % 25), '2015-01-01' + INTERVAL seq MINUTE
FROM seq_1_to_:customers;

CREATE TABLE purchase (
    id int PRIMARY KEY,
    customer_id int NOT NULL,
    state enum ('new', 'paid', 'shipped', 'returned') NOT NULL,
    total decimal(12, 2),
    ship_to varchar(80),
    note varchar(80),
    placed datetime,
    KEY (customer_id),
    KEY (placed)
);
INSERT INTO purchase
SELECT seq, 1 + seq * 7919 % :customers, 1 + seq % 4, seq % 100000 / 100,
       concat(seq % 999, ' Harbour Street, ', left(md5(seq), 12)),
       IF(seq % 10 = 0, concat('call before ', md5(seq)), NULL), '2016-01-01' + INTERVAL seq MINUTE
FROM seq_1_to_:purchases;

CREATE TABLE event (
    id int PRIMARY KEY,
    customer_id int NOT NULL,
    kind varchar(20) NOT NULL,
    address varchar(45),
    path varchar(80),
    amount double,
    session char(32),
    at datetime,
    KEY (customer_id),
    KEY (at)
);
INSERT INTO event
SELECT seq, 1 + seq * 7919 % :customers, elt(1 + seq % 5, 'view', 'click', 'login', 'purchase', 'logout'),
       concat_ws('.', 10, seq % 256, seq DIV 256 % 256, seq DIV 65536 % 256),
       concat('/p/', left(md5(seq), 10), '?ref=', seq % 1000), seq % 100000 / 13, md5(concat('z', seq DIV 20)),
       '2020-01-01' + INTERVAL seq * 15 SECOND
FROM seq_1_to_:rows;
ANALYZE TABLE customer, purchase, event;
