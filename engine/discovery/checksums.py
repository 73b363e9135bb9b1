"""Numbers that say of themselves whether they are right: accounts, cards, national identity numbers."""

import re

DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
NIE_FIRST = {"X": "0", "Y": "1", "Z": "2"}

# Length of an IBAN by country; other countries' are between 15 and 34.
IBAN_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "RO": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26,
}  # fmt: skip

# First digits and lengths that card networks give out.
CARDS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")
SSN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}")
FISCALE = re.compile(r"[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]")
NIR = re.compile(r"[1-478]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d{2}|2A|2B)\d{6}\d{2}")

# What letters and digits count at odd places of a codice fiscale, 0-9 and then A-Z.
FISCALE_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_SIGNS = str.maketrans("", "", " .-/")


def compact(text: str) -> str:
    """Return a number without the blanks, points, hyphens and slashes that people write into it."""
    return text.translate(_SIGNS).upper()


def iban(text: str) -> bool:
    """Tell whether a text is an IBAN: its country's length, and modulo 97."""
    found = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", found):
        return False
    if len(found) != IBAN_LENGTHS.get(found[:2], len(found)):
        return False
    return int("".join(str(int(sign, 36)) for sign in found[4:] + found[:4])) % 97 == 1


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the one that Luhn's formula gives."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def card(text: str) -> bool:
    """Tell whether a text is a payment card's number: a network's first digits and length, and Luhn."""
    if not re.fullmatch(r"\d[\d -]{11,22}\d", text):
        return False
    digits = re.sub(r"[ -]", "", text)
    return bool(CARDS.fullmatch(digits)) and luhn(digits) and len(set(digits)) > 1


def us_ssn(text: str) -> bool:
    """Tell whether a text has the form of a United States social security number."""
    return bool(SSN.fullmatch(text))


def uk_nino(text: str) -> bool:
    """Tell whether a text has the form of a British national insurance number."""
    return bool(NINO.fullmatch(text.replace(" ", "").upper()))


def de_tax_id(text: str) -> bool:
    """Tell whether a text is a German tax identification number."""
    digits = compact(text)
    if not re.fullmatch(r"[1-9]\d{10}", digits):
        return False
    counts = sorted((digits[:10].count(digit) for digit in set(digits[:10])), reverse=True)
    if counts[0] not in (2, 3) or counts[1:] != [1] * len(counts[1:]):
        return False
    product = 10
    for digit in digits[:10]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(digits[10])


def fr_nir(text: str) -> bool:
    """Tell whether a text is a French social security number with its key."""
    found = compact(text)
    if not NIR.fullmatch(found):
        return False
    number = found[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(number) % 97 == int(found[13:])


def es_dni(text: str) -> bool:
    """Tell whether a text is a Spanish DNI or NIE."""
    found = compact(text)
    if not re.fullmatch(r"[XYZ\d]\d{7}[A-Z]", found):
        return False
    number = NIE_FIRST.get(found[0], found[0]) + found[1:8]
    return DNI_LETTERS[int(number) % 23] == found[8]


def pt_nif(text: str) -> bool:
    """Tell whether a text is a person's Portuguese tax number."""
    digits = compact(text).removeprefix("PT")
    if not re.fullmatch(r"(?:[123]|45)\d+", digits) or len(digits) != 9:
        return False
    rest = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:8])) % 11
    return (0 if rest < 2 else 11 - rest) == int(digits[8])


def it_fiscale(text: str) -> bool:
    """Tell whether a text is an Italian codice fiscale."""
    found = compact(text)
    if not FISCALE.fullmatch(found):
        return False
    places = [int(sign) if sign.isdigit() else ord(sign) - 65 for sign in found[:15]]
    total = sum(FISCALE_ODD[value] for value in places[::2]) + sum(places[1::2])
    return chr(65 + total % 26) == found[15]


def nl_bsn(text: str) -> bool:
    """Tell whether a text is a Dutch BSN."""
    digits = compact(text)
    if not re.fullmatch(r"\d{9}", digits) or len(set(digits)) == 1:
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11 == 0


def br_cpf(text: str) -> bool:
    """Tell whether a text is a Brazilian CPF."""
    digits = compact(text)
    if not re.fullmatch(r"\d{11}", digits) or len(set(digits)) == 1:
        return False
    for length in (9, 10):
        total = sum(int(digit) * (length + 1 - place) for place, digit in enumerate(digits[:length]))
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return True


def pl_pesel(text: str) -> bool:
    """Tell whether a text is a Polish PESEL: a day of birth, and a check digit."""
    if not re.fullmatch(r"\d{11}", text):
        return False
    month, day = int(text[2:4]) % 20, int(text[4:6])
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    total = sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True))
    return 1 <= month <= 12 and 1 <= day <= 31 and total % 10 == 0


def uk_nhs(text: str) -> bool:
    """Tell whether a text is a number of the British National Health Service."""
    digits = compact(text)
    if not re.fullmatch(r"[1-9]\d{9}", digits) or len(set(digits)) == 1:
        return False
    total = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9]))
    return (11 - total % 11) % 11 == int(digits[9])
