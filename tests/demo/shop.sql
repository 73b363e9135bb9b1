-- A shop as they grow in the wild: personal data in the places everybody knows and in those nobody looks.
-- About 100,000 rows, every person invented, the same at every run.
BEGIN;
SELECT setseed(0.42);

CREATE SCHEMA crm;
CREATE TYPE order_state AS ENUM ('new', 'paid', 'shipped', 'returned');
CREATE DOMAIN email_address AS text CHECK (VALUE ~ '^[^@ ]+@[^@ ]+\.[a-z]+$');
CREATE TYPE crm.address AS (street text, city text, zip text);

CREATE TABLE customers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email       email_address NOT NULL UNIQUE,
    first_name  varchar(40) NOT NULL,
    last_name   varchar(40) NOT NULL,
    full_name   text GENERATED ALWAYS AS (first_name || ' ' || last_name) STORED,
    phone       text,
    birth_date  date CHECK (birth_date > '1900-01-01'),
    home        crm.address,
    other_emails text[] NOT NULL DEFAULT '{}',
    profile     jsonb NOT NULL DEFAULT '{}',
    referred_by bigint REFERENCES customers,
    favourite_order bigint,
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN customers.profile IS 'whatever the app felt like storing';

CREATE TABLE "Order" (
    id          bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    state       order_state NOT NULL DEFAULT 'new',
    "shipTo"    text NOT NULL,
    total       numeric(12, 2) NOT NULL CHECK (total >= 0),
    placed_at   timestamptz NOT NULL
);
-- A cycle: the order belongs to a customer, whose favourite order it may be.
ALTER TABLE customers ADD FOREIGN KEY (favourite_order) REFERENCES "Order" DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE products (
    sku   text PRIMARY KEY,
    label jsonb NOT NULL,
    tags  text[] NOT NULL,
    price numeric(12, 2) NOT NULL
);
CREATE TABLE order_lines (
    order_id bigint REFERENCES "Order" ON DELETE CASCADE,
    line     smallint,
    sku      text NOT NULL REFERENCES products,
    quantity int NOT NULL DEFAULT 1,
    PRIMARY KEY (order_id, line)
);
CREATE TABLE shipments (
    order_id bigint,
    line     smallint,
    carrier  text NOT NULL,
    driver   text,
    FOREIGN KEY (order_id, line) REFERENCES order_lines ON DELETE CASCADE
);
CREATE INDEX ON order_lines (sku);
CREATE INDEX ON "Order" (customer_id);

CREATE TABLE events (
    id      bigint NOT NULL,
    at      timestamptz NOT NULL,
    payload jsonb NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON events USING gin (payload);

CREATE TABLE crm.notes (
    id     serial PRIMARY KEY,
    parent int REFERENCES crm.notes,
    about  bigint REFERENCES customers ON DELETE SET NULL,
    "user" text NOT NULL,
    body   text NOT NULL
);
CREATE TABLE crm.documents (name text PRIMARY KEY, content oid NOT NULL, thumbnail bytea);
CREATE TABLE sessions (token text PRIMARY KEY, customer_id bigint REFERENCES customers ON DELETE CASCADE, ip inet);
CREATE TABLE audit (at timestamptz NOT NULL DEFAULT now(), what text NOT NULL, before jsonb);

INSERT INTO customers (email, first_name, last_name, phone, birth_date, home, other_emails, profile, referred_by, created_at)
SELECT lower(f) || '.' || lower(l) || n || '@' || (ARRAY['mail.example', 'post.example', 'inbox.example'])[1 + n % 3],
       f, l,
       '+49 30 ' || (1000000 + n * 37),
       date '1950-01-01' + (n * 13) % 20000,
       ROW('Lindenweg ' || n % 200, (ARRAY['Köln', 'Łódź', 'Málaga', 'Århus'])[1 + n % 4], lpad((n * 7 % 99999)::text, 5, '0'))::crm.address,
       CASE WHEN n % 5 = 0 THEN ARRAY[lower(l) || n || '@work.example'] ELSE '{}' END,
       jsonb_build_object('newsletter', n % 2 = 0, 'contact', jsonb_build_object('backup', lower(f) || n || '@old.example')),
       CASE WHEN n > 10 AND n % 4 = 0 THEN n / 4 END,
       timestamptz '2025-01-01 00:00+00' + n * interval '17 minutes'
  FROM generate_series(1, 12000) AS n,
       LATERAL (SELECT (ARRAY['Anna', 'Björn', 'Chloé', 'Dmitri', 'Eszter', 'Fatima', 'Giulia', 'Henk', 'Inés', 'Jürgen'])[1 + n % 10] AS f,
                       (ARRAY['Meyer', 'Novak', 'Okafor', 'Petrov', 'Quispe', 'Rossi', 'Sato', 'Tanaka', 'Ueda', 'Varga', 'Weiss'])[1 + n % 11] AS l) AS name;

INSERT INTO products
SELECT 'SKU-' || lpad(n::text, 4, '0'), jsonb_build_object('en', 'Thing ' || n, 'de', 'Ding ' || n),
       ARRAY['t' || n % 7, 't' || n % 3], (n * 7 % 500) + 0.99
  FROM generate_series(1, 400) AS n;

INSERT INTO "Order"
SELECT n, 1 + (n * 7) % 12000, (ARRAY['new', 'paid', 'shipped', 'returned']::order_state[])[1 + n % 4],
       first_name || ' ' || last_name || ', ' || (home).street || ', ' || (home).city,
       (n % 900) + 0.5, timestamptz '2025-02-01 00:00+00' + n * interval '15 minutes'
  FROM generate_series(1, 22000) AS n JOIN customers ON customers.id = 1 + (n * 7) % 12000;
UPDATE customers SET favourite_order = o.id FROM (SELECT customer_id, min(id) AS id FROM "Order" GROUP BY 1) AS o
 WHERE o.customer_id = customers.id AND customers.id % 3 = 0;

INSERT INTO order_lines SELECT o, l, 'SKU-' || lpad((1 + (o * l) % 400)::text, 4, '0'), 1 + o % 3
  FROM generate_series(1, 22000) AS o, generate_series(1, 2) AS l WHERE l = 1 OR o % 2 = 0;
INSERT INTO shipments SELECT order_id, line, 'Post', 'Driver ' || order_id % 50 FROM order_lines WHERE order_id % 4 = 2;

INSERT INTO events
SELECT n, timestamptz '2025-03-01 00:00+00' + n * interval '25 minutes',
       jsonb_build_object('type', 'login', 'who', c.email, 'ip', '10.' || n % 200 || '.3.' || n % 250)
  FROM generate_series(1, 25000) AS n JOIN customers AS c ON c.id = 1 + n % 12000;

INSERT INTO crm.notes (about, "user", body)
SELECT id, 'agent' || id % 9, first_name || ' called from ' || phone || ' and asked to write to ' || email
  FROM customers WHERE id % 6 = 0;
UPDATE crm.notes SET parent = id - 1 WHERE id % 10 = 0;
INSERT INTO sessions SELECT md5('session' || id), id, ('192.0.2.' || id % 250)::inet FROM customers WHERE id % 4 = 0;
INSERT INTO crm.documents
SELECT 'contract-' || n || '.txt', lo_from_bytea(0, convert_to('Contract with ' || c.email, 'UTF8')), decode(md5(n::text), 'hex')
  FROM generate_series(1, 5) AS n JOIN customers AS c ON c.id = n;

CREATE MATERIALIZED VIEW best_customers AS
    SELECT c.id, c.email, sum(o.total) AS spent FROM customers AS c JOIN "Order" AS o ON o.customer_id = c.id
     GROUP BY c.id, c.email HAVING sum(o.total) > 1500;
CREATE VIEW open_orders AS SELECT o.id, c.full_name FROM "Order" AS o JOIN customers AS c ON c.id = o.customer_id
 WHERE o.state = 'new';

CREATE FUNCTION keep_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.audit (what, before) VALUES (TG_TABLE_NAME, to_jsonb(OLD));
    RETURN NEW;
END $$;
CREATE TRIGGER customers_audit BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION keep_old();
COMMIT;
ANALYZE;
