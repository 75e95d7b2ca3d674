//! The lists of the role matrix with parameters at random, by people at random.

use tanuki_testkit::{Backend, Random};

use super::reads::READS;
use super::{CANARIES, PEOPLE, Studio};
use crate::on_both;

on_both! { no_parameters_show_what_is_hidden }

/// Requests of a run.
const REQUESTS: usize = 400;

/// Parameters that go behind any path; those that do not apply are ignored.
const PARAMETERS: &[&str] = &[
    "relations=true",
    "relations=false",
    "page=1",
    "page=2",
    "limit=1",
    "limit=1000",
    "fields=name,estimation,data",
    "fields=data",
    "fields=text,person_id",
    "project_id={project}",
    "task_type_id={animation}",
    "entity_id={shot}",
    "parent_id={sequence}",
    "estimation=31337.25",
    "duration=31337.25",
    "is_shared=false",
];

fn no_parameters_show_what_is_hidden(backend: Backend) {
    let Some(studio) = Studio::open(backend) else {
        return;
    };
    let mut random = Random::from_environment();
    let mut answered = 0;
    for _ in 0..REQUESTS {
        let (name, .., place) = *random.pick(&PEOPLE);
        let mut path = (*random.pick(READS)).to_owned();
        for _ in 0..random.below(4) {
            path.push(if path.contains('?') { '&' } else { '?' });
            let parameter = *random.pick(PARAMETERS);
            path.push_str(parameter);
        }
        let answer = studio.send(&studio.tokens[name], "GET", &path, None);
        let text = answer.text();
        let seed = random.seed();
        assert!(
            answer.status < 500,
            "TANUKI_TEST_SEED={seed} {name} {path}: {text}"
        );
        if answer.status != 200 {
            continue;
        }
        answered += 1;
        for (canary, mark) in CANARIES {
            assert!(
                !text.contains(mark) || place.reads(canary),
                "TANUKI_TEST_SEED={seed}: {name} ({place:?}) reads {canary:?} in {path}: {text}"
            );
        }
    }
    assert!(answered > REQUESTS / 10, "{answered} were answered");
}
