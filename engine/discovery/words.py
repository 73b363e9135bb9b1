"""What columns with personal data are called, in English, German, French, Spanish and Portuguese.

Each kind has phrases by how telling they are: `sure` ones mean it anywhere, `likely` ones mostly,
`vague` ones only beside other signs of a person. Phrases are folded: lower case, no accents, single spaces.
"""

from collections.abc import Iterator, Mapping

from ..model.sensitive import Kind

SURE, LIKELY, VAGUE = 0.85, 0.65, 0.4

_SURE: Mapping[Kind, str] = {
    "email": """
        email, e mail, email address, mail address, email addr, courriel, adresse mail, correo electronico,
        correo, endereco email, mailadresse, emailadresse, e mail adresse
    """,
    "username": """
        username, user name, login name, loginname, benutzername, nickname, screen name, nom utilisateur,
        nome usuario, nombre usuario, nombre de usuario, nome de usuario, nom d utilisateur
    """,
    "first-name": """
        first name, firstname, fname, given name, givenname, forename, middle name, middlename, vorname,
        rufname, prenom, primer nombre, segundo nombre, primeiro nome, nome proprio
    """,
    "last-name": """
        last name, lastname, lname, surname, family name, familyname, maiden name, nachname, familienname,
        geburtsname, nom famille, nom de famille, nom naissance, apellido, apellidos, primer apellido,
        segundo apellido, sobrenome, ultimo nome
    """,
    "full-name": """
        full name, fullname, person name, contact name, cardholder name, cardholder, account holder,
        kontoinhaber, ansprechpartner, nom complet, nombre completo, nome completo, titulaire, next of kin,
        emergency contact, patient name, employee name, customer name, kundenname, nom client
    """,
    "phone": """
        phone, telephone, phone number, phonenumber, telephone number, mobile phone, cell phone, cellphone,
        mobile number, phone no, fax, fax number, telefon, telefonnummer, telefonnr, handy, handynummer,
        mobilnummer, rufnummer, faxnummer, tel portable, numero telephone, telefono, telemovel, celular,
        telefone, numero telefono, numero de telefono, numero de telephone, tlf, msisdn, whatsapp
    """,
    "street": """
        street, street address, street name, strasse, strassenname, hausnummer, house number, address line,
        addressline, nom rue, calle, logradouro, rua
    """,
    "postcode": """
        postcode, post code, postal code, postalcode, zip, zip code, zipcode, plz, postleitzahl, code
        postal, codigo postal, cep
    """,
    "address": """
        postal address, mailing address, home address, billing address, shipping address, ship to, bill to,
        delivery address, anschrift, wohnadresse, lieferadresse, rechnungsadresse, adresse postale,
        direccion, domicilio, morada, endereco
    """,
    "birth-date": """
        birth date, birthdate, date of birth, dob, birthday, birth day, born on, born at, geburtsdatum,
        geburtstag, date naissance, date de naissance, ddn, fecha nacimiento, fecha de nacimiento, data
        nascimento, data de nascimento, birth year, year of birth, geburtsjahr
    """,
    "national-id": """
        ssn, social security number, social security no, national id, national identity number, nino,
        national insurance number, tax id, taxid, tax number, tin, steuer id, steueridentifikationsnummer,
        steuernummer, sozialversicherungsnummer, rentenversicherungsnummer, ausweisnummer, personalausweis,
        personalausweisnummer, passport, passport number, passport no, reisepass, reisepassnummer, drivers
        license, driver license, driving licence, license number, fuehrerscheinnummer, nir, numero securite
        sociale, numero de securite sociale, carte identite, passeport, permis de conduire, dni, nie, nif,
        cif, pasaporte, cpf, rg, passaporte, cartao cidadao, codice fiscale, bsn, personnummer, pesel,
        insurance number, medical record number, mrn, nhs number, nhs no, nhs, nhsnumber, numer pesel
    """,
    "iban": """
        iban, account number, bank account, bank account number, kontonummer, bankverbindung, compte
        bancaire, numero compte, cuenta bancaria, numero cuenta, conta bancaria, routing number
    """,
    "card": """
        credit card, creditcard, card number, cardnumber, card no, cc number, ccnum, pan, kreditkarte,
        kreditkartennummer, kartennummer, carte bancaire, carte credit, numero carte, tarjeta credito,
        numero tarjeta, cartao credito, numero cartao, debit card
    """,
    "ip": """
        ip, ip address, ipaddress, ip addr, ipaddr, ipv4, ipv6, remote addr, remote ip, client ip, ip
        adresse, adresse ip, direccion ip, endereco ip, last ip, login ip
    """,
    "mac": "mac address, macaddress, mac addr, macaddr, mac adresse, adresse mac",
    "secret": """
        password, passwd, pwd, passphrase, password hash, pass hash, passwort, kennwort, mot de passe, mdp,
        contrasena, senha, palavra passe, secret, client secret, secret key, api key, apikey, private key,
        access key, access token, refresh token, auth token, session token, session id, session key, csrf
        token, reset token, bearer, otp, totp, otp secret, cvv, cvc, security code, recovery code, salt,
        credentials, encrypted password, crypted password, remember token, confirmation token, webhook
        secret
    """,
    "location": """
        latitude, longitude, lat, lng, lon, geo point, geolocation, gps, coordenadas, breitengrad,
        laengengrad, coordinates
    """,
    "health": """
        diagnosis, diagnoses, disease, medication, medications, blood type, blood group, allergy, allergies,
        icd10, icd code, symptoms, medical history, health condition, disability, diagnose, krankheit,
        blutgruppe, allergien, medikation, diagnostic, maladie, groupe sanguin, diagnostico, enfermedad,
        grupo sanguineo, doenca, alergias
    """,
    "document": """
        passport scan, id scan, fingerprint, signature image, unterschrift, ausweiskopie, biometric
    """,
}

_LIKELY: Mapping[Kind, str] = {
    "email": "mail, mailbox, reply to",
    "username": """
        login, user, handle, user login, created by, updated by, modified by, changed by, deleted by,
        approved by, assigned to, benutzer, utilisateur, identifiant, usuario, utilizador, screenname
    """,
    "full-name": """
        display name, displayname, contact, contact person, recipient, beneficiary, spouse, driver, author,
        owner name, guardian, passenger, guest name, ship name, bill name, salesperson, sales rep, agent
        name, empfaenger, fahrer, autor, destinataire, auteur, chauffeur, destinatario, conductor,
        motorista, composer
    """,
    "phone": "tel, telefax, mobil, mobile, landline, portable, movil, pager",
    "address": "address, addr, adresse, address2, residence, wohnort",
    "street": "address1, str, rue",
    "national-id": """
        identity number, id number, id card, personal number, personalnummer, fiscal number, vat number
    """,
    "city": """
        city, town, stadt, ville, ciudad, cidade, localidad, localidade, birth place, birthplace, place of
        birth, geburtsort, lieu de naissance
    """,
    "secret": """
        token, pin, auth, authorization, cookie, jwt, otp code, verification code, clave, api token
    """,
    "location": "geo, geom, location point, position gps, gps position",
    "free-text": """
        notes, note, comment, comments, remark, remarks, bio, biography, about me, memo, feedback, message,
        message body, chat, transcript, bemerkung, bemerkungen, notiz, notizen, kommentar, anmerkung,
        nachricht, lebenslauf, commentaire, commentaires, remarque, remarques, notes internes, comentario,
        comentarios, observacion, observaciones, notas, mensaje, observacao, observacoes, mensagem,
        anotacoes, body, email body, complaint
    """,
    "gender": """
        gender, sex, sexo, geschlecht, sexe, gender identity, salutation, salutations, honorific, name
        prefix, title of courtesy, anrede, civilite, tratamiento, pronome de tratamento, forma de tratamento
    """,
    "income": """
        salary, wage, income, gehalt, lohn, einkommen, salario, sueldo, salaire, ordenado, remuneration,
        remuneracion, remuneracao, base pay, gross pay, net pay
    """,
    "document": """
        photo, picture, avatar, portrait, selfie, scan, signature, resume, cv, curriculum, foto, bild,
        attachment, anhang, piece jointe, adjunto, anexo, document, dokument, contract, thumbnail, file
        content, image
    """,
    "health": """
        medical notes, treatment, prescription, therapie, behandlung, traitement, tratamiento, weight kg
    """,
    "url": """
        linkedin, facebook, twitter, instagram, github, social profile, profile url, personal website,
        avatar url, photo url, photo path, picture url
    """,
    "ip": "ip range, host ip",
}

_VAGUE: Mapping[Kind, str] = {
    "gender": "genero, titulo, titre",
    "full-name": """
        name, nom, nombre, nome, owner, manager, agent, holder, who, person, customer, patient, employee
    """,
    "free-text": """
        text, content, subject, question, answer, reason, details, summary, review, betreff, inhalt, texte,
        contenu, texto, contenido, conteudo
    """,
    "document": "content, file, data, blob, payload, datei, fichier, archivo, arquivo",
    "url": "url, website, homepage, web, site, link",
    "phone": "extension, ext, durchwahl",
    "company": """
        company, company name, companyname, employer, employer name, firma, firmenname, arbeitgeber,
        societe, raison sociale, entreprise, employeur, empresa, razon social, empregador, razao social,
        organisation, organization, org, organisation name, organization name, account name, vendor name,
        supplier name
    """,
    "city": "ort, lieu, place",
    "postcode": "cp",
    "secret": "key, code, nonce, hash",
    "location": "position, location, coords, x coord, y coord",
}


def _phrases() -> Iterator[tuple[str, tuple[Kind, float]]]:
    for confidence, kinds in ((VAGUE, _VAGUE), (LIKELY, _LIKELY), (SURE, _SURE)):
        for kind, text in kinds.items():
            for phrase in text.split(","):
                yield " ".join(phrase.split()), (kind, confidence)


PHRASES: Mapping[str, tuple[Kind, float]] = dict(_phrases())

_PEOPLE = """
user users customer customers client clients person persons people employee employees staff member
members patient patients student students teacher teachers contact contacts account accounts lead leads
subscriber subscribers participant participants guest guests visitor visitors author authors actor actors
driver drivers applicant applicants candidate candidates tenant tenants owner owners beneficiary
beneficiaries voter citizen citizens profile profiles passenger passengers recipient recipients supplier
suppliers address addresses doctor doctors nurse nurses agent agents buyer sellers seller buyers holder
holders crew player players worker workers manager managers auth kunde kunden mitarbeiter benutzer nutzer
personen patienten mitglied mitglieder teilnehmer schueler lehrer ansprechpartner kontakt kontakte
lieferant lieferanten adresse adressen utilisateur utilisateurs personne personnes employe employes
salarie membre membres eleve fournisseur adresses cliente clientes usuario usuarios persona personas
empleado empleados paciente pacientes alumno alumnos miembro proveedor direccion direcciones contacto
contactos utilizador utilizadores pessoa pessoas funcionario funcionarios membro aluno alunos fornecedor
enderecos morada
"""
PEOPLE = frozenset(_PEOPLE.split())

_THINGS = """
product products item items category categories country countries language languages currency currencies
genre genres film films movie track tracks album albums playlist color colors colour size sizes brand
brands tag tags role roles permission permissions state states region regions city cities setting
settings config feature features plan plans status statuses type types unit units department departments
warehouse warehouses store stores media sku skus stock inventory price prices tax taxes migration
migrations template templates catalog catalogue lookup version versions produkt produkte artikel
kategorie kategorien land laender sprache waehrung farbe groesse marke lager einstellung produit produits
categorie pays langue devise couleur taille marque producto productos categoria categorias pais paises
idioma moneda talla marca produto produtos moeda cor tamanho territory territories demographics
"""
THINGS = frozenset(_THINGS.split())

_TRAILS = """
audit audits audit_log history histories changelog changes log logs logging journal trail outbox inbox
queue queues jobs job_queue events_raw deadletter versions protokoll historie historique historial
historico
"""
TRAILS = frozenset(_TRAILS.split())

_SESSIONS = """
session sessions token tokens login_tokens otp otps refresh sitzung sitzungen sesion sesiones sessao
sessoes
"""
SESSIONS = frozenset(_SESSIONS.split())

# What a name ends with when it says something about the thing and is not the thing.
_ABOUT = """
allowed at attempts bounced changed changes confirmed consent count disabled domain enabled expires
expiry failures flag format frequency has id idx index is kind length level limit nb num number_of on opt
optin optout order policy preference preferences provider qty rank rate score sent settings size sort
source status template time timestamp total type valid verified version
"""
ABOUT = frozenset(_ABOUT.split())
