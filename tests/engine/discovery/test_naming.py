"""What columns are called, in five languages and every spelling, and the false friends among names."""

import pytest

from snapharbor.engine.discovery.classify import PERSONAL
from snapharbor.engine.discovery.naming import about_people, by_name, tokens

TELLING = {
    "email": "email e_mail EmailAddress customer_email email2 courriel correo_electronico mail",
    "first-name": "first_name FirstName fname vorname prenom primer_nombre primeiroNome given_name",
    "last-name": "last_name lastname Nachname nom_de_famille apellidos sobrenome surname GEBURTSNAME",
    "full-name": "full_name contact_name ansprechpartner nombre_completo cardholder driver_name",
    "phone": "phone PhoneNumber home_phone telefon_nr handynummer telemovel celular fax numero_de_telephone",
    "street": "street StreetAddress strasse Straße hausnummer calle logradouro",
    "postcode": "zip zip_code PLZ postal_code code_postal codigo_postal cep BillingPostalCode",
    "address": "home_address billingAddress lieferadresse direccion morada shipTo ship_to anschrift",
    "birth-date": "birth_date DateOfBirth dob geburtsdatum date_de_naissance data_nascimento",
    "national-id": "ssn SSN tax_id steuer_id dni nif cpf passport_number numero_securite_sociale"
    " PESEL nhs_number",
    "iban": "iban bank_account kontonummer",
    "card": "card_number creditCard kreditkartennummer numero_tarjeta",
    "ip": "ip ip_address clientIp remote_addr last_login_ip",
    "secret": "password PasswordHash pwd api_key accessToken mot_de_passe contrasena senha passwort",
    "username": "username user_name benutzername nombre_de_usuario loginName",
    "free-text": "notes comment bemerkungen commentaires observaciones observacao Observações",
    "gender": "gender sex sexo Geschlecht sexe anrede salutation title_of_courtesy",
    "income": "salary gehalt salario Salário base_salary lohn salaire",
}
# (column, table): none of these is about a person.
FALSE_FRIENDS = [
    ("name", "products"), ("name", "category"), ("product_name", "orders"), ("file_name", "uploads"),
    ("host_name", "servers"), ("name", "countries"), ("state_name", "us_states"), ("name", "roles"),
    ("email_verified", "users"), ("email_count", "campaigns"), ("phone_type", "phones"),
    ("address_id", "users"),
    ("city", "city"), ("label", "products"), ("title", "film"), ("description", "film"),
    ("country", "customer"),
    ("picture", "categories"), ("key", "settings"), ("code", "products"), ("street_lights", "audit"),
    ("id", "customers"), ("created_at", "customers"), ("password_changed_at", "users"), ("status", "users"),
    ("token_count", "prompts"), ("ipo_date", "stocks"), ("telemetry", "devices"), ("ship_via", "orders"),
    ("nominal", "bonds"), ("emailed", "invoices"), ("zipped", "files"), ("company_size", "companies"),
]  # fmt: skip


@pytest.mark.parametrize("kind", TELLING)
def test_a_telling_name_says_what_it_is(kind: str) -> None:
    said = {name: by_name(name, "things_of_ours") for name in TELLING[kind].split()}
    kinds = {name: [piece.kind for piece in pieces] for name, pieces in said.items()}
    assert kinds == {name: [kind] for name in said}
    assert [name for name, (piece,) in said.items() if piece.confidence < PERSONAL] == []


@pytest.mark.parametrize(("column", "table"), FALSE_FRIENDS)
def test_a_false_friend_says_too_little(column: str, table: str) -> None:
    assert [piece for piece in by_name(column, table) if piece.confidence >= PERSONAL] == []


@pytest.mark.parametrize("table", ["customers", "Employee", "app_users", "kunden", "UserProfile", "clientes"])
def test_a_name_beside_people_is_a_persons(table: str) -> None:
    assert about_people(table)
    (piece,) = by_name("name", table)
    assert (piece.kind, piece.confidence >= PERSONAL) == ("full-name", True)


@pytest.mark.parametrize("column", ["titulo", "genero"])
def test_what_means_a_salutation_only_of_people_counts_beside_people(column: str) -> None:
    (piece,) = by_name(column, "clientes")
    assert (piece.kind, piece.confidence >= PERSONAL) == ("gender", True)


def test_identifiers_are_split_into_words() -> None:
    assert tokens("shipTo") == ("ship", "to")
    assert tokens("XMLHttpID2") == ("xml", "http", "id")
    assert tokens("Ort_der-Geburt") == ("ort", "der", "geburt")
