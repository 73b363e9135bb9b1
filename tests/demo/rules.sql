-- Sanitization rules of the demo shop: plain SQL, one statement per table.
UPDATE customers SET
    email = 'user' || id || '@example.com',
    first_name = 'First' || id,
    last_name = 'Last' || id,
    phone = '+1 555 ' || lpad((id % 10000)::text, 4, '0'),
    birth_date = date_trunc('year', birth_date)::date,
    home = ROW('Example Street ' || id % 100, (home).city, '00000')::crm.address,
    other_emails = '{}',
    profile = profile - 'contact';

UPDATE "Order" SET "shipTo" = 'Example Street 1';

UPDATE shipments SET driver = NULL;

UPDATE events SET payload = payload - 'ip' || jsonb_build_object('who', 'user' || id || '@example.com');

UPDATE crm.notes SET body = 'note ' || id, "user" = 'agent';

DELETE FROM sessions WHERE true;

TRUNCATE audit, crm.documents;
