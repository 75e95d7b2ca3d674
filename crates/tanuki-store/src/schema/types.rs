//! The types and functions with which tables are described.

/// A table: its constraints in the database, and the JSON of its rows.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// The value of `type` in a row's JSON, such as `"Person"`.
    pub object: &'static str,
    pub columns: &'static [Column],
    pub primary_key: &'static [&'static str],
    /// Name of the primary key constraint if it is not `{table}_pkey`.
    pub primary_key_name: Option<&'static str>,
    pub uniques: &'static [Unique],
    pub indexes: &'static [Index],
    pub checks: &'static [Check],
    /// Lists of linked ids, which a row has in responses with relations.
    pub links: &'static [Link],
    /// Keys of a row's JSON in order: columns, links and `full_name`. Empty if
    /// they are the columns in the order of the table.
    pub keys: &'static [&'static str],
    /// The table has dozens of rows, not thousands: settings of the studio.
    pub is_small: bool,
    /// How the project of a row is found.
    pub scope: ProjectScope,
}

/// Defaults of table descriptions: a primary key `id`.
pub(super) const TABLE: Table = Table {
    name: "",
    object: "",
    columns: &[],
    primary_key: &["id"],
    primary_key_name: None,
    uniques: &[],
    indexes: &[],
    checks: &[],
    links: &[],
    keys: &[],
    is_small: false,
    scope: ProjectScope::Studio,
};

impl Table {
    /// Finds a column by name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the table that a column refers to, with a foreign key or without;
    /// `None` if it refers to none or there is no such column.
    pub(crate) const fn target_of(&self, name: &str) -> Option<&'static str> {
        let mut index = 0;
        while index < self.columns.len() {
            let column = &self.columns[index];
            if is_same(column.name, name) {
                return match &column.references {
                    Some(reference) => Some(reference.table),
                    None => column.points_at,
                };
            }
            index += 1;
        }
        None
    }

    /// Returns the keys of a row's JSON in order, including links.
    pub fn keys(&self) -> Vec<&'static str> {
        if self.keys.is_empty() {
            return self.columns.iter().map(|column| column.name).collect();
        }
        self.keys.to_vec()
    }

    /// Finds a link by its key in the JSON.
    pub fn link(&self, field: &str) -> Option<&'static Link> {
        self.links.iter().find(|link| link.field == field)
    }
}

/// Compares texts while the crate is compiled.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// A column with its constraints.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnType,
    pub nullable: bool,
    /// The default in the database.
    pub default: Option<Literal>,
    /// The default that the server writes to a new row without a value.
    pub fill: Option<Fill>,
    pub references: Option<Reference>,
    /// The table that it refers to without a foreign key.
    pub points_at: Option<&'static str>,
    /// May refer to a row of another project that the caller has access to, as
    /// castings do.
    pub across_projects: bool,
    /// Has a unique constraint, named `{table}_{column}_key`.
    pub unique: bool,
    pub index: Option<ColumnIndex>,
    /// The allowed values of a text column; empty if any is. Checked by the
    /// server, not by the database.
    pub choices: &'static [&'static str],
    /// The shape of a JSON column. Checked by the server, not by the database.
    pub shape: JsonShape,
}

/// The shape of a JSON column's values, which code and HTTP clients rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonShape {
    Any,
    Object,
    List,
    ListOfObjects,
}

impl JsonShape {
    /// Returns whether a value has this shape.
    pub fn fits_column(self, json: &serde_json::Value) -> bool {
        match self {
            Self::Any => true,
            Self::Object => json.is_object(),
            Self::List => json.is_array(),
            Self::ListOfObjects => json
                .as_array()
                .is_some_and(|items| items.iter().all(serde_json::Value::is_object)),
        }
    }

    /// Returns the shape in words, for error messages.
    pub fn described(self) -> &'static str {
        match self {
            Self::Any => "JSON",
            Self::Object => "an object",
            Self::List => "a list",
            Self::ListOfObjects => "a list of objects",
        }
    }
}

/// Type of a column. The names are PostgreSQL's; SQLite's types are in
/// `dialect::ddl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    Uuid,
    /// `character varying(n)`, with n in characters.
    Varchar(u16),
    /// The name of a locale, up to ten characters; returned in its full form.
    Locale,
    Text,
    Integer,
    BigInt,
    Double,
    Boolean,
    Date,
    /// `timestamp without time zone`, always UTC.
    Timestamp,
    Json,
    Bytes,
    /// The enum of [`IMPORT_SOURCES`](super::IMPORT_SOURCES).
    ImportSource,
    Array(Element),
}

/// Element type of an array column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    Varchar(Option<u16>),
    Json,
    Bytes,
}

/// A constant in DDL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Literal {
    Bool(bool),
    Int(i64),
    Text(&'static str),
    EmptyJsonList,
}

/// How a column of a new row is filled if the client gives no value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fill {
    NewId,
    Now,
    Bool(bool),
    Int(i64),
    Text(&'static str),
    EmptyList,
    /// A JSON array of strings.
    TextList(&'static [&'static str]),
    /// The studio's `DEFAULT_TIMEZONE`.
    Timezone,
    /// The studio's `DEFAULT_LOCALE`.
    Locale,
}

/// A foreign key of one column; it always refers to the target's `id`.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    pub table: &'static str,
    pub on_delete: OnDelete,
    /// Constraint name if it is not `{table}_{column}_fkey`.
    pub name: Option<&'static str>,
}

impl Reference {
    /// Returns the name of the foreign key constraint.
    pub fn constraint_name(&self, table: &Table, column: &Column) -> String {
        match self.name {
            Some(name) => name.to_owned(),
            None => format!("{}_{}_fkey", table.name, column.name),
        }
    }
}

/// What the database does with a row when the row that it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    Refuse,
    Cascade,
    SetNull,
}

/// An index on one column, named `ix_{table}_{column}` unless named.
#[derive(Debug, Clone, Copy)]
pub struct ColumnIndex {
    pub unique: bool,
    pub name: Option<&'static str>,
}

/// A unique constraint on several columns.
#[derive(Debug)]
pub struct Unique {
    pub name: &'static str,
    pub columns: &'static [&'static str],
}

/// An index on several columns.
#[derive(Debug)]
pub struct Index {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    pub unique: bool,
    /// `WHERE` of a partial index, valid in both dialects.
    pub predicate: Option<&'static str>,
}

/// A check constraint.
#[derive(Debug)]
pub struct Check {
    pub name: &'static str,
    /// Expression, valid in both dialects.
    pub expression: &'static str,
}

/// A list of ids of linked rows: in `table`, the column `owner` refers to this
/// row and `target` has the ids. For one-to-many links, `table` is the linked
/// table itself and `target` is its `id`.
#[derive(Debug)]
pub struct Link {
    /// Key in the row's JSON.
    pub field: &'static str,
    pub table: &'static str,
    pub owner: &'static str,
    pub target: &'static str,
    /// Table that the ids refer to.
    pub of: &'static str,
    /// May have ids of rows of other projects that the caller has access to.
    pub across_projects: bool,
    /// Changed by endpoints of its own; an update of the row changes it only
    /// for managers of the project.
    pub for_managers: bool,
}

/// Defaults of link descriptions.
pub(super) const LINK: Link = Link {
    field: "",
    table: "",
    owner: "",
    target: "",
    of: "",
    across_projects: false,
    for_managers: false,
};

impl Link {
    /// Returns whether the link is one-to-many: the linked rows have the
    /// foreign key themselves, without a join table.
    pub fn is_of_rows(&self) -> bool {
        self.table == self.of
    }
}

const fn column(name: &'static str, kind: ColumnType) -> Column {
    Column {
        name,
        kind,
        nullable: true,
        default: None,
        fill: None,
        references: None,
        points_at: None,
        across_projects: false,
        unique: false,
        index: None,
        choices: &[],
        shape: JsonShape::Any,
    }
}

pub(super) const fn uuid(name: &'static str) -> Column {
    column(name, ColumnType::Uuid)
}
pub(super) const fn varchar(name: &'static str, length: u16) -> Column {
    column(name, ColumnType::Varchar(length))
}
pub(super) const fn locale(name: &'static str) -> Column {
    column(name, ColumnType::Locale)
}
pub(super) const fn text(name: &'static str) -> Column {
    column(name, ColumnType::Text)
}
pub(super) const fn integer(name: &'static str) -> Column {
    column(name, ColumnType::Integer)
}
pub(super) const fn bigint(name: &'static str) -> Column {
    column(name, ColumnType::BigInt)
}
pub(super) const fn double(name: &'static str) -> Column {
    column(name, ColumnType::Double)
}
pub(super) const fn boolean(name: &'static str) -> Column {
    column(name, ColumnType::Boolean)
}
pub(super) const fn date(name: &'static str) -> Column {
    column(name, ColumnType::Date)
}
pub(super) const fn timestamp(name: &'static str) -> Column {
    column(name, ColumnType::Timestamp)
}
pub(super) const fn json(name: &'static str) -> Column {
    column(name, ColumnType::Json)
}
/// A JSON column whose values are objects.
pub(super) const fn json_object(name: &'static str) -> Column {
    shaped(name, JsonShape::Object)
}
/// A JSON column whose values are arrays of anything.
pub(super) const fn json_list(name: &'static str) -> Column {
    shaped(name, JsonShape::List)
}
/// A JSON column whose values are arrays of objects.
pub(super) const fn json_objects(name: &'static str) -> Column {
    shaped(name, JsonShape::ListOfObjects)
}

const fn shaped(name: &'static str, shape: JsonShape) -> Column {
    let mut column = column(name, ColumnType::Json);
    column.shape = shape;
    column
}
pub(super) const fn bytes(name: &'static str) -> Column {
    column(name, ColumnType::Bytes)
}
pub(super) const fn import_source(name: &'static str) -> Column {
    column(name, ColumnType::ImportSource)
}
pub(super) const fn array(name: &'static str, element: Element) -> Column {
    column(name, ColumnType::Array(element))
}

/// The columns `id`, `created_at` and `updated_at`, which almost every table
/// has.
pub(super) const ID: Column = uuid("id").required().fill(Fill::NewId);
pub(super) const CREATED_AT: Column = timestamp("created_at").fill(Fill::Now);
pub(super) const UPDATED_AT: Column = timestamp("updated_at").fill(Fill::Now);

impl Column {
    /// Returns whether a new row must have a value for it.
    pub fn is_required(&self) -> bool {
        !self.nullable && self.fill.is_none() && self.default.is_none()
    }

    pub(super) const fn required(mut self) -> Self {
        self.nullable = false;
        self
    }
    pub(super) const fn default(mut self, literal: Literal) -> Self {
        self.default = Some(literal);
        self
    }
    pub(super) const fn fill(mut self, fill: Fill) -> Self {
        self.fill = Some(fill);
        self
    }
    pub(super) const fn one_of(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
    }
    pub(super) const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }
    pub(super) const fn references(mut self, table: &'static str) -> Self {
        self.references = Some(Reference {
            table,
            on_delete: OnDelete::Refuse,
            name: None,
        });
        self
    }
    /// Refers to a table by id without a foreign key.
    pub(super) const fn points_at(mut self, table: &'static str) -> Self {
        self.points_at = Some(table);
        self
    }
    pub(super) const fn across_projects(mut self) -> Self {
        self.across_projects = true;
        self
    }
    pub(super) const fn on_delete(mut self, action: OnDelete) -> Self {
        if let Some(reference) = &mut self.references {
            reference.on_delete = action;
        }
        self
    }
    pub(super) const fn reference_named(mut self, name: &'static str) -> Self {
        if let Some(reference) = &mut self.references {
            reference.name = Some(name);
        }
        self
    }
    pub(super) const fn indexed(mut self) -> Self {
        self.index = Some(ColumnIndex {
            unique: false,
            name: None,
        });
        self
    }
    pub(super) const fn indexed_unique(mut self) -> Self {
        self.index = Some(ColumnIndex {
            unique: true,
            name: None,
        });
        self
    }
    pub(super) const fn indexed_as(mut self, name: &'static str) -> Self {
        self.index = Some(ColumnIndex {
            unique: false,
            name: Some(name),
        });
        self
    }
}

/// How the project of a table's row is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectScope {
    /// Rows belong to no project: the whole studio shares them.
    Studio,
    /// The rows are projects.
    Itself,
    /// By the column `project_id`.
    Column,
    /// By the row that a foreign key refers to: the first of these columns that
    /// is not null.
    Through(&'static [&'static str]),
}
