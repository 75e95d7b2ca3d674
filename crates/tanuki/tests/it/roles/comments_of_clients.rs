//! News of an entity: what clients wrote is not for artists.

use tanuki_testkit::Backend;

use super::{PEOPLE, Place, Studio};
use crate::on_both;

on_both! { news_of_an_entity_leave_out_what_clients_wrote }

fn news_of_an_entity_leave_out_what_clients_wrote(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let news = |token: &str| studio.send(token, "GET", "/data/entities/{shot}/news", None);
    let all = news(&studio.admin).json();
    let said_by = |answer: &serde_json::Value, name: &str| {
        let rows = answer["data"].as_array().unwrap();
        rows.iter()
            .filter(|row| row["author_id"] == studio.ids[name].as_str())
            .count()
    };
    assert_eq!(said_by(&all, "client"), 1, "{all}");
    for (name, .., place) in PEOPLE {
        let answer = news(&studio.tokens[name]);
        match place {
            Place::Manager | Place::Supervisor => {
                assert_eq!(said_by(&answer.json(), "client"), 1, "{name}");
            }
            Place::Artist | Place::Vendor => {
                let answer = answer.json();
                assert_eq!(said_by(&answer, "client"), 0, "{name}: {answer}");
                assert_eq!(said_by(&answer, "artist"), 1, "{name}: {answer}");
            }
            Place::Client => assert_eq!(said_by(&answer.json(), "artist"), 0, "{name}"),
            Place::IdleVendor | Place::Left => assert_eq!(answer.status, 403, "{name}"),
        }
    }
}
