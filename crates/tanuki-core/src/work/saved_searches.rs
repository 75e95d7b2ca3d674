//! Saved searches: the filters of lists that the caller keeps, and the groups
//! that these are in.
//!
//! A saved search belongs to a person, who changes it; admins change all.
//! Managers of a project share theirs with everybody who works on it, or with
//! those of one department. The filters of a group are shared if the group is,
//! and of its project.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tanuki_store::projection::Projection;
use tanuki_store::query::{people, rows, saved_searches};
use tanuki_store::schema::{DEPARTMENT, SEARCH_FILTER, SEARCH_FILTER_GROUP, Table};
use tanuki_store::write::{self, Values};
use tanuki_store::{ListQuery, Shape, Transaction};
use uuid::Uuid;

use crate::access::require_row;
use crate::fields::{column_value, id_of};
use crate::{Caller, Error, JsonRow, MaybeId, Result, Work};

static FILTERS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&SEARCH_FILTER, &[]));
static GROUPS: LazyLock<Projection> =
    LazyLock::new(|| Projection::all_columns(&SEARCH_FILTER_GROUP, &[]));

/// The shape of a filter.
pub fn filter_shape() -> Shape {
    FILTERS.shape()
}

/// The shape of a group of filters.
pub fn filter_group_shape() -> Shape {
    GROUPS.shape()
}

/// The shape of filters by list type and project.
pub fn filters_shape() -> Shape {
    FILTERS.shape().list().by_key().by_key()
}

/// The shape of groups of filters by list type and project.
pub fn filter_groups_shape() -> Shape {
    GROUPS.shape().list().by_key().by_key()
}

/// The fields of a filter or of a group of filters in a request. In a change,
/// `None` keeps the value.
#[derive(Debug, Default)]
pub struct SavedSearch {
    /// Columns that hold texts, and their values.
    pub texts: Vec<(&'static str, Option<String>)>,
    pub project: Option<MaybeId>,
    /// The department that it is shared with.
    pub department: Option<MaybeId>,
    pub is_shared: Option<bool>,
    /// The group of a filter; `Some(None)` takes it out of its group.
    pub group: Option<Option<MaybeId>>,
}

impl Work<'_> {
    /// Returns the filters that the caller may use, their own and shared ones,
    /// as JSON: by list type and project id (`all` for those without a
    /// project), arrays of `SearchFilter` rows.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn filters(self, caller: &Caller) -> Result<Map<String, Value>> {
        let departments = self.departments_of(caller).await?;
        self.saved_searches(caller, &FILTERS, departments.as_deref())
            .await
    }

    /// Returns the groups of filters that the caller may use, like
    /// [`filters`](Self::filters). List types whose groups are all of other
    /// departments are empty objects: the web client reads the key without
    /// checking that it exists.
    ///
    /// # Errors
    /// Failures of the database only.
    pub async fn filter_groups(self, caller: &Caller) -> Result<Map<String, Value>> {
        let departments = self.departments_of(caller).await?;
        let mut groups = self
            .saved_searches(caller, &GROUPS, departments.as_deref())
            .await?;
        if departments.is_some() {
            for list in self.saved_searches(caller, &GROUPS, None).await?.keys() {
                groups.entry(list.clone()).or_insert_with(|| json!({}));
            }
        }
        Ok(groups)
    }

    /// Returns a group of filters of the caller's own; admins get all.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, or somebody else's.
    pub async fn filter_group(self, caller: &Caller, id: Uuid) -> Result<JsonRow> {
        let group = rows::by_id(self.core.database(), &GROUPS, id).await?;
        own(caller, group)
    }

    /// Creates a filter of the caller's. Returns its row.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the project, department or group does not exist,
    /// [`Error::Denied`] for bots and without access to the project,
    /// [`Error::Invalid`] if the group is of another project, or shared
    /// otherwise.
    pub async fn create_filter(self, caller: &Caller, filter: &SavedSearch) -> Result<JsonRow> {
        self.create_search(caller, &FILTERS, filter).await
    }

    /// Creates a group of filters of the caller's. Returns its row.
    ///
    /// # Errors
    /// As [`create_filter`](Self::create_filter).
    pub async fn create_filter_group(
        self,
        caller: &Caller,
        group: &SavedSearch,
    ) -> Result<JsonRow> {
        self.create_search(caller, &GROUPS, group).await
    }

    /// Changes a filter of the caller's own; admins change all. Returns its
    /// row.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, or somebody else's; else as
    /// [`create_filter`](Self::create_filter).
    pub async fn update_filter(
        self,
        caller: &Caller,
        id: Uuid,
        change: &SavedSearch,
    ) -> Result<JsonRow> {
        caller.require_person()?;
        let mut transaction = self.core.database().begin().await?;
        let filter = own(caller, rows::locked(&mut transaction, &FILTERS, id).await?)?;
        let values = self
            .search_values(&mut transaction, caller, &SEARCH_FILTER, change, &filter)
            .await?;
        let changed = self
            .write_search(&mut transaction, &FILTERS, id, values)
            .await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Changes a group of filters of the caller's own; admins change all. Its
    /// filters become shared or not with it, and go to its project. Returns its
    /// row.
    ///
    /// # Errors
    /// As [`update_filter`](Self::update_filter).
    pub async fn update_filter_group(
        self,
        caller: &Caller,
        id: Uuid,
        change: &SavedSearch,
    ) -> Result<JsonRow> {
        caller.require_person()?;
        let mut transaction = self.core.database().begin().await?;
        let group = own(caller, rows::locked(&mut transaction, &GROUPS, id).await?)?;
        let table = &SEARCH_FILTER_GROUP;
        let values = self
            .search_values(&mut transaction, caller, table, change, &group)
            .await?;
        let mut followed = values.clone();
        followed.retain(|column, _| ["is_shared", "project_id"].contains(column));
        if !followed.is_empty() {
            saved_searches::update_filters_of(&mut transaction, id, followed).await?;
        }
        let changed = self
            .write_search(&mut transaction, &GROUPS, id, values)
            .await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Deletes a filter of the caller's own; admins delete all.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, or somebody else's,
    /// [`Error::Denied`] for bots.
    pub async fn remove_filter(self, caller: &Caller, id: Uuid) -> Result<()> {
        caller.require_person()?;
        let mut transaction = self.core.database().begin().await?;
        own(caller, rows::locked(&mut transaction, &FILTERS, id).await?)?;
        write::delete(&mut transaction, &SEARCH_FILTER, id).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes a group of filters of the caller's own, with its filters; admins
    /// delete all.
    ///
    /// # Errors
    /// As [`remove_filter`](Self::remove_filter).
    pub async fn remove_filter_group(self, caller: &Caller, id: Uuid) -> Result<()> {
        caller.require_person()?;
        let mut transaction = self.core.database().begin().await?;
        own(caller, rows::locked(&mut transaction, &GROUPS, id).await?)?;
        saved_searches::remove_filters_of(&mut transaction, id).await?;
        write::delete(&mut transaction, &SEARCH_FILTER_GROUP, id).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Returns the departments whose saved searches the caller may use; `None`
    /// for admins and managers, who have those of all.
    async fn departments_of(self, caller: &Caller) -> Result<Option<Vec<Uuid>>> {
        if caller.manages() {
            return Ok(None);
        }
        let departments = people::departments(self.core.database(), caller.id).await?;
        Ok(Some(departments))
    }

    /// Returns the caller's saved searches by list type and project id.
    async fn saved_searches(
        self,
        caller: &Caller,
        projection: &'static Projection,
        departments: Option<&[Uuid]>,
    ) -> Result<Map<String, Value>> {
        let table = projection.table.name;
        let searches = ListQuery::new(projection)
            .descending("created_at")
            .descending("id");
        let searches = saved_searches::usable_by(searches, table, caller.id, departments);
        let mut lists = Map::new();
        for row in searches.rows(self.core.database()).await? {
            let list = text(&row, "list_type").unwrap_or_default().to_owned();
            let project = text(&row, "project_id").unwrap_or("all").to_owned();
            let by_project = lists.entry(list).or_insert_with(|| json!({}));
            if let Some(by_project) = by_project.as_object_mut()
                && let Some(rows) = by_project
                    .entry(project)
                    .or_insert_with(|| json!([]))
                    .as_array_mut()
            {
                rows.push(row.into());
            }
        }
        Ok(lists)
    }

    async fn create_search(
        self,
        caller: &Caller,
        projection: &'static Projection,
        search: &SavedSearch,
    ) -> Result<JsonRow> {
        caller.require_person()?;
        let table = projection.table;
        let mut transaction = self.core.database().begin().await?;
        let mut values = self
            .search_values(&mut transaction, caller, table, search, &Map::new())
            .await?;
        let id = Uuid::new_v4();
        values.insert("id", id.into());
        values.insert("person_id", caller.id.into());
        write::insert(&mut transaction, table, values, &self.core.defaults()).await?;
        let created = rows::by_id(&mut transaction, projection, id).await?;
        transaction.commit().await?;
        created.ok_or(Error::NotFound)
    }

    async fn write_search(
        self,
        transaction: &mut Transaction,
        projection: &'static Projection,
        id: Uuid,
        mut values: Values,
    ) -> Result<JsonRow> {
        values.insert("updated_at", self.core.clock().timestamp().into());
        write::update(transaction, projection.table, id, values).await?;
        rows::by_id(transaction, projection, id)
            .await?
            .ok_or(Error::NotFound)
    }

    /// Checks the fields of a saved search and returns the columns to write.
    /// `before` is the row that is changed; empty for a new one.
    async fn search_values(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        table: &'static Table,
        search: &SavedSearch,
        before: &JsonRow,
    ) -> Result<Values> {
        let mut values = Values::new();
        for (name, text) in &search.texts {
            if let (Some(text), Some(column)) = (text, table.column(name)) {
                values.insert(column.name, column_value(column, &text.as_str().into())?);
            }
        }
        if let Some(department) = &search.department {
            let id = department.found()?;
            require_row(&mut *transaction, &DEPARTMENT, id).await?;
            values.insert("department_id", id.into());
        }
        let old_project = id_of(before, "project_id");
        let project = match &search.project {
            Some(project) => Some(project.found()?),
            None => old_project,
        };
        let moved = project != old_project;
        if let Some(id) = project.filter(|_| moved) {
            self.core.require_project(caller, id).await?;
            values.insert("project_id", id.into());
        }
        let was_shared = before.get("is_shared") == Some(&Value::Bool(true));
        let mut is_shared = search.is_shared.unwrap_or(was_shared);
        if is_shared && (moved || !was_shared) {
            let access = caller.project_access(&mut *transaction, project).await?;
            is_shared = project.is_some() && access.is_manager();
        }
        if is_shared != was_shared || search.is_shared.is_some() {
            values.insert("is_shared", is_shared.into());
        }
        let place = (project, moved, is_shared);
        self.set_group(transaction, caller, (search, before), place, &mut values)
            .await?;
        Ok(values)
    }

    /// Checks the group of a filter and adds its column to the values.
    async fn set_group(
        self,
        transaction: &mut Transaction,
        caller: &Caller,
        (search, before): (&SavedSearch, &JsonRow),
        (project, moved, is_shared): (Option<Uuid>, bool, bool),
        values: &mut Values,
    ) -> Result<()> {
        let old_group = id_of(before, "search_filter_group_id");
        let group = match &search.group {
            Some(group) => group.as_ref().map(MaybeId::found).transpose()?,
            None => old_group,
        };
        if let Some(id) = group {
            let group_row = rows::locked(transaction, &GROUPS, id).await?;
            let group_row = group_row.ok_or(Error::NotFound)?;
            if moved || group != old_group {
                require_entry(caller, &group_row, project)?;
            }
            if (group_row.get("is_shared") == Some(&Value::Bool(true))) != is_shared {
                return Err(Error::invalid(
                    "A search filter should have the same value for is_shared than its search \
                     filter group.",
                ));
            }
        }
        if group != old_group {
            values.insert("search_filter_group_id", group.into());
        }
        Ok(())
    }
}

/// Checks that a filter of that project may enter a group: one of the caller's
/// own or a shared one, of the same project or of none.
fn require_entry(caller: &Caller, group: &JsonRow, project_id: Option<Uuid>) -> Result<()> {
    if group.get("is_shared") != Some(&Value::Bool(true)) && !is_own(caller, group) {
        return Err(Error::NotFound);
    }
    let group_project = id_of(group, "project_id");
    if group_project.is_some() && group_project != project_id {
        return Err(Error::invalid(
            "search_filter_group_id: the group is of another production than the filter.",
        ));
    }
    Ok(())
}

/// Returns a saved search if it is the caller's own, or they are an admin;
/// [`Error::NotFound`] otherwise.
fn own(caller: &Caller, row: Option<JsonRow>) -> Result<JsonRow> {
    row.filter(|row| is_own(caller, row)).ok_or(Error::NotFound)
}

fn is_own(caller: &Caller, row: &JsonRow) -> bool {
    caller.is_admin() || id_of(row, "person_id") == Some(caller.id)
}

fn text<'a>(row: &'a JsonRow, key: &str) -> Option<&'a str> {
    row.get(key).and_then(Value::as_str)
}
