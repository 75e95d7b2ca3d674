//! Security keys, played by one of the test's own: it signs as an authenticator
//! does.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{ADMIN_EMAIL, Backend, Server, Setup};

use crate::second_factors::log_in_with;
use crate::{BINARY, on_both};

on_both! {
    a_security_key_is_registered_and_logs_in_once_for_each_challenge
    a_security_key_that_zou_registered_logs_in
    answers_for_another_person_site_or_purpose_are_refused
    keys_that_cannot_be_stored_are_refused
}

pub(crate) const HOST: &str = "kitsu.studio.com";
pub(crate) const ORIGIN: &str = "https://kitsu.studio.com";

/// A security key of the kind ES256.
pub(crate) struct Authenticator {
    pub id: Vec<u8>,
    pub pair: EcdsaKeyPair,
}

impl Authenticator {
    /// The key of a private number and its point, in hexadecimal.
    pub fn known(id: Vec<u8>, private: &str, point: &str) -> Self {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &hex(private),
            &[vec![4], hex(point)].concat(),
            &SystemRandom::new(),
        );
        let pair = pair.unwrap();
        Self { id, pair }
    }

    pub fn new(id: &[u8]) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self {
            id: id.to_vec(),
            pair: EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap(),
        }
    }

    /// The answer to `navigator.credentials.create`.
    pub fn register(&self, challenge: &str, origin: &str) -> Value {
        let client_data = client_data("webauthn.create", challenge, origin);
        let mut data = head(HOST, 0x41);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose_key(-7));
        self.registration(&client_data, &data)
    }

    pub fn registration(&self, client_data: &[u8], data: &[u8]) -> Value {
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.push(0xa0);
        object.push(0x68);
        object.extend(b"authData");
        object.push(0x59);
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        json!({
            "id": encoded(&self.id),
            "rawId": encoded(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "response": {
                "clientDataJSON": encoded(client_data),
                "attestationObject": encoded(&object),
            },
        })
    }

    /// The public key as COSE; `algorithm` is at most 24 below zero.
    pub fn cose_key(&self, algorithm: i8) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let algorithm = u8::try_from(-1 - algorithm).unwrap();
        let mut key = vec![0xa5, 1, 2, 3, 0x20 + algorithm, 0x20, 1, 0x21, 0x58, 32];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 32]);
        key.extend(&point[33..]);
        key
    }

    /// The answer to `navigator.credentials.get`.
    pub fn sign(&self, challenge: &str, host: &str, origin: &str, flags: u8) -> Value {
        let client_data = client_data("webauthn.get", challenge, origin);
        let data = head(host, flags);
        let mut signed = data.clone();
        signed.extend(ring::digest::digest(&ring::digest::SHA256, &client_data).as_ref());
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": encoded(&self.id),
            "rawId": encoded(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": encoded(&client_data),
                "authenticatorData": encoded(&data),
                "signature": encoded(signature.as_ref()),
                "userHandle": {},
            },
        })
    }
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn client_data(ceremony: &str, challenge: &str, origin: &str) -> Vec<u8> {
    let data = json!({
        "type": ceremony, "challenge": challenge, "origin": origin, "crossOrigin": false,
    });
    data.to_string().into_bytes()
}

/// Authenticator data up to the counter.
pub(crate) fn head(host: &str, flags: u8) -> Vec<u8> {
    let mut data = ring::digest::digest(&ring::digest::SHA256, host.as_bytes())
        .as_ref()
        .to_vec();
    data.push(flags);
    data.extend([0, 0, 0, 7]);
    data
}

fn server(backend: Backend) -> Option<Server> {
    Setup::new(BINARY, backend)
        .variable("DOMAIN_NAME", HOST)
        .start()
}

fn options(server: &Server, token: &str) -> Value {
    let options = server.send(&Request::put("/auth/fido").bearer(token));
    assert_eq!(options.status, 200, "{}", options.text());
    options.json()
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

pub(crate) fn post(server: &Server, token: &str, name: &str, answer: &Value) -> Response {
    let body = json!({"registration_response": answer, "device_name": name});
    server.send(&Request::post("/auth/fido").bearer(token).json(&body))
}

pub(crate) fn register(server: &Server, token: &str, name: &str, key: &Authenticator) -> Value {
    let challenge = text(&options(server, token), "challenge");
    let done = post(server, token, name, &key.register(&challenge, ORIGIN));
    assert_eq!(done.status, 200, "{}", done.text());
    done.json()
}

pub(crate) fn challenge(server: &Server, email: &str) -> Value {
    let answer = server.send(&Request::get(&format!("/auth/fido?email={email}")));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn log_in(server: &Server, answer: &Value) -> Response {
    log_in_with(server, &json!({"fido_authentication_response": answer}))
}

fn a_security_key_is_registered_and_logs_in_once_for_each_challenge(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    let token = server.admin_token();
    let key = Authenticator::new(&[0xab; 64]);
    let offered = options(&server, &token);
    assert_eq!(offered["rp"], json!({"name": "Kitsu", "id": HOST}));
    assert_eq!(offered["excludeCredentials"], json!([]));
    let kinds = offered["pubKeyCredParams"].as_array().unwrap();
    let kinds: Vec<i64> = kinds
        .iter()
        .map(|kind| kind["alg"].as_i64().unwrap())
        .collect();
    assert_eq!(kinds, [-7, -35]);
    let done = register(&server, &token, "Yubi", &key);
    assert_eq!(done["otp_recovery_codes"].as_array().unwrap().len(), 16);
    let replayed = key.register(&text(&offered, "challenge"), ORIGIN);
    assert_eq!(post(&server, &token, "again", &replayed).status, 400);

    let own = server.send(&Request::get("/auth/authenticated").bearer(&token));
    assert_eq!(own.json()["user"]["fido_devices"], json!(["Yubi"]));
    let request = challenge(&server, ADMIN_EMAIL);
    assert_eq!(
        request["allowCredentials"],
        json!([{"type": "public-key", "id": encoded(&key.id)}])
    );
    // A second window has a challenge of its own.
    let other = text(&challenge(&server, ADMIN_EMAIL), "challenge");
    for challenge in [text(&request, "challenge"), other] {
        let answer = key.sign(&challenge, HOST, ORIGIN, 1);
        let first = log_in(&server, &answer);
        assert_eq!(first.status, 200, "{}", first.text());
        let again = log_in(&server, &answer);
        assert_eq!(again.json()["wrong_OTP"], true, "{}", again.text());
    }

    let proof = text(&challenge(&server, ADMIN_EMAIL), "challenge");
    let body = json!({
        "device_name": "Yubi",
        "fido_authentication_response": key.sign(&proof, HOST, ORIGIN, 1),
    });
    let removed = server.send(&Request::delete("/auth/fido").bearer(&token).json(&body));
    assert_eq!(removed.json(), json!({"success": true}));
    server.admin_token();
    let gone = server.send(&Request::get(&format!("/auth/fido?email={ADMIN_EMAIL}")));
    assert_eq!(gone.json()["message"], "FIDO not enabled.");
}

const PRIVATE: &str = "09e914eb2dc388298d9ae81970f48a22813aea71d7087b6fcb558fe8bf73f307";
/// The coordinate x begins with a zero byte, which a number does not keep.
const POINT: &str = "00482dec5f9eb200d79eed3b9176d2bc83631d519ef0d7a4bea3dbad8f51490b\
                     a72d39dd2ed6636991e71d60fb80bfba295216ece1241e5cee8f19efd340ba14";
/// The same key as Zou stores it, with the id 1, 2, …, 64.
const STORED: &str = r#"{"device_name": "Yubi", "aaguid": 0, "credential_id": 52785833603464895924505196455835395749861094195642486808108138863402869537852026544579466671752822414281401856143643660416162921950916138504990605852480, "public_key": {"1": 2, "3": -7, "-1": 1, "-2": 127529939867013873437428814050332093554706634129828009359148405125335304459, "-3": 75616153193943054315713566559895700756208798337094127938494179469395167853076}}"#;

fn a_security_key_that_zou_registered_logs_in(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    let keys = match backend {
        Backend::Postgres => format!("ARRAY['{STORED}'::jsonb]"),
        Backend::Sqlite => format!("'[{STORED}]'"),
    };
    server
        .sql(&format!(
            "UPDATE person SET fido_enabled = true, fido_credentials = {keys}, \
             preferred_two_factor_authentication = 'fido'"
        ))
        .unwrap();
    let key = Authenticator::known((1..=64).collect(), PRIVATE, POINT);
    let request = challenge(&server, ADMIN_EMAIL);
    assert_eq!(request["allowCredentials"][0]["id"], encoded(&key.id));
    let answer = key.sign(&text(&request, "challenge"), HOST, ORIGIN, 1);
    let login = log_in(&server, &answer);
    assert_eq!(login.status, 200, "{}", login.text());
    // What Zou stored is not changed by another key beside it.
    let token = text(&login.json(), "access_token");
    register(&server, &token, "other", &Authenticator::new(&[7; 16]));
    let request = challenge(&server, ADMIN_EMAIL);
    assert_eq!(request["allowCredentials"].as_array().unwrap().len(), 2);
    let answer = key.sign(&text(&request, "challenge"), HOST, ORIGIN, 1);
    assert_eq!(log_in(&server, &answer).status, 200);
}

fn answers_for_another_person_site_or_purpose_are_refused(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    let token = server.admin_token();
    let key = Authenticator::new(&[3; 32]);
    register(&server, &token, "Yubi", &key);
    let bob = json!({
        "first_name": "Bob", "last_name": "", "email": "bob@studio.com", "password": "mypassword",
    });
    let created = server.send(&Request::post("/data/persons").bearer(&token).json(&bob));
    assert_eq!(created.status, 201, "{}", created.text());
    let bobs = server.log_in("bob@studio.com", "mypassword");
    register(&server, &bobs, "Bob's", &Authenticator::new(&[4; 32]));

    let fresh = || text(&challenge(&server, ADMIN_EMAIL), "challenge");
    let of_bob = text(&challenge(&server, "bob@studio.com"), "challenge");
    let to_register = text(&options(&server, &token), "challenge");
    let mut unsigned = key.sign(&fresh(), HOST, ORIGIN, 1);
    unsigned["response"]["signature"] = encoded(&[0x30, 6, 2, 1, 1, 2, 1, 1]).into();
    let mut strange = key.sign(&fresh(), HOST, ORIGIN, 1);
    strange["rawId"] = encoded(&[4; 32]).into();
    for (why, answer) in [
        ("Bob's challenge", key.sign(&of_bob, HOST, ORIGIN, 1)),
        ("to register", key.sign(&to_register, HOST, ORIGIN, 1)),
        ("no challenge", key.sign(&"A".repeat(44), HOST, ORIGIN, 1)),
        ("origin", key.sign(&fresh(), HOST, "https://evil.com", 1)),
        ("site", key.sign(&fresh(), "evil.com", ORIGIN, 1)),
        ("untouched", key.sign(&fresh(), HOST, ORIGIN, 0)),
        ("signature", unsigned),
        ("Bob's key", strange),
        ("no answer", json!({})),
        ("no object", json!({"rawId": 1, "response": []})),
    ] {
        let refused = log_in(&server, &answer);
        assert_eq!(
            refused.json()["wrong_OTP"],
            true,
            "{why}: {}",
            refused.text()
        );
        server
            .sql("UPDATE person SET login_failed_attemps = 0")
            .unwrap();
    }
    assert_eq!(
        log_in(&server, &key.sign(&fresh(), HOST, ORIGIN, 1)).status,
        200
    );
    let to_log_in = key.register(&fresh(), ORIGIN);
    assert_eq!(post(&server, &token, "again", &to_log_in).status, 400);
}

fn keys_that_cannot_be_stored_are_refused(backend: Backend) {
    let Some(server) = server(backend) else {
        return;
    };
    let token = server.admin_token();
    let begins_with_zero = [vec![0], vec![9; 31]].concat();
    for (id, why) in [
        (begins_with_zero, "Register it again"),
        (vec![9; 128], "too long"),
    ] {
        let challenge = text(&options(&server, &token), "challenge");
        let answer = Authenticator::new(&id).register(&challenge, ORIGIN);
        let refused = post(&server, &token, "Yubi", &answer);
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains(why), "{}", refused.text());
    }
    let key = Authenticator::new(&[5; 32]);
    let challenge = text(&options(&server, &token), "challenge");
    let mut data = head(HOST, 0x41);
    data.extend([0; 16]);
    data.extend([0, 32]);
    data.extend(&key.id);
    data.extend(key.cose_key(-8));
    let client_data = client_data("webauthn.create", &challenge, ORIGIN);
    let refused = post(
        &server,
        &token,
        "Ed25519",
        &key.registration(&client_data, &data),
    );
    assert!(
        refused.text().contains("kind of security key"),
        "{}",
        refused.text()
    );
    register(&server, &token, "Yubi", &key);
    let challenge = text(&options(&server, &token), "challenge");
    let twice = post(&server, &token, "twice", &key.register(&challenge, ORIGIN));
    assert_eq!(twice.status, 400, "{}", twice.text());
}

#[test]
fn an_address_is_no_site_for_security_keys() {
    let server = crate::server(Backend::Sqlite).unwrap();
    let refused = server.send(&Request::put("/auth/fido").bearer(&server.admin_token()));
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("DOMAIN_NAME"), "{}", refused.text());
}
