//! Members of teams in ShotGrid, the connections of its projects and people.

use std::collections::{BTreeMap, HashMap, HashSet};

use tanuki_store::query::projects::links;
use tanuki_store::query::{imports, locks, rows, shotgun};
use tanuki_store::schema::PROJECT_PERSON_LINK;
use tanuki_store::write::Values;
use uuid::Uuid;

use super::fields::{Field, Otherwise, Read, SentRow, reference, references, store};
use super::keys::Of;
use super::names::Names;
use crate::events::Event;
use crate::fields::{by_id, id_of};
use crate::imports::rows::faults::Faults;
use crate::imports::rows::{in_order, plain};
use crate::projects::PROJECTS;
use crate::{Admin, Imports, JsonRow, Result};

const FIELDS: [Field; 2] = [
    reference("project", "project_id", Read::One(Of::Project))
        .required()
        .null(Otherwise::Refuse)
        .unknown(Otherwise::Null),
    reference("user", "person_id", Read::One(Of::Person))
        .required()
        .null(Otherwise::Refuse)
        .unknown(Otherwise::Null),
];

/// The two ends of a membership: project and person.
type Ends = (Uuid, Uuid);

impl Imports<'_> {
    /// Adds people to teams. Returns the project of each row, without the rows
    /// whose project does not exist; people who do not exist are skipped.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) with all that is wrong, such as the
    /// preview account of another project.
    pub(super) async fn shotgun_members(
        self,
        admin: Admin<'_>,
        sent: &[SentRow<'_>],
    ) -> Result<Vec<JsonRow>> {
        let mut faults = Faults::default();
        let keys = references(&FIELDS, sent, &mut faults);
        faults.check()?;
        let mut transaction = self.core.database().begin().await?;
        let names = Names::load(&mut transaction, keys).await?;
        let mut rows = Vec::with_capacity(sent.len());
        for row in sent {
            let mut stored = JsonRow::new();
            store(&FIELDS, *row, &names, &mut stored, &mut faults);
            rows.push((
                row,
                id_of(&stored, "project_id"),
                id_of(&stored, "person_id"),
            ));
        }
        faults.check()?;
        let ids: Vec<i32> = sent.iter().map(|row| row.shotgun_id).collect();
        let projects: HashSet<Uuid> = rows.iter().filter_map(|(_, project, _)| *project).collect();
        let projects: Vec<Uuid> = projects.into_iter().collect();
        // Others who change the teams meanwhile wait.
        locks::projects(&mut transaction, &projects).await?;
        let members = shotgun::members(&mut transaction, &ids, &projects).await?;
        let mut known: HashMap<i32, Uuid> = HashMap::new();
        for member in &members {
            if let Some(id) = member.shotgun_id {
                known.entry(id).or_insert(member.project_id);
            }
        }
        let there: HashSet<Ends> = members
            .iter()
            .map(|member| (member.project_id, member.person_id))
            .collect();
        let mut added: BTreeMap<Ends, (usize, i32)> = BTreeMap::new();
        let mut order = Vec::with_capacity(rows.len());
        for (row, project, person) in rows {
            if let Some(project) = known.get(&row.shotgun_id) {
                order.push(*project);
                continue;
            }
            let Some(project) = project else { continue };
            order.push(project);
            if let Some(person) = person {
                known.insert(row.shotgun_id, project);
                added.insert((project, person), (row.index, row.shotgun_id));
            }
        }
        let people: Vec<Uuid> = added.keys().map(|(_, person)| *person).collect();
        for (account, own) in imports::preview_accounts(&mut transaction, &people).await? {
            for ((project, person), (index, _)) in &added {
                if *person == account && *project != own {
                    let message = "A preview account can only belong to its own project";
                    faults.field(*index, "user", message);
                }
            }
        }
        faults.check()?;
        self.add_members(&mut transaction, admin, &there, added)
            .await?;
        let projection = plain(&PROJECTS);
        let stored = by_id(rows::by_ids(&mut transaction, projection, &order).await?);
        let answer = in_order(&order, &stored)?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Adds people to teams, and says under which id in ShotGrid those are there
    /// who were in the team already.
    async fn add_members(
        self,
        transaction: &mut tanuki_store::Transaction,
        admin: Admin<'_>,
        there: &HashSet<Ends>,
        added: BTreeMap<Ends, (usize, i32)>,
    ) -> Result<()> {
        let table = &PROJECT_PERSON_LINK;
        let mut by_project: BTreeMap<Uuid, Vec<(Uuid, Values)>> = BTreeMap::new();
        for ((project, person), (_, shotgun_id)) in added {
            let values = Values::from([("shotgun_id", shotgun_id.into())]);
            let new = by_project.entry(project).or_default();
            if there.contains(&(project, person)) {
                let ends = (project, "person_id", person);
                links::update(transaction, table, ends, values).await?;
            } else {
                new.push((person, values));
            }
        }
        let mut events = Vec::new();
        for (project, new) in by_project {
            if new.is_empty() {
                continue;
            }
            let ends = (project, "person_id");
            links::add_all(transaction, table, ends, new, &self.core.defaults()).await?;
            events.push(Event::named("project:update").in_project(Some(project)));
        }
        let caller = Some(admin.caller());
        self.core.record_all(transaction, events, caller).await
    }
}
