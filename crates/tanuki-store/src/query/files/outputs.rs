//! Output files: their lists, types and revisions.

use sea_query::{
    Expr, ExprTrait, Func, Order, OverStatement as _, Query, SimpleExpr, WindowStatement,
};
use uuid::Uuid;

use crate::query::access;
use crate::schema::{ENTITY, OUTPUT_FILE, OUTPUT_TYPE};
use crate::{Connection, Filter, ListQuery, Result};

/// What output files were made of.
#[derive(Debug, Clone, Copy)]
pub enum OutputsOf {
    /// An entity itself, not an instance of it.
    Entity(Uuid),
    /// An asset instance, in any shot or scene.
    Instance(Uuid),
    /// An asset instance in a shot or scene (the temporal entity).
    InstanceIn { instance: Uuid, temporal: Uuid },
    /// The entities of a project themselves, not instances of them.
    Project(Uuid),
}

/// Which output files to list; `None` does not filter.
#[derive(Debug, Clone, Default)]
pub struct OutputFilters {
    pub output_type_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub file_status_id: Option<Uuid>,
    pub name: Option<String>,
    pub representation: Option<String>,
}

/// The columns whose values identify the revisions of one file, of an entity
/// or instance.
const SERIES: [&str; 4] = ["task_type_id", "output_type_id", "name", "representation"];

fn column(name: &'static str) -> SimpleExpr {
    Expr::col((OUTPUT_FILE.name, name))
}

/// Condition on `output_file`: made of that.
pub fn made_of(what: OutputsOf) -> Filter {
    let of_entity = |which: SimpleExpr| {
        let not_of_instance = column("asset_instance_id").is_null();
        Filter::from(which).and(not_of_instance)
    };
    match what {
        OutputsOf::Entity(id) => of_entity(column("entity_id").eq(id)),
        OutputsOf::Instance(id) => column("asset_instance_id").eq(id).into(),
        OutputsOf::InstanceIn { instance, temporal } => {
            let there = column("temporal_entity_id").eq(temporal);
            Filter::from(column("asset_instance_id").eq(instance)).and(there)
        }
        OutputsOf::Project(id) => {
            let mut entities = Query::select();
            entities
                .column((ENTITY.name, "id"))
                .from(ENTITY.name)
                .and_where(Expr::col((ENTITY.name, "project_id")).eq(id));
            of_entity(column("entity_id").in_subquery(entities))
        }
    }
}

/// Condition on `output_file`: made of that, and numbered. Revisions below 0
/// are hidden, and files of an entity that name a temporal entity.
pub fn listed(what: OutputsOf) -> Filter {
    let numbered = made_of(what).and(column("revision").gte(0));
    match what {
        OutputsOf::Entity(_) | OutputsOf::Project(_) => {
            numbered.and(column("temporal_entity_id").is_null())
        }
        OutputsOf::Instance(_) | OutputsOf::InstanceIn { .. } => numbered,
    }
}

impl OutputFilters {
    /// Condition on `output_file`.
    pub fn condition(&self) -> Filter {
        let ids = [
            ("output_type_id", self.output_type_id),
            ("task_type_id", self.task_type_id),
            ("file_status_id", self.file_status_id),
        ];
        let texts = [
            ("name", &self.name),
            ("representation", &self.representation),
        ];
        let ids = ids
            .into_iter()
            .filter_map(|(name, id)| Some(column(name).eq(id?)));
        let texts = texts
            .into_iter()
            .filter_map(|(name, text)| Some(column(name).eq(text.as_deref()?)));
        ids.chain(texts)
            .fold(Filter::all(), |filter, condition| filter.and(condition))
    }
}

/// Condition on `output_file`: of those that were made of that and match the
/// filters, the last revision of each file. Files without a task type, output
/// type or representation are left out.
pub fn last_revisions(what: OutputsOf, filters: &OutputFilters) -> Filter {
    let mut newest_first = WindowStatement::new();
    for name in SERIES {
        newest_first.partition_by((OUTPUT_FILE.name, name));
    }
    newest_first.order_by((OUTPUT_FILE.name, "revision"), Order::Desc);
    let mut ranked = Query::select();
    ranked
        .column((OUTPUT_FILE.name, "id"))
        .expr_window_as(Func::cust("rank"), newest_first, "place")
        .from(OUTPUT_FILE.name)
        .cond_where(made_of(what).and(filters.condition()));
    for name in SERIES {
        ranked.and_where(column(name).is_not_null());
    }
    let mut last = Query::select();
    last.column("id")
        .from_subquery(ranked, "ranked")
        .and_where(Expr::col("place").eq(1));
    column("id").in_subquery(last).into()
}

/// Condition on `output_type`: a type of an output file of the entity, or of
/// an instance of it, or of the instance.
pub fn is_type_of(what: OutputsOf) -> Filter {
    let which = match what {
        OutputsOf::Entity(id) => column("entity_id").eq(id).into(),
        other => made_of(other),
    };
    let mut types = Query::select();
    types
        .column((OUTPUT_FILE.name, "output_type_id"))
        .from(OUTPUT_FILE.name)
        .cond_where(which);
    Expr::col((OUTPUT_TYPE.name, "id"))
        .in_subquery(types)
        .into()
}

/// Orders a list by revision, the highest first.
pub fn newest_first(list: ListQuery) -> ListQuery {
    list.descending("revision").descending("created_at")
}

/// The revisions of one output file: its name, output type and task type, and
/// what it is made of.
#[derive(Debug, Clone, Copy)]
pub struct OutputSeries<'a> {
    pub what: OutputsOf,
    pub name: &'a str,
    pub output_type_id: Uuid,
    pub task_type_id: Uuid,
}

impl OutputSeries<'_> {
    /// Returns the highest revision above 0, or `None`. For an entity, files of
    /// its instances count.
    pub async fn last_revision(self, connection: impl Connection) -> Result<Option<i64>> {
        let which = match self.what {
            OutputsOf::Entity(id) => column("entity_id").eq(id).into(),
            other => made_of(other),
        };
        let mut select = Query::select();
        select
            .expr(Func::max(column("revision")))
            .from(OUTPUT_FILE.name)
            .cond_where(self.condition().and(which))
            .and_where(column("revision").gt(0));
        Ok(connection.scalar(&select).await?.flatten())
    }

    /// Returns whether there is a file of that representation and revision.
    pub async fn revision_is_taken(
        self,
        connection: impl Connection,
        (representation, revision): (&str, i64),
    ) -> Result<bool> {
        let same = self
            .condition()
            .and(made_of(self.what))
            .and(column("representation").eq(representation))
            .and(column("revision").eq(revision));
        access::exists(connection, OUTPUT_FILE.name, same).await
    }

    fn condition(&self) -> Filter {
        Filter::from(column("name").eq(self.name))
            .and(column("output_type_id").eq(self.output_type_id))
            .and(column("task_type_id").eq(self.task_type_id))
    }
}
