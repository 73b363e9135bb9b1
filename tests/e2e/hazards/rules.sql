UPDATE people SET mail = snapharbor.email(mail), name = snapharbor.full_name(name);
UPDATE newsletter SET mail = snapharbor.email(mail);

UPDATE logins SET login = snapharbor.username(login);
UPDATE visits SET login = snapharbor.username(login);

UPDATE blanks SET name = snapharbor.full_name(name), amount = snapharbor.noise(amount, 5);

UPDATE events SET who = 'somebody ' || id;
UPDATE notes SET body = 'note ' || id;

UPDATE seats SET passenger = 'passenger ' || flight || '/' || seat;
UPDATE bags SET tag = (SELECT passenger FROM seats AS s WHERE s.flight = bags.flight AND s.seat = bags.seat);

UPDATE shifted SET d = 'masked';
UPDATE rooms SET guest = 'guest ' || id;
UPDATE prices SET who = 'masked' WHERE lower(valid) > '2000-01-01';
UPDATE orphans SET word = 'masked';

UPDATE moments SET said = at || ' ' || plain || ' ' || day, day = date_trunc('day', at);
UPDATE extremes SET mark = double || ' ' || single || ' ' || raw;
UPDATE lines SET mark = line;
