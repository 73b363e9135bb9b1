-- A small shop whose rows look like people, and whose definitions are of every kind.
CREATE TABLE `customers` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `email` varchar(120) NOT NULL,
  `first_name` varchar(40) NOT NULL,
  `last_name` varchar(60) NOT NULL,
  `phone` varchar(30) DEFAULT NULL,
  `born` date DEFAULT NULL,
  `profile` json DEFAULT NULL,
  `note` text DEFAULT NULL,
  `greeting` varchar(120) GENERATED ALWAYS AS (concat('Dear ', `first_name`)) VIRTUAL,
  `changed` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp() COMMENT 'when; ON UPDATE current_timestamp()',
  PRIMARY KEY (`id`),
  UNIQUE KEY `email` (`email`),
  CONSTRAINT `named` CHECK (char_length(`last_name`) > 0)
) ENGINE=InnoDB;
CREATE TABLE `orders` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `customer` int(11) NOT NULL,
  `email` varchar(120) DEFAULT NULL,
  `total` decimal(10,2) NOT NULL,
  `state` enum('open','paid','sent') NOT NULL DEFAULT 'open',
  `placed` datetime NOT NULL,
  PRIMARY KEY (`id`),
  KEY `customer` (`customer`),
  KEY `email` (`email`),
  CONSTRAINT `orders_customer` FOREIGN KEY (`customer`) REFERENCES `customers` (`id`) ON DELETE CASCADE,
  CONSTRAINT `orders_email` FOREIGN KEY (`email`) REFERENCES `customers` (`email`)
) ENGINE=InnoDB;
CREATE TABLE `audit` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `what` varchar(400) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
CREATE TABLE `products` (
  `sku` varchar(20) NOT NULL,
  `title` varchar(80) NOT NULL,
  `picture` blob DEFAULT NULL,
  PRIMARY KEY (`sku`)
) ENGINE=InnoDB;
CREATE TABLE `mail_queue` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `recipient` varchar(120) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;

INSERT INTO customers (email, first_name, last_name, phone, born, profile, note, changed)
SELECT concat('person', seq, '@real-mail.org'),
       elt(1 + seq % 8, 'Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Ken'),
       concat(elt(1 + seq % 7, 'Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Knuth', 'Allen'), ' ', char(65 + seq % 26)),
       if(seq % 3 = 0, NULL, concat('+49 171 ', 1000000 + seq * 37)),
       date_add('1950-01-01', INTERVAL seq * 29 DAY),
       json_object('contact', json_object('backup', concat('backup', seq, '@other-mail.org')), 'theme', 'dark'),
       if(seq % 5 = 0, concat('asked to be called at +49 171 ', 1000000 + seq * 37, ' by Ünïcode'), NULL),
       '2020-02-02 02:02:02'
FROM seq_1_to_600;
INSERT INTO orders (customer, email, total, state, placed)
SELECT 1 + seq % 600, concat('person', 1 + seq % 600, '@real-mail.org'), seq / 7, elt(1 + seq % 3, 'open', 'paid', 'sent'),
       date_add('2021-01-01', INTERVAL seq HOUR)
FROM seq_1_to_2500;
INSERT INTO products SELECT concat('SKU-', seq), concat('Thing ', seq), unhex(sha2(seq, 256)) FROM seq_1_to_50;
INSERT INTO mail_queue (recipient) SELECT concat('person', seq, '@real-mail.org') FROM seq_1_to_20;
INSERT INTO audit (what) VALUES ('person1@real-mail.org was here');

CREATE VIEW `vip` AS SELECT `id`, `email` FROM `customers` WHERE `id` < 10;
DELIMITER ;;
CREATE TRIGGER `customers_audit` AFTER UPDATE ON `customers` FOR EACH ROW
  INSERT INTO audit (what) VALUES (concat('was ', OLD.email));;
CREATE FUNCTION `shout`(t varchar(40)) RETURNS varchar(40) DETERMINISTIC RETURN upper(t);;
CREATE PROCEDURE `tidy`() BEGIN DELETE FROM audit WHERE id < 0; END;;
CREATE EVENT `nightly` ON SCHEDULE EVERY 1 DAY DO DELETE FROM audit WHERE id < 0;;
DELIMITER ;
