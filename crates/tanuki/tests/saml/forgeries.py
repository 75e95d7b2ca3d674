"""Responses that are to be accepted in whatever form, and such that are to be refused.

Those that are refused are signed by the provider's own key where nothing else is said: what is wrong
with them is what their name says, and that alone. Whoever takes one logs in somebody (VICTIM).
"""

import base64
import copy
import datetime
import hashlib
import zlib

from lxml import etree
from signing import (
    DSIG,
    ENVELOPED,
    EXCLUSIVE,
    canonical,
    encoded,
    sign,
)

PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
S, P, D = "{%s}" % ASSERTION, "{%s}" % PROTOCOL, "{%s}" % DSIG

# Who logs in by a variant, and who would by a forgery.
PERSON, VICTIM = "ada@studio.com", "admin@example.com"

VARIANTS, FORGERIES = {}, {}
count = 0


def variant(make):
    VARIANTS[make.__name__] = make
    return make


def forgery(make):
    FORGERIES[make.__name__] = make
    return make


def make(place, name):
    is_variant = name in VARIANTS
    world = World(place, PERSON if is_variant else VICTIM)
    document = (VARIANTS if is_variant else FORGERIES)[name](world)
    if isinstance(document, etree._Element):
        document = etree.tostring(document)
    return encoded(document)


class World:
    """Makes the parts of a response. Changes are by name; None leaves a part out."""

    def __init__(self, place, name):
        self.place = place
        self.name = name

    def time(self, seconds=0):
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def assertion(self, **changes):
        global count
        count += 1
        parts = {
            "id": f"_assertion{count}-{self.time()}".replace(":", ""),
            "issued": self.time(),
            "version": "2.0",
            "issuer": f"<saml:Issuer>{self.place['entity']}</saml:Issuer>",
            "name": f'<saml:NameID Format="{EMAIL}">{self.name}</saml:NameID>',
            "method": BEARER,
            "data": f'Recipient="{self.place["acs"]}" NotOnOrAfter="{self.time(300)}"',
            "window": f'NotBefore="{self.time(-60)}" NotOnOrAfter="{self.time(300)}"',
            "audience": self.audience(self.place["service"]),
            "session": "",
            "more": "",
            "space": "",
        }
        parts.update(changes)
        confirmation = parts.get("confirmation") or (
            f'<saml:SubjectConfirmation Method="{parts["method"]}">'
            f"<saml:SubjectConfirmationData {parts['data']}/></saml:SubjectConfirmation>"
        )
        subject = f"<saml:Subject>{parts['name']}{confirmation}</saml:Subject>"
        conditions = f"<saml:Conditions {parts['window']}>{parts['audience']}</saml:Conditions>"
        login = (
            f'<saml:AuthnStatement AuthnInstant="{self.time()}" {parts["session"]}><saml:AuthnContext>'
            f"<saml:AuthnContextClassRef>{PASSWORD}</saml:AuthnContextClassRef></saml:AuthnContext>"
            "</saml:AuthnStatement>"
        )
        attributes = (
            "<saml:AttributeStatement>"
            '<saml:Attribute Name="givenName"><saml:AttributeValue>Ada</saml:AttributeValue></saml:Attribute>'
            '<saml:Attribute Name="sn"><saml:AttributeValue>Lovelace</saml:AttributeValue></saml:Attribute>'
            "</saml:AttributeStatement>"
        )
        pieces = [
            parts["issuer"],
            parts.get("subject", subject),
            parts.get("conditions", conditions),
            parts.get("login", login),
            parts.get("attributes", attributes),
            parts["more"],
        ]
        text = parts["space"].join(piece for piece in pieces if piece is not None)
        namespaces = parts.get("namespaces", f'xmlns:saml="{ASSERTION}"')
        id = f'ID="{parts["id"]}"' if parts["id"] is not None else ""
        return etree.fromstring(
            f'<saml:Assertion {namespaces} {id} IssueInstant="{parts["issued"]}" '
            f'Version="{parts["version"]}">{text}</saml:Assertion>'
        )

    def audience(self, name):
        return f"<saml:AudienceRestriction><saml:Audience>{name}</saml:Audience></saml:AudienceRestriction>"

    def response(self, *assertions, **changes):
        parts = {
            "attributes": f'Destination="{self.place["acs"]}"',
            "issuer": f'<saml:Issuer xmlns:saml="{ASSERTION}">{self.place["entity"]}</saml:Issuer>',
            "status": f'<samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status>',
            "version": "2.0",
            "id": "_response",
            "root": "Response",
            "before": "",
        }
        parts.update(changes)
        name = parts["root"]
        document = etree.fromstring(
            f'<samlp:{name} xmlns:samlp="{PROTOCOL}" ID="{parts["id"]}" IssueInstant="{self.time()}" '
            f'Version="{parts["version"]}" {parts["attributes"]}>{parts["issuer"]}{parts["before"]}'
            f"{parts['status']}</samlp:{name}>"
        )
        document.extend(assertions)
        return document

    def signed(self, sign_with=None, **changes):
        """A signed assertion in a response."""
        return self.response(sign(self.assertion(**changes), **(sign_with or {})))

    def pair(self):
        """A signed assertion about somebody else, in a response, and an unsigned copy about the victim."""
        other = World(self.place, "eve@studio.com")
        document = other.response(sign(other.assertion()))
        original = document.find(S + "Assertion")
        evil = copy.deepcopy(original)
        evil.remove(evil.find(D + "Signature"))
        evil.set("ID", "_evil")
        evil.find(f"{S}Subject/{S}NameID").text = self.name
        return document, original, evil


def replaced(document, old, new):
    """The document as text, with a change that no signature knows of."""
    text = etree.tostring(document).decode()
    assert old in text, f"{old} is not in {text}"
    return text.replace(old, new)


# What is accepted ------------------------------------------------------------


@variant
def as_it_is(world):
    return world.signed()


@variant
def with_other_algorithms(world):
    return world.signed({"algorithm": "rsa-sha512", "digest": "sha384"})


@variant
def with_a_third_digest(world):
    return world.signed({"algorithm": "rsa-sha384", "digest": "sha512"})


@variant
def with_a_key_on_a_curve(world):
    return world.signed({"key_name": "curve", "algorithm": "ecdsa-sha256"})


@variant
def with_a_key_on_a_larger_curve(world):
    return world.signed({"key_name": "larger curve", "algorithm": "ecdsa-sha384"})


@variant
def without_key_info(world):
    return world.signed({"key_info": False})


@variant
def with_listed_prefixes(world):
    namespaces = f'xmlns:saml="{ASSERTION}" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    return world.signed({"prefixes": ["xs", "none"], "info_prefixes": ["saml", "ds"]}, namespaces=namespaces)


@variant
def with_types_of_values(world):
    namespaces = (
        f'xmlns:saml="{ASSERTION}" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    attributes = (
        '<saml:AttributeStatement><saml:Attribute Name="givenName"><saml:AttributeValue xsi:type="xs:string">'
        "Ada</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
    )
    return world.signed({"prefixes": ["xs"]}, namespaces=namespaces, attributes=attributes)


@variant
def with_default_namespaces(world):
    assertion = etree.fromstring(
        etree.tostring(world.assertion()).decode().replace("<saml:", "<").replace("</saml:", "</")
        .replace("xmlns:saml=", "xmlns=")
    )
    return world.response(sign(assertion, prefix=""))


@variant
def with_whitespace(world):
    text = etree.tostring(world.signed(space="\n   \t  ")).decode()
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + text + "\n\n"


@variant
def with_special_characters(world):
    more = (
        '<saml:AttributeStatement><saml:Attribute Name="x&#9;&quot;&lt;&amp;&#10;"><saml:AttributeValue>'
        "a&#13;\nb&amp;&lt;&gt;&quot;é\U0001f600</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
    )
    document = etree.tostring(world.signed(more=more), encoding="UTF-8")
    return document


@variant
def with_a_signed_response_as_well(world):
    return sign(world.signed())


@variant
def without_a_destination(world):
    return world.response(sign(world.assertion()), attributes="", issuer="")


@variant
def for_several_audiences(world):
    audience = (
        "<saml:AudienceRestriction><saml:Audience>https://other</saml:Audience>"
        f"<saml:Audience>{world.place['service']}</saml:Audience></saml:AudienceRestriction>"
    )
    return world.signed(audience=audience + "<saml:OneTimeUse/>")


@variant
def with_a_second_confirmation(world):
    confirmation = "".join(
        f'<saml:SubjectConfirmation Method="{BEARER}"><saml:SubjectConfirmationData Recipient="{recipient}" '
        f'NotOnOrAfter="{world.time(300)}"/></saml:SubjectConfirmation>'
        for recipient in ["https://other", world.place["acs"]]
    )
    return world.signed(confirmation=confirmation)


@variant
def by_a_clock_that_is_a_minute_ahead(world):
    return world.signed(issued=world.time(60), window=f'NotBefore="{world.time(60)}"')


# Signatures ------------------------------------------------------------------


@forgery
def unsigned(world):
    return world.response(world.assertion())


@forgery
def only_the_response_signed(world):
    return sign(world.response(world.assertion()))


@forgery
def by_an_unknown_key(world):
    return world.signed({"key_name": "unknown"})


@forgery
def by_a_small_key(world):
    return world.signed({"key_name": "small"})


@forgery
def by_a_certificate_as_a_secret(world):
    return world.signed({"algorithm": "hmac-sha256"})


@forgery
def with_a_sha1_signature(world):
    return world.signed({"algorithm": "rsa-sha1"})


@forgery
def with_a_sha1_digest(world):
    return world.signed({"digest": "sha1"})


@forgery
def with_an_empty_signature(world):
    def spoil(signature):
        signature.find(D + "SignatureValue").text = ""

    return world.signed({"spoil": spoil})


@forgery
def with_another_algorithm_than_it_says(world):
    def spoil(signature):
        method = signature.find(f"{D}SignedInfo/{D}SignatureMethod")
        method.set("Algorithm", method.get("Algorithm").replace("256", "512"))

    return world.signed({"spoil": spoil})


@forgery
def changed_name(world):
    other = World(world.place, "eve@studio.com")
    return replaced(other.signed(), "eve@studio.com", world.name)


@forgery
def changed_attribute(world):
    return replaced(world.signed(), ">Ada<", ">Eve<")


@forgery
def changed_digest(world):
    """The assertion and its digest are changed, the signature is of the old digest."""
    other = World(world.place, "eve@studio.com")
    document = other.signed()
    assertion = document.find(S + "Assertion")
    assertion.find(f"{S}Subject/{S}NameID").text = world.name
    new = copy.deepcopy(assertion)
    new.remove(new.find(D + "Signature"))
    digest = base64.b64encode(hashlib.sha256(canonical(new)).digest()).decode()
    assertion.find(f".//{D}DigestValue").text = digest
    return document


@forgery
def with_a_digest_of_nothing(world):
    return world.signed({"covered": b""})


@forgery
def with_a_reference_to_the_response(world):
    return world.signed({"uri": "#_response"})


@forgery
def with_a_reference_to_the_document(world):
    return world.signed({"uri": ""})


@forgery
def without_an_id(world):
    return world.signed({"uri": ""}, id=None)


@forgery
def with_an_empty_id(world):
    return world.signed({"uri": "#"}, id="")


@forgery
def with_an_xpointer(world):
    assertion = world.assertion()
    uri = f"#xpointer(id('{assertion.get('ID')}'))"
    return world.response(sign(assertion, uri=uri))


@forgery
def with_two_references(world):
    def change(signature):
        info = signature.find(D + "SignedInfo")
        info.append(copy.deepcopy(info.find(D + "Reference")))

    return world.signed({"change": change})


@forgery
def without_a_reference(world):
    def change(signature):
        info = signature.find(D + "SignedInfo")
        info.remove(info.find(D + "Reference"))

    return world.signed({"change": change})


@forgery
def without_transforms(world):
    return world.signed({"transforms": ""})


@forgery
def with_one_transform(world):
    return world.signed({"transforms": f'<P:Transform Algorithm="{ENVELOPED}"/>'})


@forgery
def with_transforms_the_other_way_round(world):
    transforms = f'<P:Transform Algorithm="{EXCLUSIVE}"/><P:Transform Algorithm="{ENVELOPED}"/>'
    return world.signed({"transforms": transforms})


@forgery
def with_a_transform_that_selects(world):
    transforms = (
        f'<P:Transform Algorithm="{ENVELOPED}"/>'
        '<P:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><P:XPath>false()</P:XPath>'
        f'</P:Transform><P:Transform Algorithm="{EXCLUSIVE}"/>'
    )
    return world.signed({"transforms": transforms, "covered": b""})


@forgery
def with_a_transform_in_xslt(world):
    transforms = (
        f'<P:Transform Algorithm="{ENVELOPED}"/>'
        '<P:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>'
    )
    return world.signed({"transforms": transforms})


@forgery
def with_inclusive_canonicalization(world):
    return world.signed({"method": "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"})


@forgery
def with_canonicalization_of_comments(world):
    return world.signed({"method": EXCLUSIVE + "WithComments"})


@forgery
def with_unknown_canonicalization(world):
    return world.signed({"method": "urn:none"})


@forgery
def with_the_signature_at_the_end(world):
    return world.signed({"place": 5})


@forgery
def with_the_signature_at_the_beginning(world):
    return world.signed({"place": 0})


@forgery
def with_the_signature_in_the_subject(world):
    assertion = world.assertion()
    sign(assertion)
    assertion.find(S + "Subject").append(assertion.find(D + "Signature"))
    return world.response(assertion)


@forgery
def with_two_signatures(world):
    assertion = sign(world.assertion())
    assertion.insert(1, copy.deepcopy(assertion.find(D + "Signature")))
    return world.response(assertion)


@forgery
def with_two_signed_infos(world):
    def spoil(signature):
        evil = copy.deepcopy(signature.find(D + "SignedInfo"))
        signature.insert(0, evil)

    return world.signed({"spoil": spoil})


@forgery
def with_an_object_in_the_signature(world):
    def spoil(signature):
        signature.append(etree.fromstring(f'<ds:Object xmlns:ds="{DSIG}"/>'))

    return world.signed({"spoil": spoil})


@forgery
def with_a_comment_in_the_digest(world):
    def spoil(signature):
        value = signature.find(f".//{D}DigestValue")
        value.insert(0, etree.Comment("x"))

    return world.signed({"spoil": spoil})


@forgery
def with_an_element_in_the_digest(world):
    def change(signature):
        value = signature.find(f".//{D}DigestValue")
        value.append(etree.fromstring(f'<ds:x xmlns:ds="{DSIG}"/>'))

    return world.signed({"change": change})


@forgery
def with_a_signature_of_another_namespace(world):
    return world.signed({"namespace": "urn:other"})


# Wrapping --------------------------------------------------------------------


@forgery
def wrapping_1(world):
    """The signed response is in the signature of an unsigned one."""
    original = sign(World(world.place, "eve@studio.com").signed())
    evil = world.response(world.assertion())
    signature = original.find(D + "Signature")
    original.remove(signature)
    signature.append(original)
    evil.insert(1, signature)
    return evil


@forgery
def wrapping_2(world):
    """The signed response stands beside its signature in an unsigned one."""
    original = sign(World(world.place, "eve@studio.com").signed())
    evil = world.response(world.assertion())
    signature = original.find(D + "Signature")
    original.remove(signature)
    evil.insert(1, signature)
    evil.insert(1, original)
    return evil


@forgery
def wrapping_3(world):
    document, original, evil = world.pair()
    original.addprevious(evil)
    return document


@forgery
def wrapping_4(world):
    document, original, evil = world.pair()
    document.replace(original, evil)
    evil.append(original)
    return document


@forgery
def wrapping_5(world):
    document, original, evil = world.pair()
    evil.insert(1, original.find(D + "Signature"))
    original.addprevious(evil)
    return document


@forgery
def wrapping_6(world):
    document, original, evil = world.pair()
    signature = original.find(D + "Signature")
    document.replace(original, evil)
    evil.insert(1, signature)
    signature.append(original)
    return document


@forgery
def wrapping_7(world):
    document, original, evil = world.pair()
    extensions = etree.Element(P + "Extensions")
    evil.set("ID", original.get("ID"))
    extensions.append(evil)
    document.insert(1, extensions)
    return document


@forgery
def wrapping_8(world):
    document, original, evil = world.pair()
    signature = original.find(D + "Signature")
    document.replace(original, evil)
    evil.insert(1, signature)
    box = etree.SubElement(signature, D + "Object")
    box.append(original)
    return document


@forgery
def wrapping_with_the_same_id(world):
    document, original, evil = world.pair()
    evil.set("ID", original.get("ID"))
    original.addprevious(evil)
    return document


@forgery
def wrapping_in_advice(world):
    document, original, evil = world.pair()
    evil.insert(1, copy.deepcopy(original.find(D + "Signature")))
    advice = etree.SubElement(evil, S + "Advice")
    document.replace(original, evil)
    advice.append(original)
    return document


@forgery
def wrapping_in_a_status(world):
    document, original, evil = world.pair()
    status = document.find(P + "Status")
    detail = etree.SubElement(status, P + "StatusDetail")
    document.replace(original, evil)
    evil.insert(1, copy.deepcopy(original.find(D + "Signature")))
    detail.append(original)
    return document


@forgery
def wrapping_with_an_assertion_of_another_namespace(world):
    document, original, evil = world.pair()
    text = etree.tostring(evil).decode().replace(ASSERTION, "urn:other")
    original.addprevious(etree.fromstring(text))
    return document


# Documents -------------------------------------------------------------------


def in_signed_text(world, what):
    """Puts something into the signed name, where parsers differ in what the name is then."""
    document = World(world.place, "admin@example.com.evil.com").signed()
    return replaced(document, "admin@example.com.evil.com", f"admin@example.com{what}.evil.com")


@forgery
def comment_in_the_name(world):
    return in_signed_text(world, "<!-- x -->")


@forgery
def instruction_in_the_name(world):
    return in_signed_text(world, "<?x y?>")


@forgery
def cdata_in_the_name(world):
    return replaced(world.signed(), f">{world.name}<", f"><![CDATA[{world.name}]]><")


@forgery
def comment_elsewhere(world):
    return replaced(world.signed(), "<saml:Conditions", "<!-- x --><saml:Conditions")


@forgery
def comment_before_the_document(world):
    return "<!-- x -->" + etree.tostring(world.signed()).decode()


@forgery
def doctype(world):
    return "<!DOCTYPE samlp:Response>" + etree.tostring(world.signed()).decode()


@forgery
def doctype_with_an_entity(world):
    text = replaced(world.signed(), f">{world.name}<", ">&name;<")
    return f'<!DOCTYPE x [<!ENTITY name "{world.name}">]>' + text


@forgery
def doctype_with_a_default_attribute(world):
    subset = '<!ATTLIST saml:Assertion ID CDATA #FIXED "_evil">'
    return f"<!DOCTYPE x [{subset}]>" + etree.tostring(world.signed()).decode()


@forgery
def undeclared_entity(world):
    return replaced(world.signed(), world.name, world.name + "&nbsp;")


@forgery
def relative_namespace(world):
    return replaced(world.signed(), "<saml:Assertion ", '<saml:Assertion xmlns:x="1" ')


@forgery
def relative_default_namespace(world):
    return replaced(world.signed(), "<samlp:Response ", '<samlp:Response xmlns="../x" ')


@forgery
def prefix_bound_twice(world):
    return replaced(world.signed(), "<saml:Assertion ", f'<saml:Assertion xmlns:saml="{ASSERTION}" ')


@forgery
def prefix_of_another_namespace(world):
    return replaced(world.signed(), f'xmlns:saml="{ASSERTION}" ID', 'xmlns:saml="urn:other" ID')


@forgery
def attribute_twice(world):
    document = world.signed()
    id = document.find(S + "Assertion").get("ID")
    return replaced(document, f'ID="{id}"', f'ID="{id}" ID="_evil"')


@forgery
def id_of_another_namespace(world):
    """Only an attribute with a prefix says the id."""
    document = world.signed()
    id = document.find(S + "Assertion").get("ID")
    return replaced(document, f'ID="{id}"', f'saml:ID="{id}"')


@forgery
def id_in_other_letters(world):
    document = world.signed()
    id = document.find(S + "Assertion").get("ID")
    return replaced(document, f'ID="{id}"', f'Id="{id}"')


@forgery
def second_id_in_other_letters(world):
    document = world.signed()
    id = document.find(S + "Assertion").get("ID")
    return replaced(document, f'ID="{id}"', f'ID="_evil" id="{id}"')


@forgery
def utf_16(world):
    text = etree.tostring(world.signed()).decode()
    return ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16")


@forgery
def another_version_of_xml(world):
    return '<?xml version="1.1"?>' + etree.tostring(world.signed()).decode()


@forgery
def two_documents(world):
    text = etree.tostring(world.signed()).decode()
    return text + text


@forgery
def text_after_the_document(world):
    return etree.tostring(world.signed()).decode() + "x"


@forgery
def deflated(world):
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(etree.tostring(world.signed())) + compressor.flush()


@forgery
def too_long(world):
    return etree.tostring(world.signed()).decode() + " " * 300_000


@forgery
def too_deep(world):
    depth = 30_000
    return "<a>" * depth + "</a>" * depth


@forgery
def too_many(world):
    return replaced(world.signed(), "<samlp:Status>", "<x/>" * 20_000 + "<samlp:Status>")


@forgery
def nothing(world):
    return ""


@forgery
def no_xml(world):
    return "name=admin@example.com"


@forgery
def html(world):
    return "<!doctype html><html><body>Log in<br></body></html>"


# What is said ----------------------------------------------------------------


@forgery
def no_response_but_an_assertion(world):
    return sign(world.assertion())


@forgery
def a_logout_response(world):
    return world.response(sign(world.assertion()), root="LogoutResponse")


@forgery
def no_assertion(world):
    return world.response()


@forgery
def two_assertions(world):
    return world.response(sign(world.assertion()), sign(world.assertion()))


@forgery
def an_encrypted_assertion_as_well(world):
    encrypted = etree.fromstring(f'<saml:EncryptedAssertion xmlns:saml="{ASSERTION}"/>')
    return world.response(sign(world.assertion()), encrypted)


@forgery
def the_same_id_twice(world):
    assertion = sign(world.assertion())
    return world.response(assertion, id=assertion.get("ID"))


@forgery
def a_failure(world):
    status = (
        '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/></samlp:Status>'
    )
    return world.response(sign(world.assertion()), status=status)


@forgery
def no_status(world):
    return world.response(sign(world.assertion()), status="")


@forgery
def another_version_of_the_response(world):
    return world.response(sign(world.assertion()), version="1.1")


@forgery
def another_version_of_the_assertion(world):
    return world.signed(version="1.1")


@forgery
def another_destination(world):
    attributes = 'Destination="https://evil.com/api/auth/saml/sso"'
    return world.response(sign(world.assertion()), attributes=attributes)


@forgery
def another_issuer_of_the_response(world):
    issuer = f'<saml:Issuer xmlns:saml="{ASSERTION}">https://evil.com</saml:Issuer>'
    return world.response(sign(world.assertion()), issuer=issuer)


@forgery
def another_issuer(world):
    return world.signed(issuer="<saml:Issuer>https://evil.com</saml:Issuer>")


@forgery
def an_issuer_of_another_format(world):
    issuer = f'<saml:Issuer Format="{EMAIL}">{world.place["entity"]}</saml:Issuer>'
    return world.signed(issuer=issuer)


@forgery
def no_issuer(world):
    return world.signed({"place": 0}, issuer=None)


@forgery
def two_issuers(world):
    issuer = f"<saml:Issuer>{world.place['entity']}</saml:Issuer>"
    return world.signed(issuer=issuer, more=issuer)


@forgery
def no_subject(world):
    return world.signed(subject=None)


@forgery
def two_subjects(world):
    subject = f"<saml:Subject><saml:NameID>{world.name}</saml:NameID></saml:Subject>"
    return world.signed(more=subject)


@forgery
def no_name(world):
    return world.signed(name="")


@forgery
def an_empty_name(world):
    return world.signed(name="<saml:NameID> </saml:NameID>")


@forgery
def two_names(world):
    return world.signed(name=f"<saml:NameID>eve@studio.com</saml:NameID><saml:NameID>{world.name}</saml:NameID>")


@forgery
def an_element_in_the_name(world):
    return world.signed(name=f"<saml:NameID>{world.name}<saml:x>.evil.com</saml:x></saml:NameID>")


@forgery
def an_encrypted_name(world):
    return world.signed(name="<saml:EncryptedID/>")


@forgery
def no_confirmation(world):
    return world.signed(confirmation=" ")


@forgery
def a_confirmation_for_holders_of_a_key(world):
    return world.signed(method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")


@forgery
def a_confirmation_without_data(world):
    return world.signed(confirmation=f'<saml:SubjectConfirmation Method="{BEARER}"/>')


@forgery
def another_recipient(world):
    data = f'Recipient="https://evil.com/api/auth/saml/sso" NotOnOrAfter="{world.time(300)}"'
    return world.signed(data=data)


@forgery
def no_recipient(world):
    return world.signed(data=f'NotOnOrAfter="{world.time(300)}"')


@forgery
def a_confirmation_without_an_end(world):
    return world.signed(data=f'Recipient="{world.place["acs"]}"')


@forgery
def a_confirmation_that_has_ended(world):
    return world.signed(data=f'Recipient="{world.place["acs"]}" NotOnOrAfter="{world.time(-200)}"')


@forgery
def a_confirmation_that_has_not_begun(world):
    data = f'Recipient="{world.place["acs"]}" NotBefore="{world.time(200)}" NotOnOrAfter="{world.time(300)}"'
    return world.signed(data=data)


@forgery
def a_time_that_is_none(world):
    return world.signed(data=f'Recipient="{world.place["acs"]}" NotOnOrAfter="tomorrow"')


@forgery
def a_time_of_nowhere(world):
    return world.signed(data=f'Recipient="{world.place["acs"]}" NotOnOrAfter="2999-01-01T00:00:00"')


@forgery
def no_conditions(world):
    return world.signed(conditions=None)


@forgery
def no_audience(world):
    return world.signed(audience="")


@forgery
def an_empty_audience(world):
    return world.signed(audience="<saml:AudienceRestriction/>")


@forgery
def another_audience(world):
    return world.signed(audience=world.audience("https://other"))


@forgery
def another_audience_as_well(world):
    return world.signed(audience=world.audience(world.place["service"]) + world.audience("https://other"))


@forgery
def an_audience_that_begins_so(world):
    return world.signed(audience=world.audience(world.place["service"] + ".evil.com"))


@forgery
def an_unknown_condition(world):
    condition = '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"/>'
    return world.signed(audience=world.audience(world.place["service"]) + condition)


@forgery
def conditions_that_have_ended(world):
    return world.signed(window=f'NotOnOrAfter="{world.time(-200)}"')


@forgery
def conditions_that_have_not_begun(world):
    return world.signed(window=f'NotBefore="{world.time(200)}"')


@forgery
def issued_in_the_future(world):
    return world.signed(issued=world.time(600))


@forgery
def issued_two_days_ago(world):
    return world.signed(issued=world.time(-2 * 24 * 60 * 60))


@forgery
def no_login(world):
    return world.signed(login=None)


@forgery
def a_session_that_has_ended(world):
    return world.signed(session=f'SessionNotOnOrAfter="{world.time(-200)}"')


@forgery
def an_answer_to_no_request_of_ours(world):
    data = f'Recipient="{world.place["acs"]}" NotOnOrAfter="{world.time(300)}" InResponseTo="_unknown"'
    return world.signed(data=data)


@forgery
def an_answer_to_a_request_that_is_not_signed(world):
    attributes = f'Destination="{world.place["acs"]}" InResponseTo="_unknown"'
    return world.response(sign(world.assertion()), attributes=attributes)
