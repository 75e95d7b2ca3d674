//! People whom Zou has enrolled in each kind of second factor, with half of their
//! recovery codes used up: the rows are Zou's (`scenarios/enrolled.sql`).
//! `scripts/check-with-zou` shows that Zou takes them again.

use ring::digest::{SHA512, digest};
use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{Backend, Server};

use crate::mail::MailServer;
use crate::second_factors::{App, code_in, codes_of};
use crate::security_keys::{Authenticator, HOST, ORIGIN, challenge, encoded, register, text};
use crate::{on_both, rows_of};

on_both! {
    an_app_of_zou_is_used_and_replaced
    codes_by_mail_and_recovery_codes_of_zou_are_used_and_renewed
    a_key_of_zou_is_used_and_replaced
    one_of_all_factors_of_zou_goes_and_the_others_stay
}

/// A recovery code that was used at Zou, and those that were not.
struct Codes {
    used: &'static str,
    left: [&'static str; 8],
}

const OF_APP: Codes = Codes {
    used: "1WF0KXV7L1",
    left: [
        "80A7GN4MV6",
        "W04MXFK289",
        "TGL640UCGN",
        "1UK9GZCE3M",
        "EZ0ZMYRZS8",
        "OIG6TEB2D9",
        "8PGXV5Z8ZV",
        "X7CDI1YG9A",
    ],
};
const OF_MAIL: Codes = Codes {
    used: "9BGK9EUZ9J",
    left: [
        "NGLILL1ASI",
        "1PGBJ085SO",
        "8ENIWY68XK",
        "V8VDOD8V2B",
        "1N6QO6EQSD",
        "I493DZUEE4",
        "LBZ8N90I5U",
        "FUN8Y3ICY5",
    ],
};
const OF_KEY: Codes = Codes {
    used: "IPKPV151WI",
    left: [
        "8GABMX9ZN2",
        "YY9MJ20P74",
        "7GKXL1AQ97",
        "774AJD33LK",
        "VZ3SJ3TMD8",
        "K2ECVKRW8N",
        "BGPDP3MTF3",
        "NP8EZ6CVRP",
    ],
};
const OF_ALL: Codes = Codes {
    used: "VOS1RN9QII",
    left: [
        "IIPG8G3PTS",
        "L4YX9JJ234",
        "LLTPQM32TU",
        "LT33WEFWH9",
        "FOFKNWA17K",
        "MOOPK1RD3W",
        "K2AQLKPWMG",
        "HSPBW9LO2F",
    ],
};

const SECRET_OF_APP: &str = "HP3MTMDSJHFEHRPNGE6S2C64QWCXCBOE";
const SECRET_OF_ALL: &str = "MMH5XR5ST7FJPF6HLZF5XKGYSX4WJS6M";

/// Returns the key that was registered at Zou, by its private number.
fn key_of(number: u32, point: &str) -> Authenticator {
    let hash = digest(&SHA512, number.to_string().as_bytes());
    let id = [&[1], &hash.as_ref()[1..]].concat();
    Authenticator::known(id, &format!("{number:064x}"), point)
}

const POINT_OF_KEY: &str = "dbb606082f7bf34273f034359cbef8ba77f842009f030f95c219e76f6c7aee1f\
                            fd622220c2739e4434f975ac212b40862950e374e294d6780f3346e49ebeb536";
const POINT_OF_ALL: &str = "ed49ce5b494a7f579dffe0837a7c42d267416aab4e147a8e7584f4aeb1865bb8\
                            b56fd3fc6145f50f0434e2065f2ecb89e49e232376c4a5516abe40bdd14ebd1e";

/// One of those people.
struct Enrolled<'a> {
    server: &'a Server,
    email: &'static str,
}

impl Enrolled<'_> {
    fn log_in(&self, fields: &Value) -> Response {
        let mut body = json!({"email": self.email, "password": "mypassword"});
        let fields = fields.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(fields);
        self.server.send(&Request::post("/auth/login").json(&body))
    }

    /// Logs in and returns the access token.
    fn token(&self, fields: &Value) -> String {
        let answer = self.log_in(fields);
        assert_eq!(answer.status, 200, "{fields}: {}", answer.text());
        text(&answer.json(), "access_token")
    }

    fn is_wrong(&self, fields: &Value) {
        let answer = self.log_in(fields).json();
        assert_eq!(answer["wrong_OTP"], true, "{fields}: {answer}");
    }

    /// Requires that these factors are asked for, and that used codes are used.
    fn is_asked_for(&self, factors: &[&str], preferred: &str, codes: &Codes) {
        let missing = self.log_in(&json!({})).json();
        assert_eq!(missing["missing_OTP"], true, "{missing}");
        let enabled = [&["recovery_code"], factors].concat();
        assert_eq!(missing["two_factor_authentication_enabled"], json!(enabled));
        assert_eq!(missing["preferred_two_factor_authentication"], preferred);
        self.is_wrong(&json!({"recovery_code": codes.used}));
        self.token(&json!({"recovery_code": codes.left[0].to_lowercase()}));
        self.is_wrong(&json!({"recovery_code": codes.left[0]}));
    }

    fn answer_of(&self, key: &Authenticator) -> Value {
        let challenge = text(&challenge(self.server, self.email), "challenge");
        json!({"fido_authentication_response": key.sign(&challenge, HOST, ORIGIN, 1)})
    }

    fn send(&self, request: Request, token: &str, body: &Value) -> Value {
        let answer = self.server.send(&request.bearer(token).json(body));
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
        answer.json()
    }
}

/// Starts a server with the rows, in the form that they have in its database.
fn server_of(mails: &MailServer, backend: Backend) -> Option<Server> {
    let server = mails.setup(backend).variable("DOMAIN_NAME", HOST).start()?;
    let mut rows = rows_of("enrolled");
    if backend == Backend::Sqlite {
        // Lists are JSON there.
        for (postgres, sqlite) in [
            ("ARRAY['{", "json_array(json('{"),
            ("}'::jsonb]", "}'))"),
            ("ARRAY[", "json_array("),
            ("convert_to(", "("),
            (", 'UTF8')", ")"),
            ("]", ")"),
        ] {
            rows = rows.replace(postgres, sqlite);
        }
    }
    server.load_fixture(&rows).unwrap();
    Some(server)
}

fn an_app_of_zou_is_used_and_replaced(backend: Backend) {
    let mails = MailServer::start();
    let Some(server) = server_of(&mails, backend) else {
        return;
    };
    let ada = Enrolled {
        server: &server,
        email: "app@studio.com",
    };
    ada.is_asked_for(&["totp"], "totp", &OF_APP);
    let mut app = App::new(SECRET_OF_APP);
    let token = ada.token(&json!({"totp": app.next_code()}));
    let proof = json!({"recovery_code": OF_APP.left[1]});
    ada.send(Request::delete("/auth/totp"), &token, &proof);
    let token = ada.token(&json!({}));
    let setup = ada.send(Request::put("/auth/totp"), &token, &json!({}));
    let mut other = App::new(&text(&setup, "otp_secret"));
    let code = json!({"totp": other.next_code()});
    let done = ada.send(Request::post("/auth/totp"), &token, &code);
    let codes = codes_of(&done);
    assert_eq!(codes.len(), 16);
    ada.is_wrong(&json!({"totp": app.next_code()}));
    ada.is_wrong(&json!({"recovery_code": OF_APP.left[2]}));
    ada.token(&json!({"totp": other.next_code()}));
    ada.token(&json!({"recovery_code": codes[0]}));
}

fn codes_by_mail_and_recovery_codes_of_zou_are_used_and_renewed(backend: Backend) {
    let mails = MailServer::start();
    let Some(server) = server_of(&mails, backend) else {
        return;
    };
    let ada = Enrolled {
        server: &server,
        email: "mail@studio.com",
    };
    ada.is_asked_for(&["email_otp"], "email_otp", &OF_MAIL);
    server.send(&Request::get("/auth/email-otp?email=mail@studio.com"));
    let code = json!({"email_otp": code_in(&mails.next())});
    let token = ada.token(&code);
    let proof = json!({"recovery_code": OF_MAIL.left[1]});
    let done = ada.send(Request::put("/auth/recovery-codes"), &token, &proof);
    let codes = codes_of(&done);
    assert_eq!(codes.len(), 16);
    ada.is_wrong(&json!({"recovery_code": OF_MAIL.left[2]}));
    ada.token(&json!({"recovery_code": codes[0]}));
    // The last factor goes, and the codes with it.
    let proof = json!({"recovery_code": codes[1]});
    ada.send(Request::delete("/auth/email-otp"), &token, &proof);
    ada.token(&json!({}));
}

fn a_key_of_zou_is_used_and_replaced(backend: Backend) {
    let mails = MailServer::start();
    let Some(server) = server_of(&mails, backend) else {
        return;
    };
    let ada = Enrolled {
        server: &server,
        email: "key@studio.com",
    };
    ada.is_asked_for(&["fido"], "fido", &OF_KEY);
    let key = key_of(0xc0_fff0, POINT_OF_KEY);
    let allowed = &challenge(&server, ada.email)["allowCredentials"][0];
    assert_eq!(allowed["id"], encoded(&key.id));
    let token = ada.token(&ada.answer_of(&key));
    let other = Authenticator::new(&[9; 40]);
    register(&server, &token, "Second", &other);
    let mut proof = ada.answer_of(&other);
    proof["device_name"] = "First".into();
    ada.send(Request::delete("/auth/fido"), &token, &proof);
    ada.is_wrong(&ada.answer_of(&key));
    ada.token(&ada.answer_of(&other));
    ada.token(&json!({"recovery_code": OF_KEY.left[1]}));
}

fn one_of_all_factors_of_zou_goes_and_the_others_stay(backend: Backend) {
    let mails = MailServer::start();
    let Some(server) = server_of(&mails, backend) else {
        return;
    };
    let ada = Enrolled {
        server: &server,
        email: "all@studio.com",
    };
    ada.is_asked_for(&["totp", "email_otp", "fido"], "totp", &OF_ALL);
    let mut app = App::new(SECRET_OF_ALL);
    let key = key_of(0xc0_fff1, POINT_OF_ALL);
    ada.token(&json!({"totp": app.next_code()}));
    server.send(&Request::get("/auth/email-otp?email=all@studio.com"));
    let token = ada.token(&json!({"email_otp": code_in(&mails.next())}));
    let proof = ada.answer_of(&key);
    ada.send(Request::delete("/auth/totp"), &token, &proof);
    let missing = ada.log_in(&json!({})).json();
    assert_eq!(
        missing["two_factor_authentication_enabled"],
        json!(["recovery_code", "email_otp", "fido"])
    );
    assert_eq!(missing["preferred_two_factor_authentication"], "fido");
    ada.token(&ada.answer_of(&key));
    ada.token(&json!({"recovery_code": OF_ALL.left[1]}));
}
