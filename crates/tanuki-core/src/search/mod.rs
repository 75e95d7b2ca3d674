//! Search by words: entities by name, description and metadata, people by name.
//!
//! What is found is what the caller may list: entities of open projects whose
//! team they are in, of these for vendors what they work on, and metadata that
//! is not hidden from them. [`tanuki_domain::search`] says which words match.

mod entities;
mod ranking;

use serde_json::{Value, json};
use tanuki_domain::search::query_words;
use tanuki_store::projection::Projection;
use tanuki_store::query::{list_filters, search};
use tanuki_store::schema::{PERSON, Table};
use tanuki_store::view::people::{CLIENT, FULL, FULL_UNLINKED, MINIMAL_UNLINKED};
use tanuki_store::{Kind, ListQuery, Shape, view};
use uuid::Uuid;

use crate::fields::by_id;
use crate::{Caller, JsonRow, Result, Search};
use entities::EntitySearch;

/// The shortest query, in characters; shorter ones find nothing.
const SHORTEST: usize = 3;

/// The hits that can be paged through.
const MOST: u64 = 1000;

/// The index of people.
const PERSONS: &str = "persons";

/// The indexes of entities by name, with the kind that each has.
const ENTITIES: [(&str, Kind); 5] = [
    ("assets", Kind::Asset),
    ("shots", Kind::Shot),
    ("sequences", Kind::Sequence),
    ("episodes", Kind::Episode),
    ("edits", Kind::Edit),
];

/// The indexes that are searched if a request names none.
pub const DEFAULT_INDEXES: [&str; 3] = ["assets", "shots", PERSONS];

/// A request to search.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    pub query: String,
    /// Only entities of this project; people are found in any case.
    pub project: Option<Uuid>,
    /// Hits of each index, and how many to skip.
    pub limit: u64,
    pub offset: u64,
    /// Names of indexes; others are ignored.
    pub indexes: Vec<String>,
}

impl SearchRequest {
    /// Returns how many hits to look for: those of the page and before it.
    fn wanted(&self) -> usize {
        let end = self.offset.saturating_add(self.limit).min(MOST);
        usize::try_from(end).unwrap_or(usize::MAX)
    }

    /// Returns the hits of the page.
    fn page(&self, found: Vec<Uuid>) -> Vec<Uuid> {
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let end = self.wanted().saturating_sub(offset);
        found.into_iter().skip(offset).take(end).collect()
    }
}

/// The shape of the response: the hits of each index.
pub fn shape() -> Shape {
    let matched = |shape: Shape| shape.with("matched_terms", Shape::text().list()).list();
    // Of these keys, whoever is no admin gets those of `MINIMAL_UNLINKED`.
    let shape = Shape::object([(PERSONS, matched(FULL.shape()))]);
    let entities = ENTITIES.into_iter();
    entities.fold(shape, |shape, (index, kind)| {
        shape.with(index, matched(view::search::projection(kind).shape()))
    })
}

impl Search<'_> {
    /// Finds entities and people. JSON: for each index that was asked for an
    /// array of rows, the best first, each with the names of the columns and
    /// metadata that match in `matched_terms`. `{}` for a query of less than
    /// three characters. For everybody. In SQL:
    /// `visibility::entities::searched_by`.
    ///
    /// # Errors
    ///
    /// Only if the database fails.
    pub async fn search(self, caller: &Caller, request: &SearchRequest) -> Result<JsonRow> {
        let mut results = JsonRow::new();
        if request.query.chars().count() < SHORTEST {
            return Ok(results);
        }
        let is_asked = |name: &str| request.indexes.iter().any(|index| index == name);
        let words = query_words(&request.query);
        if is_asked(PERSONS) {
            let people = self.people(caller, request, &words).await?;
            results.insert(PERSONS.into(), people.into());
        }
        let types = search::entity_types(self.core.database()).await?;
        let mask = self.core.mask(caller).await?;
        for (index, kind) in ENTITIES {
            if is_asked(index) {
                let search = EntitySearch::new(self.core, caller, kind, &types);
                let search = search.in_project(request.project).masked(mask.as_ref());
                let found = search.find(&words, request.wanted()).await?;
                let hits = search.hits(&words, &request.page(found)).await?;
                results.insert(index.into(), hits.into());
            }
        }
        Ok(results)
    }

    /// Finds people by name.
    async fn people(
        self,
        caller: &Caller,
        request: &SearchRequest,
        words: &[String],
    ) -> Result<Vec<Value>> {
        let database = self.core.database();
        let people = search::people(database, crate::people::visible_to(caller)).await?;
        let found = ranking::by_name(people, words);
        let projection: &'static Projection = if caller.is_admin() {
            &FULL_UNLINKED
        } else if caller.is_client() {
            &CLIENT
        } else {
            &MINIMAL_UNLINKED
        };
        let page = request.page(found);
        let rows = self.rows(&PERSON, projection, &page).await?;
        let with_terms = |mut person: JsonRow| {
            person.insert("matched_terms".into(), json!(["name"]));
            person.into()
        };
        Ok(rows.into_iter().map(with_terms).collect())
    }

    /// Returns the rows with these ids, in their order. Rows that were deleted
    /// meanwhile are left out.
    async fn rows(
        self,
        table: &'static Table,
        projection: &'static Projection,
        ids: &[Uuid],
    ) -> Result<Vec<JsonRow>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = ListQuery::new(projection)
            .filter(list_filters::has_id_in(table, ids))
            .rows(self.core.database())
            .await?;
        let mut rows = by_id(rows);
        Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
    }
}
