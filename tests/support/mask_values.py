"""Values that masks must cope with: every alphabet, every special character, every limit."""

import json
import random
from collections.abc import Callable

LONGEST = 50  # characters that fit the narrow columns of these tests
_CHANCE = random.Random(7)
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789 +-()./",
    "0123456789",
    "àéîõüßñçøÅŁżİıſKǅﬁ",
    "日本語中文한국어Ωжш",
    "😀👩‍👩‍👧🏳️‍🌈🇫🇷",
    "'\"`\\%_$&|;{}[]<>^~#@!?:,",
    " \t\n\r\u00a0\u2003\u200b\u0301\u202e\x01\x1f\x7f",
)


def _generated(count: int, *, longest: int) -> list[str]:
    alphabets = (*_ALPHABETS, "".join(_ALPHABETS))
    return [
        "".join(_CHANCE.choices(alphabets[number % len(alphabets)], k=_CHANCE.randint(1, longest)))
        for number in range(count)
    ]


def luhn(body: str) -> str:
    """Return digits with the check digit that makes them pass."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
    return f"{body}{-sum(number // 10 + number % 10 for number in doubled) % 10}"


def iban(country: str, account: str) -> str:
    """Return an account number with its check digits."""
    digits = "".join(str(int(char, 36)) for char in f"{account}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{account}"


CARDS = [
    luhn(f"{lead}{_CHANCE.randrange(10**size):0{size}d}")
    for lead, size in (("4", 14), ("51", 13), ("2221", 11), ("6011", 11), ("37", 12), ("36", 11), ("63", 16))
    for _ in range(4)
]
_ACCOUNTS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("DE", lambda: f"{_CHANCE.randrange(10**18):018d}"),
    ("GB", lambda: f"WEST{_CHANCE.randrange(10**14):014d}"),
    ("FR", lambda: f"{_CHANCE.randrange(10**10):010d}N{_CHANCE.randrange(10**12):012d}"),
    ("NO", lambda: f"{_CHANCE.randrange(10**11):011d}"),
    ("MT", lambda: f"MALT{_CHANCE.randrange(10**23):023d}"),
    ("LC", lambda: f"HEMM{_CHANCE.randrange(10**24):024d}"),
)
IBANS = [iban(country, account()) for country, account in _ACCOUNTS for _ in range(4)]
PHONES = [f"+{_CHANCE.randrange(10**11, 10**12)}" for _ in range(20)] + ["(030) 901820", "555-0100", "112"]
EMAILS = [f"person{number}@corporation.test" for number in range(20)] + ["O'Brien+tag@Example.ORG"]
PEOPLE = ["Ada Lovelace", "José Muñoz", "Zoë O'Connor", "李小龍", "Пётр Ильич", "Nguyễn Văn An", "ʻOkina Li"]
ADDRESSES = ["10.0.0.1", "255.255.255.255", "::1", "fe80::1", "2a00:1450:4001:82a::200e"]
CARD_LIKE = ["4111 1111 1111 1111", "4111-1111-1111-1112", "12345678901", "12345678901234567890"]
IBAN_LIKE = ["de89 3704 0044 0532 0130 00", "DE8937040044053201300K", f"{IBANS[0]}\n", "DE89", f"ſ{IBANS[0]}"]
SPELLED = ["Ada", "ada", " ADA ", "ADA  ", "\tAda", "Ada\n", "É", "é", "\u0130", "i", "ı", "e\u0301"]
SPECIAL = [
    "NULL",
    "0",
    "-1",
    "true",
    "n/a",
    " ",
    "   ",
    "''",
    "\\",
    "\\'",
    "%s",
    "$1",
    "{}",
    "\\N",
    "x" * LONGEST,
]

FITTING: list[str | None] = [
    *(value for value in (*SPECIAL, *SPELLED, *CARDS, *CARD_LIKE, *IBANS, *IBAN_LIKE, *PHONES, *EMAILS)),
    *PEOPLE,
    *ADDRESSES,
    *_generated(150, longest=LONGEST),
    "",
    None,
]
LONG = ["x" * 100_000, "é" * 20_000, "😀" * 5_000, " " * 10_000, "4" * 10_000, *_generated(20, longest=3_000)]
TEXTS: list[str | None] = [*FITTING, *LONG]


def integers(bits: int) -> list[int | None]:
    """Return the whole numbers around each limit that fit so many bits and a sign."""
    around = {
        sign * 2**power + step for sign in (1, -1) for power in (0, 7, 15, 31, bits) for step in (-1, 0, 1)
    }
    some = {_CHANCE.randrange(-(2**bits), 2**bits) for _ in range(50)}
    return [*sorted(number for number in around | some if -(2**bits) <= number < 2**bits), None]


def decimals(precision: int, scale: int) -> list[str | None]:
    """Return exact numbers up to the largest that fit so many digits, as text."""
    sizes = {1, 9, 10, 50, 10**precision - 1, 10**precision // 2}
    sizes |= {_CHANCE.randrange(10 ** _CHANCE.randint(1, precision)) for _ in range(60)}
    numbers = sorted({sign * size for size in sizes if size < 10**precision for sign in (1, -1)} | {0})
    return [*(_pointed(number, scale) for number in numbers), None]


def _pointed(number: int, scale: int) -> str:
    digits = f"{abs(number):0{scale + 1}d}"
    sign = "-" if number < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


REALS: list[float | None] = [
    *(sign * size for size in (0.0, 1.0, 0.1, 1 / 3, 2.5, 1e-7, 123456.789, 2**53 + 2.0) for sign in (1, -1)),
    *(_CHANCE.uniform(-180, 180) for _ in range(40)),
    *(_CHANCE.uniform(1, 10) * 10.0 ** _CHANCE.randint(-30, 30) for _ in range(40)),
    None,
]
DOUBLES = [*REALS, 1e15, 1e-15, 1e300, 1.7976931348623157e308, -1.7976931348623157e308, 2.3e-308, 5e-324]
SINGLES = [*REALS, 3.4028234663852886e38, -3.4028234663852886e38, 1.2e-38, 1.4e-45]

DAYS: list[str | None] = [
    *("1000-01-01", "1582-10-10", "1752-09-02", "1899-12-31", "1970-01-01", "1999-12-31", "2000-01-01"),
    *("2000-02-29", "2000-12-31", "2023-12-31", "2024-02-29", "2024-12-31", "2038-01-19", "2100-02-28"),
    *("9990-01-01", "9998-12-30", "9998-12-31", "9999-01-01", "9999-12-31"),
    *(
        f"{_CHANCE.randint(1900, 2050)}-{_CHANCE.randint(1, 12):02d}-{_CHANCE.randint(1, 28):02d}"
        for _ in range(60)
    ),
    None,
]
MOMENTS = [
    day and f"{day} {time}"
    for day in DAYS
    for time in ("00:00:00", "02:30:00", "23:59:59.999999", "12:34:56.5")
    if day is not None or time == "00:00:00"
]

DOCUMENTS = [
    *("{}", "[]", '"text"', '""', "1", "null", "true", '[[["deep"]]]', '{"":""}', '{"name":null}'),
    '{"name":"Ada","n":1,"f":1.50,"b":true,"tags":["x","",null,2,{"y":"z"}],"contact":{"email":"a@b.test"}}',
    '{"name":{"first":"Ada","last":"Lovelace"},"items":[{"note":"a"},{"note":"b","x":"y"},{"x":1},3,"s"]}',
    '{"name":["Ada","Bob"],"contact":[{"email":"a@b.test"}],"items":{"note":"a"},"tags":"x"}',
    '{"items":[],"tags":{},"contact":"a@b.test"}',
    '{ "name" : "spaced" ,\n\t"tags" : [ "a" , "b" ] , "name:" : "c:" , "d" :\r"e: \\"f\\":" }',
    '{"name":"é😀 \\"q\\" \\\\ \\/ \\n\\t\\b\\f\\u0001\\u001f \\u00e9 \\ud83d\\ude00","tags":"\\\\"}',
    '{"name":"\\\\\\\\\\"","tags":["\\\\\\"",",","[","]","{","}",":",":\\"","\\"\\",\\""],"x\\"y\\\\":"z"}',
    '{"name":"{\\"name\\":\\"nested\\"}","big":123456789012345678901234567890,"small":0.000001}',
    json.dumps({"name": "x" * 20_000, "tags": [str(number) for number in range(300)]}),
    json.dumps({"name": FITTING[:60], "tags": FITTING[60:120]}, ensure_ascii=False).replace(
        "\\u007f", "\x7f"
    ),
    json.dumps({"contact": {"email": "ümlaut@b.test"}, "ключ": {"ключ": ["значение"]}}),
]
