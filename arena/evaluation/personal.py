"""Personal data in texts: what can be told by its form and, where it has one, by its checksum.

Precision goes before recall. A name is never found, nor an address in prose; what is written for everybody (examples of
standards, test card numbers, addresses of machines that are nobody's) is left alone. Every pattern has bounded repeats
that don't overlap, so the cost grows with the text alone.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

Spans = list[tuple[int, int]]

# Domains and names that stand for “yours”; RFC 2606 reserves the first ones.
_NOBODYS: Final = re.compile(
    r"@(?:[\w-]+\.)*(?:example|test|invalid|localhost|(?:example|domain|your-?\w*|company|my-?\w*|email|mail|website"
    r"|site|abc|xyz|acme|test|sample|provider|organi[sz]ation|university|business|bank|server"
    r"|host)\.\w+)(?:\.\w{2,3})?$"
    r"|^(?:you|your|name|user|username|someone|email|e-mail|me|test|admin|info|support|contact|noreply|no-reply|sender"
    r"|recipient|to|from|hello|sales|help|git)[\w.+-]*@"
    r"|^(?:john|jane|joe)[._]?(?:doe|smith)?\d*@",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,18}(?![\w-]|\.\w|:[/\w])", re.ASCII
)
_INTERNATIONAL: Final = re.compile(r"(?<![\w+.])\+[1-9](?:[ .()-]{0,2}\d){7,14}(?![\w-])", re.ASCII)
_AMERICAN: Final = re.compile(
    r"(?<![\w.+-])(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[.-]\d{4}(?![\w-]|\.\d)", re.ASCII
)
_CHINESE_MOBILE: Final = re.compile(
    r"(?<![\w.+*/=-])(?:86[ -]?)?1[3-9]\d([ -]?)\d{4}\1\d{4}(?![\w-]|\.\d| ?[*/+=×^])", re.ASCII
)
_CARD: Final = re.compile(
    r"(?<![\w.+-])(?<![A-Z]{2}\d\d )(?:[3-6]\d{3}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}|3[47]\d\d[ -]\d{6}[ -]\d{5}"
    r"|[3-6]\d{12,18})(?![\w-]|[. ]\d)",
    re.ASCII,
)
_IBAN: Final = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)", re.ASCII)
_RESIDENT: Final = re.compile(r"(?<!\w)[1-9]\d{5}(?:19|20)\d{9}[\dXx](?!\w)", re.ASCII)
_SSN: Final = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])", re.ASCII)
_IPV4: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)", re.ASCII)
_IPV6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])", re.ASCII)
_VERSION: Final = re.compile(r"(?:\bv|version|release|build|assembly|firmware|driver|#)\W{0,3}$", re.IGNORECASE)
_AMERICAN_ADDRESS: Final = re.compile(
    r"(?<!\w)\d{1,5} (?:[NSEW]\.? )?(?:[A-Z][a-z]{1,20} ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive"
    r"|Dr|Boulevard"
    r"|Blvd|Court|Ct|Way|Place|Pl)\b\.?,? (?:(?:Apt|Suite|Unit"
    r"|#)\.? ?\w{1,5},? )?[A-Z][A-Za-z .]{2,25}, [A-Z]{2} \d{5}\b"
)
_CHINESE_ADDRESS: Final = re.compile(
    r"[\u4e00-\u9fff]{2,7}[市区县][\u4e00-\u9fff]{2,10}(?:路|街|巷|大道|胡同)\d{1,4}号"
    r"(?:[\u4e00-\u9fff]{0,10}\d{1,4}(?:号?楼|栋|幢|单元|室)){1,3}"
)

# Printed by standards and manuals for everybody to use.
_EXAMPLE_WORDS = (
    "4111111111111111 4242424242424242 4012888888881881 4000056655665556 5555555555554444 5105105105105100"
    " 378282246310005 371449635398431 6011111111111117 30569309025904 3530111333300000 5454545454545454"
    " 4532015112830366 DE89370400440532013000 GB82WEST12345698765432 GB29NWBK60161331926819 FR1420041010050500013M02606"
    " 11010519491231002X 110101199003074258 440524188001010014 078051120 219099999 123456789 987654320 987654321"
    " 111223333 13800138000 13800000000 13912345678 13812345678 13512345678 8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9"
    " 1.2.3.4 4.4.4.4 5.6.7.8 1.1.1.2"
)
_EXAMPLES: Final = frozenset(_EXAMPLE_WORDS.split())
_IBAN_LENGTHS: Final = {
    **dict.fromkeys(("NO",), 15), **dict.fromkeys(("BE",), 16), **dict.fromkeys(("DK", "FI", "NL"), 18),
    **dict.fromkeys(("AT", "LT", "LU"), 20), **dict.fromkeys(("CH", "LI", "HR", "LV"), 21),
    **dict.fromkeys(("DE", "GB", "IE", "BG"), 22), **dict.fromkeys(("CZ", "ES", "SE", "SK", "RO", "TN"), 24),
    **dict.fromkeys(("PT",), 25),
    **dict.fromkeys(("FR", "GR", "IT", "MC"), 27), **dict.fromkeys(("HU", "PL", "CY"), 28),
}  # fmt: skip
_RESIDENT_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_LEAST_CARD, _MOST_CARD = 13, 19
# What every one of these numbers, groups and addresses has: hardly any text needs to be looked at further than that.
_LONG_NUMBER: Final = re.compile(r"[0-9](?:[ .()-]{0,2}[0-9]){7}")
# Each begins with what is rare, and looks back from there: that is found in a tenth of the time.
_IN_GROUPS: Final = re.compile(r"\.(?<=[0-9]\.)[0-9]|:(?<=[0-9A-Fa-f]:)[0-9A-Fa-f:]")
_HYPHENED: Final = re.compile(r"[.-](?<=[0-9][.-])[0-9]{4}")
_HOUSE: Final = re.compile("[0-9] [A-Z]|[0-9]号")
_DIFFERENT_DIGITS: Final = 4


def emails(text: str) -> Spans:
    """E-mail addresses of somebody."""
    if "@" not in text:
        return []
    return _found(_EMAIL, text, lambda address: not _NOBODYS.search(address))


def phones(text: str) -> Spans:
    """Phone numbers: international ones with their plus, North American ones, and Chinese mobile numbers."""
    if not _LONG_NUMBER.search(text):
        return []
    patterns = [_INTERNATIONAL] if "+" in text else []
    patterns += [_AMERICAN, _CHINESE_MOBILE] if _HYPHENED.search(text) else [_CHINESE_MOBILE]
    return [span for pattern in patterns for span in _found(pattern, text, _callable)]


def cards(text: str) -> Spans:
    """Payment cards whose check digit is right (ISO/IEC 7812, Luhn)."""
    if not _LONG_NUMBER.search(text):
        return []
    return _found(_CARD, text, _is_card)


def ibans(text: str) -> Spans:
    """Bank accounts whose check digits are right (ISO 13616, mod 97)."""
    return _found(_IBAN, text, _is_iban)


def residents(text: str) -> Spans:
    """Chinese resident identity numbers with a real day and the right check character (GB 11643-1999)."""
    if not _LONG_NUMBER.search(text):
        return []
    return _found(_RESIDENT, text, _is_resident)


def social_security(text: str) -> Spans:
    """Social security numbers of the United States, as they are written with hyphens."""
    if not _HYPHENED.search(text):
        return []
    return _found(_SSN, text, lambda _: True)


def networks(text: str) -> Spans:
    """Public network addresses that may be somebody's; private ones, examples and version numbers are not."""
    if not _IN_GROUPS.search(text):
        return []
    return [
        (start, end)
        for pattern, read in ((_IPV4, IPv4Address), (_IPV6, IPv6Address))
        for start, end in _found(pattern, text, lambda address, read=read: _is_global(address, read))  # type: ignore[misc]  # bound here
        if not _VERSION.search(text[max(0, start - 20) : start])
    ]


def addresses(text: str) -> Spans:
    """Postal addresses down to the house: American ones with state and code, Chinese ones with house and flat."""
    if not _HOUSE.search(text):
        return []
    return [*_found(_AMERICAN_ADDRESS, text, _is_a_place), *_found(_CHINESE_ADDRESS, text, lambda _: True)]


def _found(pattern: re.Pattern[str], text: str, holds: Callable[[str], bool]) -> Spans:
    matches: Iterator[re.Match[str]] = pattern.finditer(text)
    return [match.span() for match in matches if _plain(match[0]) not in _EXAMPLES and holds(match[0])]


def _plain(found: str) -> str:
    return found.translate({ord(gap): None for gap in " -()+"})


def _callable(number: str) -> bool:
    """Neither a decimal fraction, nor made for films (555), nor typed along the keyboard."""
    if number.count(".") == 1:
        return False
    digits = _plain(number).replace(".", "")
    made_up = "555" in digits[:7] or "1234567" in digits or "7654321" in digits or "0000000" in digits
    return not made_up and len(set(digits)) >= _DIFFERENT_DIGITS


def _is_card(number: str) -> bool:
    digits = [int(digit) for digit in _plain(number)]
    if not _LEAST_CARD <= len(digits) <= _MOST_CARD or len(set(digits)) < _DIFFERENT_DIGITS:
        return False
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def _is_iban(account: str) -> bool:
    plain = _plain(account)
    if len(plain) != _IBAN_LENGTHS.get(plain[:2], -1):
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def _is_resident(number: str) -> bool:
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _RESIDENT_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def _is_global(address: str, read: type[IPv4Address] | type[IPv6Address]) -> bool:
    try:
        return read(address).is_global and not address.endswith(".0")
    except AddressValueError:
        return False


def _is_a_place(address: str) -> bool:
    return not re.match(r"(?:123|1234|12345|456|789) |.*(?:Any|Your|Some)\s?(?:town|city)", address, re.IGNORECASE)
