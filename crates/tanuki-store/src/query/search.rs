//! Candidates of a search: entities that may match its words. Core compares
//! them with the words and ranks them.

use sea_query::{Cond, Condition, Expr, ExprTrait, Func, Order, Query, UnionType};
use uuid::Uuid;

use crate::dialect::WordTexts;
use crate::fk::{self, JoinByKey};
use crate::{Connection, Database, Filter, Result};

/// Asset types whose entities are looked up in the order of their names. Those
/// of more types are found by their words only.
const MOST_TYPES: usize = 64;

/// An entity that a search may have found, or a person.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub id: Uuid,
    pub name: String,
    /// Ids of its entity type and of its parent.
    pub type_id: Uuid,
    pub parent_id: Option<Uuid>,
    /// The names of the parent and of the parent's parent.
    pub above: Vec<String>,
}

/// Where a word of a search is looked for. An entity matches in any of the
/// places.
#[derive(Debug, Clone, Default)]
pub struct WordFilter {
    /// Folded texts, of which the name contains one.
    pub in_name: Vec<String>,
    /// A folded text that the description or the metadata contains.
    pub in_details: Option<String>,
    /// The parent is one of these.
    pub parents: Vec<Uuid>,
    /// The entity type is one of these.
    pub types: Vec<Uuid>,
}

/// Which entities are searched: of these entity types, and matching the filter
/// on `entity`.
#[derive(Debug, Clone)]
pub struct Searched {
    pub types: Vec<Uuid>,
    pub visible: Filter,
}

/// Returns the ids and names of all entity types.
pub async fn entity_types(database: &Database) -> Result<Vec<(Uuid, String)>> {
    let mut select = Query::select();
    select
        .columns(["id", "name"])
        .from("entity_type")
        .order_by("id", Order::Asc);
    database
        .fetch(&select, |row| Ok((row.get("id")?, row.get("name")?)))
        .await
}

/// Returns the first entities whose folded name begins with a text, by name.
pub async fn by_prefix(
    database: &Database,
    searched: &Searched,
    prefix: &str,
    most: u64,
) -> Result<Vec<Uuid>> {
    let of_type = |type_id: &Uuid| {
        let mut select = Query::select();
        select
            .column(("entity", "id"))
            .from("entity")
            .cond_where(searched.visible.clone())
            .limit(most);
        database
            .dialect()
            .add_name_prefix(&mut select, *type_id, prefix, "sort_key");
        let mut outer = Query::select();
        outer
            .columns([("of_type", "id"), ("of_type", "sort_key")])
            .from_subquery(select, "of_type");
        outer
    };
    let mut types = searched.types.iter().take(MOST_TYPES).map(of_type);
    let Some(mut select) = types.next() else {
        return Ok(Vec::new());
    };
    for of_type in types {
        select.union(UnionType::All, of_type);
    }
    select
        .order_by("sort_key", Order::Asc)
        .order_by("id", Order::Asc)
        .limit(most);
    database.ids(&select).await
}

/// Returns entities that match all of the words, at most `most` and in no
/// order. The words are in `details` of at least one place if one of them is
/// looked for there.
pub async fn candidates(
    database: &Database,
    searched: &Searched,
    words: &[WordFilter],
    most: u64,
) -> Result<Vec<Candidate>> {
    let mut select = Query::select();
    select
        .columns([
            ("entity", "id"),
            ("entity", "name"),
            ("entity", "entity_type_id"),
            ("entity", "parent_id"),
        ])
        .expr_as(Expr::col(("parent", "name")), "parent_name")
        .expr_as(Expr::col(("top", "name")), "top_name")
        .from("entity")
        .left_join_to(fk::ENTITY_PARENT.target_as("parent"))
        .left_join_to(fk::ENTITY_PARENT.table_as("parent").target_as("top"))
        .and_where(Expr::col(("entity", "entity_type_id")).is_in(searched.types.iter().copied()))
        .cond_where(searched.visible.clone())
        .limit(most);
    if words.iter().any(WordFilter::is_above) {
        for word in words {
            select.cond_where(is_in(database, word));
        }
    } else {
        let texts: Vec<WordTexts<'_>> = words.iter().map(WordFilter::texts).collect();
        select.cond_where(database.dialect().contains_words(&texts));
    }
    let in_details = words.iter().filter_map(|word| word.in_details.as_ref());
    let in_details = in_details.fold(Cond::any(), |any, word| {
        any.add(database.dialect().details_contain(word))
    });
    if !in_details.is_empty() {
        select.cond_where(in_details);
    }
    database
        .fetch(&select, |row| {
            let above: [Option<String>; 2] = [row.get("parent_name")?, row.get("top_name")?];
            Ok(Candidate {
                id: row.get("id")?,
                name: row.get("name")?,
                type_id: row.get("entity_type_id")?,
                parent_id: row.get("parent_id")?,
                above: above.into_iter().flatten().collect(),
            })
        })
        .await
}

impl WordFilter {
    /// Whether the word is in the name of a parent or an entity type.
    fn is_above(&self) -> bool {
        !self.parents.is_empty() || !self.types.is_empty()
    }

    fn texts(&self) -> WordTexts<'_> {
        WordTexts {
            in_name: &self.in_name,
            in_details: self.in_details.as_deref(),
        }
    }
}

fn is_in(database: &Database, word: &WordFilter) -> Condition {
    let own = database.dialect().contains_words(&[word.texts()]);
    let mut any = Cond::any().add(own);
    if !word.parents.is_empty() {
        let parent = Expr::col(("entity", "parent_id"));
        any = any.add(parent.is_in(word.parents.iter().copied()));
    }
    if !word.types.is_empty() {
        let of_type = Expr::col(("entity", "entity_type_id"));
        any = any.add(of_type.is_in(word.types.iter().copied()));
    }
    any
}

/// Returns the ids of the entities of a type whose parent is one of these, at
/// most `most`.
pub async fn children(
    database: &Database,
    type_id: Uuid,
    parents: &[Uuid],
    most: u64,
) -> Result<Vec<Uuid>> {
    let mut select = Query::select();
    select
        .column(("entity", "id"))
        .from("entity")
        .and_where(Expr::col(("entity", "entity_type_id")).eq(type_id))
        .and_where(Expr::col(("entity", "parent_id")).is_in(parents.iter().copied()))
        .limit(most);
    database.ids(&select).await
}

/// Returns the ids and full names of the people who match the condition on
/// `person` and can be searched for: active accounts, but not guests.
pub async fn people(database: &Database, visible: Filter) -> Result<Vec<(Uuid, String)>> {
    let is_guest = Func::coalesce([Expr::col(("person", "is_guest")), Expr::val(false)]);
    let mut select = Query::select();
    select
        .columns([
            ("person", "id"),
            ("person", "first_name"),
            ("person", "last_name"),
        ])
        .from("person")
        .and_where(Expr::col(("person", "active")).eq(true))
        .and_where(Expr::expr(is_guest).eq(false))
        .cond_where(visible);
    database
        .fetch(&select, |row| {
            let names: [Option<String>; 2] = [row.get("first_name")?, row.get("last_name")?];
            let name: Vec<String> = names.into_iter().flatten().collect();
            Ok((row.get("id")?, name.join(" ")))
        })
        .await
}
