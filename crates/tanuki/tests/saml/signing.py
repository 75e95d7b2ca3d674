"""Keys, and signatures of whatever shape."""

import base64
import datetime
import functools
import hashlib
import hmac

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from lxml import etree

DSIG = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ENVELOPED = f"{DSIG}enveloped-signature"

HASHES = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@functools.cache
def key(name):
    match name:
        case "curve":
            return ec.generate_private_key(ec.SECP256R1())
        case "larger curve":
            return ec.generate_private_key(ec.SECP384R1())
        case "small":
            return rsa.generate_private_key(65537, 1024)
    return rsa.generate_private_key(65537, 2048)


@functools.cache
def x509_certificate(name):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")])
    # Expired: what is in the metadata counts.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key(name).public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2021, 1, 1))
        .sign(key(name), hashes.SHA256())
    )


def certificate(name):
    der = x509_certificate(name).public_bytes(serialization.Encoding.DER)
    return base64.b64encode(der).decode()


def write_files(folder, name):
    """Writes the key and its certificate as PEM, and returns the paths."""
    pem = serialization.Encoding.PEM
    key_file, cert_file = f"{folder}/{name}.key", f"{folder}/{name}.crt"
    with open(key_file, "wb") as file:
        plain = serialization.NoEncryption()
        file.write(key(name).private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain))
    with open(cert_file, "wb") as file:
        file.write(x509_certificate(name).public_bytes(pem))
    return key_file, cert_file


def encoded(document):
    if isinstance(document, str):
        document = document.encode()
    return base64.b64encode(document).decode()


def canonical(element, prefixes=None, exclusive=True, comments=False):
    return etree.tostring(
        element,
        method="c14n",
        exclusive=exclusive,
        with_comments=comments,
        inclusive_ns_prefixes=prefixes,
    )


def signature_value(message, name, algorithm):
    kind, digest = algorithm.split("-")
    private = key(name)
    if kind == "hmac":
        secret = x509_certificate(name).public_bytes(serialization.Encoding.DER)
        return hmac.new(secret, message, digest).digest()
    if kind == "rsa":
        return private.sign(message, padding.PKCS1v15(), HASHES[digest])
    r, s = utils.decode_dss_signature(private.sign(message, ec.ECDSA(HASHES[digest])))
    size = (private.curve.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def algorithm_uri(algorithm):
    base = DSIG if algorithm.endswith("sha1") else MORE
    return base + algorithm


def digest_uri(digest):
    return {
        "sha1": f"{DSIG}sha1",
        "sha256": SHA256,
        "sha384": f"{MORE}sha384",
        "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
    }[digest]


def sign(
    element,
    key_name="first",
    algorithm="rsa-sha256",
    digest="sha256",
    uri=None,
    prefixes=None,
    info_prefixes=None,
    transforms=None,
    method=EXCLUSIVE,
    place=1,
    covered=None,
    key_info=True,
    change=lambda signature: None,
    spoil=lambda signature: None,
    namespace=DSIG,
    prefix="ds",
):
    """Signs an element and puts the signature into it, as its child at `place`.

    `covered` are the bytes that are signed, if they are not the element's; `change` changes the
    signature before it is made, `spoil` afterwards.
    """
    if covered is None:
        covered = canonical(element, prefixes)
    listed = lambda names: (
        f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="{" ".join(names)}"/>' if names else ""
    )
    if transforms is None:
        transforms = (
            f'<P:Transform Algorithm="{ENVELOPED}"/>'
            f'<P:Transform Algorithm="{EXCLUSIVE}">{listed(prefixes)}</P:Transform>'
        )
    uri = "#" + (element.get("ID") or "") if uri is None else uri
    value = base64.b64encode(hashlib.new(digest, covered).digest()).decode()
    info = (
        f'<P:KeyInfo><P:X509Data><P:X509Certificate>{certificate(key_name)}'
        "</P:X509Certificate></P:X509Data></P:KeyInfo>"
    )
    text = (
        f'<P:Signature xmlns:P="{namespace}"><P:SignedInfo>'
        f'<P:CanonicalizationMethod Algorithm="{method}">{listed(info_prefixes)}</P:CanonicalizationMethod>'
        f'<P:SignatureMethod Algorithm="{algorithm_uri(algorithm)}"/>'
        f'<P:Reference URI="{uri}"><P:Transforms>{transforms}</P:Transforms>'
        f'<P:DigestMethod Algorithm="{digest_uri(digest)}"/><P:DigestValue>{value}</P:DigestValue>'
        f"</P:Reference></P:SignedInfo><P:SignatureValue/>{info if key_info else ''}</P:Signature>"
    )
    if prefix:
        text = text.replace("xmlns:P=", f"xmlns:{prefix}=").replace("P:", f"{prefix}:")
    else:
        text = text.replace("xmlns:P=", "xmlns=").replace("P:", "")
    signature = etree.fromstring(text)
    element.insert(place, signature)
    change(signature)
    name = "{%s}" % namespace
    inclusive = method == "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    message = canonical(
        signature.find(name + "SignedInfo"),
        info_prefixes,
        exclusive=not inclusive,
        comments=method.endswith("WithComments"),
    )
    made = signature_value(message, key_name, algorithm)
    signature.find(name + "SignatureValue").text = base64.b64encode(made).decode()
    spoil(signature)
    return element
