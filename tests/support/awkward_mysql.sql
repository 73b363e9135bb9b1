ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_german2_ci;
SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';

CREATE TABLE `we``ird-"näme` (
  `id-1` bigint unsigned NOT NULL,
  `sel``ect` varchar(60) CHARACTER SET latin1 COLLATE latin1_german1_ci DEFAULT 'it''s',
  `from` int NOT NULL AUTO_INCREMENT,
  twice bigint unsigned AS (`id-1` DIV 2) STORED,
  lower_case varchar(60) AS (lower(`sel``ect`)) VIRTUAL,
  hidden int INVISIBLE DEFAULT 7,
  mood enum('a''b', 'c,d', 'tab	x', 'ß') NOT NULL COMMENT 'it''s a \\ mood',
  flags set('x', 'y', 'z'),
  PRIMARY KEY (`id-1`),
  UNIQUE KEY counting (`from`),
  FULLTEXT KEY words (`sel``ect`),
  CHECK (`id-1` >= 0)
) AUTO_INCREMENT = 4711 COMMENT = 'quoted "comment" & more';
INSERT INTO `we``ird-"näme` (`id-1`, `sel``ect`, `from`, hidden, mood, flags) VALUES
  (0, NULL, 1, NULL, 'a''b', NULL),
  (18446744073709551615, 'Müller\t€', 2, 8, 'c,d', 'x,z'),
  (3, '', 3, 9, 'tab	x', ''),
  (4, '\\N', 0, 9, 'ß', 'y');

CREATE TABLE texts (n int, short varchar(20), long_one longtext, wide text CHARACTER SET utf16, small char(5) CHARACTER SET ascii);
INSERT INTO texts VALUES
  (1, 'NULL', '\\N', 'x', 'a'), (2, NULL, NULL, NULL, NULL), (3, '', '', '', ''),
  (4, '\\.', 'tab\there\nnew\r\nlines\\ and \\t', '😀 𝄞', ' b'),
  (5, '''"`;--', CONCAT('nul', CHAR(0 USING utf8mb4), 'inside', CHAR(26 USING utf8mb4)), 'Ω', 'c'),
  (6, '\\\\', REPEAT('ü\t\\', 300000), 'x', 'd'),
  (7, 'a'',''b', '''),\n(''', '\\x41', 'e');

CREATE TABLE numbers (
  id int PRIMARY KEY AUTO_INCREMENT, f float, d double, d2 double(10,3), exact decimal(60,30), tiny tinyint(1), filled int(8) ZEROFILL,
  huge bigint, bits bit(64), one bit
);
INSERT INTO numbers VALUES
  (0, 0.1, 0.1, 1.005, '123456789012345678901234567890.123456789012345678901234567891', 1, 42, -9223372036854775808, b'1111111111111111111111111111111111111111111111111111111111111111', 1),
  (1, 16777216, 1.7976931348623157e308, -0.5, -0.000000000000000000000000000001, -128, 0, 9223372036854775807, 0, 0),
  (2, 3.4028234e38, 4.9e-324, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (3, 1.17549e-38, 0.30000000000000004, 0, 0, 0, 99999999, 0, 10, NULL);

CREATE TABLE moments (
  d date, dt datetime(6), t time(6), y year,
  changed timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), KEY (d)
);
INSERT INTO moments VALUES
  ('0000-00-00', '0000-00-00 00:00:00', '-838:59:59.000000', 0, '0000-00-00 00:00:00'),
  ('2021-02-31', '9999-12-31 23:59:59.999999', '838:59:59.000000', 2155, '2038-01-19 03:14:07.999'),
  (NULL, NULL, NULL, NULL, '2024-03-31 01:30:00.5');

CREATE TABLE bytes (
  id binary(16) PRIMARY KEY, v varbinary(40), b blob, m mediumblob, place point NOT NULL, line linestring,
  document json CHECK (json_valid(document)), /*M! u uuid, address inet6, */ SPATIAL KEY (place)
);
INSERT INTO bytes VALUES
  (UNHEX('00'), '', UNHEX('00090A0D5C27FF'), REPEAT(UNHEX('FF00'), 100000), ST_GeomFromText('POINT(1 2)', 4326), NULL,
   '{"a": "tab\\t \\"quoted\\" \\\\ ü😀"}' /*M! , 'ffffffff-ffff-ffff-ffff-fffffffffffe', '::1' */),
  (UNHEX('FF'), NULL, NULL, NULL, POINT(0.1, -1e300), LINESTRING(POINT(0, 0), POINT(1, 1)), NULL /*M! , NULL, NULL */);

CREATE TABLE staff (id int PRIMARY KEY, store_id int, boss int, CONSTRAINT `boss-key` FOREIGN KEY (boss) REFERENCES staff (id) ON DELETE SET NULL);
CREATE TABLE store (id int PRIMARY KEY, manager int, CONSTRAINT manager FOREIGN KEY (manager) REFERENCES staff (id) ON UPDATE CASCADE, CHECK (id < 1000));
ALTER TABLE staff ADD CONSTRAINT works FOREIGN KEY (store_id) REFERENCES store (id);
SET foreign_key_checks = 0;
INSERT INTO staff VALUES (1, 1, 2), (2, 1, 1);
INSERT INTO store VALUES (1, 2);
SET foreign_key_checks = 1;

CREATE TABLE old_engine (id int PRIMARY KEY, note text) ENGINE = MyISAM DEFAULT CHARSET = latin1;
INSERT INTO old_engine VALUES (1, 'grüße'), (2, NULL);
CREATE TABLE parted (id int NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at)) (PARTITION old VALUES LESS THAN (2020), PARTITION rest VALUES LESS THAN MAXVALUE);
INSERT INTO parted VALUES (1, '2019-12-31'), (2, '2020-01-01');
CREATE TABLE versioned (id int PRIMARY KEY, name text) /*M! WITH SYSTEM VERSIONING */;
INSERT INTO versioned VALUES (1, 'before');
UPDATE versioned SET name = 'after';
/*M! CREATE SEQUENCE tickets START WITH 5 INCREMENT BY 3 CACHE 10 */;
/*M! DO NEXTVAL(tickets) */;
CREATE TABLE numbered (id bigint /*M! DEFAULT (NEXTVAL(tickets)) */, word varchar(10));
INSERT INTO numbered (word) VALUES ('first'), ('second');
CREATE TABLE audit (what text, at timestamp DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE nothing_in_it (id int);

CREATE FUNCTION twice(x int) RETURNS int DETERMINISTIC COMMENT 'doubles' RETURN x * 2;
CREATE VIEW a_view AS SELECT 1 AS id, 2 AS doubled;
CREATE VIEW z_view AS SELECT id, twice(id) AS doubled, 'it''s `a`.`b`' AS text FROM store WHERE id > 0;
CREATE OR REPLACE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW a_view AS SELECT z.id, z.doubled FROM z_view z WITH CHECK OPTION;
DELIMITER //
CREATE PROCEDURE restock(IN amount int, OUT total int)
BEGIN
  -- a comment; with a semicolon
  DECLARE done int DEFAULT 0;
  SELECT COUNT(*) + amount INTO total FROM store;
END//
CREATE TRIGGER old_engine_changes BEFORE UPDATE ON old_engine FOR EACH ROW
BEGIN
  INSERT INTO audit (what) VALUES (CONCAT('was ', OLD.note));
END//
CREATE TRIGGER old_engine_second AFTER INSERT ON old_engine FOR EACH ROW INSERT INTO audit (what) VALUES (NEW.note)//
CREATE TRIGGER old_engine_first AFTER INSERT ON old_engine FOR EACH ROW PRECEDES old_engine_second SET @seen = 1//
DELIMITER ;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'cleans' DO DELETE FROM audit;
