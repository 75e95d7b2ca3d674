"""An identity provider of SAML 2, for tests: reads one JSON request a line, answers one a line.

What is right is made by pysaml2 and xmlsec1; what is wrong, and needs a signature nevertheless, by
lxml and cryptography (forgeries.py).

    {"do": "metadata", "entity": URL, "login": URL}     metadata by pysaml2
    {"do": "certificate", "key": NAME}                  base64 of the key's certificate
    {"do": "log_in", "person": {...}, "request": ID}    a response by pysaml2
    {"do": "read", "request": TEXT}                     the request of a browser, by pysaml2
    {"do": "names"}                                     the names of variants and forgeries
    {"do": "make", "name": NAME}                        one of these
"""

import json
import sys
import tempfile

import forgeries
import signing
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
from saml2.config import IdPConfig
from saml2.metadata import create_metadata_string
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NameID
from saml2.server import Server


class Provider:
    def __init__(self, place):
        self.place = place
        self.folder = tempfile.mkdtemp(prefix="saml-provider-")
        self.servers = {}

    def server(self, key):
        """The provider of pysaml2 that signs with this key."""
        if key not in self.servers:
            key_file, cert_file = signing.write_files(self.folder, key)
            service_metadata = f"{self.folder}/service.xml"
            with open(service_metadata, "w") as file:
                file.write(self.place["service_metadata"])
            config = IdPConfig().load(
                {
                    "entityid": self.place["entity"],
                    "service": {
                        "idp": {
                            "endpoints": {
                                "single_sign_on_service": [
                                    (self.place["login"], BINDING_HTTP_REDIRECT),
                                    (self.place["login"] + "/post", BINDING_HTTP_POST),
                                ]
                            },
                            "name_id_format": [NAMEID_FORMAT_EMAILADDRESS],
                            "policy": {
                                "default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}
                            },
                        }
                    },
                    "key_file": key_file,
                    "cert_file": cert_file,
                    "metadata": {"local": [service_metadata]},
                    "xmlsec_binary": "/usr/bin/xmlsec1",
                }
            )
            self.servers[key] = Server(config=config)
        return self.servers[key]

    def log_in(self, person, request=None, key="first", **more):
        server = self.server(key)
        response = server.create_authn_response(
            identity=person["attributes"],
            in_response_to=request,
            destination=self.place["acs"],
            sp_entity_id=self.place["service"],
            name_id=NameID(format=person.get("format", NAMEID_FORMAT_EMAILADDRESS), text=person["name"]),
            authn={"class_ref": PASSWORDPROTECTEDTRANSPORT, "authn_auth": "https://idp"},
            sign_assertion=True,
            sign_response=more.get("sign_response", False),
            sign_alg="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            digest_alg="http://www.w3.org/2001/04/xmlenc#sha256",
        )
        return signing.encoded(str(response))


    def read(self, request):
        message = self.server("first").parse_authn_request(request, BINDING_HTTP_REDIRECT).message
        return {
            "id": message.id,
            "issuer": message.issuer.text,
            "acs": message.assertion_consumer_service_url,
            "binding": message.protocol_binding,
        }


def answer(provider, request):
    match request.pop("do"):
        case "metadata":
            server = provider.server("first")
            return create_metadata_string(None, config=server.config, valid=24).decode()
        case "certificate":
            return signing.certificate(request["key"])
        case "log_in":
            return provider.log_in(**request)
        case "read":
            return provider.read(request["request"])
        case "names":
            return {"variants": list(forgeries.VARIANTS), "forgeries": list(forgeries.FORGERIES)}
        case "make":
            return forgeries.make(provider.place, request["name"])
    raise ValueError("an unknown request")


def main():
    provider = Provider(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        print(json.dumps(answer(provider, json.loads(line))), flush=True)


main()
