SET NAMES utf8mb4;
SET sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE plain (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  s varchar(20) CHARACTER SET utf8mb4 DEFAULT NULL,
  l varchar(6) CHARACTER SET latin1 DEFAULT NULL,
  c char(5) CHARACTER SET utf8mb4 DEFAULT NULL,
  t text CHARACTER SET utf8mb4 DEFAULT NULL,
  y tinytext CHARACTER SET utf8mb3 DEFAULT NULL,
  k varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  i int DEFAULT NULL, u tinyint unsigned NOT NULL DEFAULT 0, b bigint DEFAULT NULL, z int(5) zerofill DEFAULT NULL,
  n decimal(7,2) DEFAULT NULL, f double DEFAULT NULL,
  d date DEFAULT NULL, m datetime(3) DEFAULT NULL, w timestamp NULL DEFAULT NULL,
  e enum('red','green') DEFAULT NULL, p varbinary(8) DEFAULT NULL, o bit(3) DEFAULT NULL,
  j json DEFAULT NULL,
  UNIQUE KEY only_one (k)
) DEFAULT CHARSET=latin1;
INSERT INTO plain (id, s, l, c, t, y, k, i, u, b, z, n, f, d, m, w, e, p, o, j) VALUES
 (1, 'Anna', 'héé', 'ab', 'line\nbreak\ttab\\', 'x', 'K1', 1, 1, 1, 1, 1.50, 0.1, '2020-02-29', '2020-01-01 10:00:00.125', '2020-01-01 00:00:00', 'red', x'00ff', b'101', '{"a": "x", "b": [1, 2]}'),
 (2, 'anna ', NULL, '', '', '', 'k1', -5, 200, 9223372036854775807, 42, -0.05, 1e300, '1999-12-31', '1999-12-31 23:59:59.999', NULL, 'green', x'', b'000', '[]'),
 (3, NULL, 'b', NULL, NULL, NULL, 'Zoë😀', NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 'it''s; "q" \\N', 'c', 'e é', '😀 utf', 'é', 'x@y.org', 2147483647, 255, -9223372036854775808, 99999, 99999.99, -3.25, '0000-00-00', '2020-02-31 00:00:00', '1970-01-02 00:00:00', '', x'5c6e', b'111', '"s"'),
 (5, '12', '1', '5', 'a@b', 'é', 'four', 3, 3, 3, 3, 3, 3, '2021-05-05', '2021-05-05 00:00:00', '2037-01-01 00:00:00', 'red', x'61', b'001', '{}');
CREATE TABLE many (id int NOT NULL PRIMARY KEY, s varchar(60) CHARACTER SET utf8mb4, n int) DEFAULT CHARSET=utf8mb4;
INSERT INTO many SELECT seq, concat('person', seq, '@real.org'), seq % 7 FROM seq_1_to_3000;
CREATE TABLE nokey (s varchar(10), n int) DEFAULT CHARSET=utf8mb4;
INSERT INTO nokey VALUES ('a', 1), ('a', 1), (NULL, NULL), ('b', 2);
CREATE TABLE parent (id int PRIMARY KEY, s varchar(10) UNIQUE) DEFAULT CHARSET=utf8mb4;
CREATE TABLE child (
  id int PRIMARY KEY, pid int, ps varchar(10), x varchar(10),
  FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE, FOREIGN KEY (ps) REFERENCES parent (s) ON UPDATE CASCADE
) DEFAULT CHARSET=utf8mb4;
INSERT INTO parent VALUES (1, 'one'), (2, 'two');
INSERT INTO child VALUES (1, 1, 'one', 'x'), (2, 2, NULL, 'y');
CREATE TABLE checked (
  id int PRIMARY KEY, s varchar(10) CHECK (char_length(s) > 1 AND s <> 'a`b'), n int, `we``ird` varchar(5),
  CONSTRAINT both_of CHECK (n < 10 OR s LIKE 'b%'), CONSTRAINT odd CHECK (`we``ird` <> 'no')
) DEFAULT CHARSET=utf8mb4;
INSERT INTO checked VALUES (1, 'ab', 5, NULL), (2, 'bb', 50, 'yes'), (3, NULL, 3, 'x');
CREATE TABLE made (
  id int PRIMARY KEY, s varchar(10), r varchar(10), g varchar(20) AS (upper(s)) STORED, v int AS (id + 1) VIRTUAL, h int INVISIBLE DEFAULT 7
) DEFAULT CHARSET=utf8mb4;
INSERT INTO made (id, s, r) VALUES (1, 'a', 'p'), (2, NULL, 'q');
CREATE TABLE clocked (id int PRIMARY KEY, s varchar(10), at timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp) DEFAULT CHARSET=utf8mb4;
INSERT INTO clocked VALUES (1, 'a', '2020-01-01 00:00:00');
CREATE TABLE partial (id int PRIMARY KEY, s varchar(10), UNIQUE KEY first_two (s(2))) DEFAULT CHARSET=utf8mb4;
INSERT INTO partial VALUES (1, 'ab'), (2, 'cd');
CREATE TABLE parts (id int, s varchar(10), PRIMARY KEY (id)) DEFAULT CHARSET=utf8mb4 PARTITION BY HASH (id) PARTITIONS 2;
INSERT INTO parts VALUES (1, 'a'), (2, 'b');
CREATE TABLE untransacted (id int PRIMARY KEY, s varchar(10)) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
CREATE TABLE kept (id int PRIMARY KEY, s varchar(10)) DEFAULT CHARSET=utf8mb4 /*M! WITH SYSTEM VERSIONING */;
CREATE VIEW seen AS SELECT id, s FROM plain;
CREATE TRIGGER watched AFTER UPDATE ON plain FOR EACH ROW INSERT INTO nokey VALUES ('was', OLD.id);
