//! Responses in forms that providers choose, and forged ones.

use tanuki_testkit::Backend;

use super::{FAILED, Provider, assert_refused, come_back, people, token, who};
use crate::on_both;

on_both! {
    providers_have_several_forms
    forgeries_let_nobody_in
}

const KEYS: &[&str] = &["first", "curve", "larger curve", "small"];

fn providers_have_several_forms(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    provider.publish(&provider.metadata(KEYS, ""));
    let [variants, _] = provider.names();
    assert!(variants.len() > 10);
    for name in variants {
        let response = come_back(&server, &provider.make(&name));
        assert_eq!(response.status, 302, "{name}: {}", response.text());
        assert_eq!(who(&server, &token(&response))["email"], "ada@studio.com");
    }
}

fn forgeries_let_nobody_in(backend: Backend) {
    let Some((provider, server)) = Provider::start(backend, |setup| setup) else {
        return;
    };
    provider.publish(&provider.metadata(KEYS, ""));
    let [_, forgeries] = provider.names();
    assert!(forgeries.len() > 100);
    for name in forgeries {
        let response = come_back(&server, &provider.make(&name));
        assert_eq!(response.status, 400, "{name}: {}", response.text());
        if name != "nothing" {
            assert_refused(&response, FAILED);
        }
    }
    assert_eq!(people(&server).len(), 1);
    for garbage in [
        "!",
        "====",
        "PHhtbD4",
        "\u{0}",
        "PGE+PC9hPg==",
        &"A".repeat(400_000),
    ] {
        assert_refused(&come_back(&server, garbage), FAILED);
    }
    token(&come_back(&server, &provider.make("as_it_is")));
}
