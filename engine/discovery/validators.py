"""Everything that a value can be recognised as, with how sure that makes us."""

from collections.abc import Callable
from dataclasses import dataclass

from ..model.sensitive import Kind
from . import addresses, checksums, contacts, people, secrecy, text


@dataclass(frozen=True, slots=True)
class Validator:
    """One way to recognise a kind.

    Attributes:
        kind: What it recognises.
        holds: Whether a value is one.
        weight: The confidence if every value is one.
        least: The share of values below which it says nothing.
        chance: Of values that are no such thing but have its form, how many pass by accident.
        complete: Whether values of this kind always pass, so that failing speaks against a name.
        digits: Whether only texts with a digit can pass, or only texts without; None: both.
    """

    kind: Kind
    holds: Callable[[str], bool]
    weight: float
    least: float = 0.0
    chance: float = 0.0
    complete: bool = False
    digits: bool | None = None


STRONG, GOOD, WEAK = 0.98, 0.8, 0.45

VALIDATORS: tuple[Validator, ...] = (
    Validator("email", contacts.email, STRONG, complete=True),
    Validator("iban", checksums.iban, STRONG, chance=0.01, complete=True, digits=True),
    Validator("card", checksums.card, STRONG, least=0.3, chance=0.1, digits=True),
    Validator("national-id", checksums.us_ssn, 0.9, least=0.3, digits=True),
    Validator("national-id", checksums.uk_nino, 0.95, least=0.3, digits=True),
    Validator("national-id", checksums.it_fiscale, STRONG, chance=0.04),
    Validator("national-id", checksums.es_dni, 0.95, least=0.3, chance=0.05, digits=True),
    Validator("national-id", checksums.fr_nir, 0.95, least=0.3, chance=0.01, digits=True),
    Validator("national-id", checksums.de_tax_id, 0.95, least=0.5, chance=0.1, digits=True),
    Validator("national-id", checksums.pt_nif, 0.9, least=0.5, chance=0.1, digits=True),
    Validator("national-id", checksums.nl_bsn, 0.9, least=0.5, chance=0.1, digits=True),
    Validator("national-id", checksums.br_cpf, 0.95, least=0.5, chance=0.01, digits=True),
    Validator("national-id", checksums.pl_pesel, 0.95, least=0.5, chance=0.05, digits=True),
    Validator("national-id", checksums.uk_nhs, 0.9, least=0.5, chance=0.1, digits=True),
    Validator("phone", contacts.phone, 0.9, least=0.2, digits=True),
    Validator("mac", contacts.mac, STRONG, complete=True),
    Validator("ip", contacts.ip, 0.9, least=0.2, complete=True),
    Validator("location", contacts.point, 0.75, least=0.5, digits=True),
    Validator("secret", secrecy.marked_secret, STRONG),
    Validator("secret", secrecy.url_with_login, STRONG),
    Validator("secret", secrecy.random_text, 0.6, least=0.6),
    Validator("address", addresses.address, 0.9, least=0.3, digits=True),
    Validator("street", addresses.street, GOOD, least=0.3, digits=True),
    Validator("full-name", people.full_name, 0.85, least=0.2, digits=False),
    Validator("first-name", people.first_name, 0.75, least=0.3, digits=False),
    Validator("last-name", people.last_name, 0.65, least=0.3, digits=False),
    Validator("postcode", addresses.postcode, 0.24, least=0.6, digits=True),
    Validator("free-text", text.contains_contact, 0.95),
    Validator("free-text", text.mentions_somebody, WEAK, least=0.2),
)
