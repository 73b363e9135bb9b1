"""How people and machines are reached: e-mail, telephone, network addresses, places on the globe."""

import ipaddress
import re

EMAIL = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})"
)
# With the sign of another country: ITU's E.164 has at most 15 digits.
INTERNATIONAL = re.compile(r"(?:\+|00)[1-9](?:[ ().\-/]{0,2}\d){6,14}(?: ?(?:x|ext\.?) ?\d{1,6})?")
# As they are written at home: with an area code in front that is set apart.
NATIONAL = re.compile(
    r"\(0?\d{1,5}\) ?\d{2,4}[ .-]?\d{2,5}(?:[ .-]?\d{1,4})?"  # (030) 123-4567, (206) 555-0100, (5) 555-4729
    r"|(?:1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])\d{3}[-. ]\d{4}"  # 206-555-0100, 1 (206) 555-0100
    r"|0\d{1,5}[ /.-]{1,3}\d{2,8}(?:[ .-]\d{1,6}){0,4}"  # 030 1234567, 0171/2345678
    r"|0[1-9](?:[ .]\d{2}){4}"  # 01 23 45 67 89
    r"|[6789]\d{2}[ .-]\d{3}[ .-]\d{3}"  # 612 345 678
    r"|\d{2}\.\d{2}\.\d{2}\.\d{2}(?:\.\d{2})?"  # 40.32.21.21
)
DATE_LIKE = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
MAC = re.compile(
    r"[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}", re.I
)
POINT = re.compile(
    r"(?:SRID=\d+;)?POINT ?Z? ?\([-\d. ]+\)|\(?\s*-?\d{1,3}\.\d{3,}\s*[,; ]\s*-?\d{1,3}\.\d{3,}\s*\)?", re.I
)


def email(text: str) -> bool:
    """Tell whether a text is an e-mail address."""
    return len(text) <= 254 and bool(EMAIL.fullmatch(text))


def phone(text: str) -> bool:
    """Tell whether a text is a telephone number, international or as written in its country."""
    if not 7 <= len(text) <= 30 or DATE_LIKE.fullmatch(text):
        return False
    return bool(INTERNATIONAL.fullmatch(text) or NATIONAL.fullmatch(text))


def plain_phone(text: str) -> bool:
    """Tell whether a text could be a telephone number written as mere digits."""
    return bool(re.fullmatch(r"\d{7,15}", text))


def ip(text: str) -> bool:
    """Tell whether a text is an IPv4 or IPv6 address, or a network of one."""
    if not ("." in text or text.count(":") > 1) or not 3 <= len(text) <= 50:
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def mac(text: str) -> bool:
    """Tell whether a text is a MAC address."""
    return bool(MAC.fullmatch(text))


def point(text: str) -> bool:
    """Tell whether a text is a place on the globe: longitude and latitude with three places or more."""
    return len(text) <= 80 and bool(POINT.fullmatch(text.strip()))
