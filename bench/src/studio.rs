//! The databases that are measured on: one synthetic studio, in PostgreSQL
//! and copied to SQLite.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tanuki_testkit::postgres::Cluster;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD};

use crate::servers::Tanuki;

const ROWS: &str = include_str!("../studio.sql");

/// The password of everybody in the synthetic studio.
pub const PASSWORD: &str = "mypassword";

/// Who works in the default studio.
pub const PEOPLE: u32 = 200;

/// How large a studio is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// How many times as many sequences and assets as the default has.
    pub times: u32,
    pub people: u32,
}

impl Size {
    /// So many times as large as the default, with as many people.
    pub fn of(times: u32) -> Self {
        Self {
            times,
            people: PEOPLE,
        }
    }
}

/// A studio in both databases.
#[derive(Debug)]
pub struct Studio {
    /// The name of its database on the cluster.
    pub database: String,
    pub postgres: String,
    pub sqlite: String,
    /// The token of a bot.
    pub bot: String,
    pub facts: Facts,
}

/// Ids of rows to ask for.
#[derive(Debug, Clone)]
pub struct Facts {
    pub project: String,
    pub shot: String,
    /// A few hundred of them.
    pub shots: Vec<String>,
    pub asset: String,
    pub task: String,
    pub status: String,
    pub other_status: String,
    /// Tasks to write to, with whom each is assigned to.
    pub tasks: Vec<(String, String)>,
    pub count: i64,
}

impl Studio {
    /// Makes a studio of a size, with what the SQL in `more` adds.
    pub fn load(cluster: &Cluster, tanuki: &Tanuki, size: Size, more: &str) -> Result<Self> {
        let Size { times, people } = size;
        let postgres = cluster.create_database()?;
        let database = postgres.rsplit('/').next().unwrap_or_default().to_owned();
        tanuki.run(
            &postgres,
            &["create-admin", ADMIN_EMAIL, "--password", ADMIN_PASSWORD],
        )?;
        let size = format!(
            "\\set sequences {}\n\\set assets {}\n\\set people {people}\n",
            100 * times,
            1000 * times
        );
        cluster.psql(&database, &format!("{size}{ROWS}"))?;
        cluster.psql(&database, more)?;
        let bot = tanuki.run(
            &postgres,
            &[
                "create-bot",
                "Bench",
                "--role",
                "manager",
                "--project",
                "Big Production",
            ],
        )?;
        cluster.psql(&database, "VACUUM ANALYZE")?;
        let file = tanuki.folder.join(format!("studio-{times}.sqlite"));
        let sqlite = format!("sqlite:{}", file.display());
        tanuki.run("", &["db", "copy", "--from", &postgres, "--to", &sqlite])?;
        let facts = Facts::of(cluster, &database)?;
        Ok(Self {
            database,
            postgres,
            sqlite,
            bot: bot.trim().to_owned(),
            facts,
        })
    }

    /// How long psql takes to fetch the rows of a query: the median of five.
    pub fn fetch(&self, cluster: &Cluster, sql: &str) -> Result<Duration> {
        let script = format!(
            "\\timing on\n\\o /dev/null\n{}",
            format!("{sql};\n").repeat(6)
        );
        let said = cluster.psql(&self.database, &script)?;
        let mut times: Vec<f64> = said
            .lines()
            .filter_map(|line| line.strip_prefix("Time: ")?.split(' ').next()?.parse().ok())
            .skip(1)
            .collect();
        times.sort_by(f64::total_cmp);
        let median = times.get(times.len() / 2).context("psql says no time")?;
        Ok(Duration::from_secs_f64(median / 1000.0))
    }
}

impl Facts {
    fn of(cluster: &Cluster, database: &str) -> Result<Self> {
        let one =
            |sql: &str| -> Result<String> { Ok(cluster.psql(database, sql)?.trim().to_owned()) };
        let project = one("select id from project where code = 'p0'")?;
        let entity = |of_types: &str| {
            one(&format!(
                "select e.id from entity e join entity_type t on t.id = e.entity_type_id \
                 where e.project_id = '{project}' and t.name in ({of_types}) \
                 order by e.created_at, e.id limit 1"
            ))
        };
        let shot = entity("'Shot'")?;
        let shots = one(&format!(
            "select e.id from entity e join entity_type t on t.id = e.entity_type_id \
             where e.project_id = '{project}' and t.name = 'Shot' \
             order by e.created_at, e.id limit 256"
        ))?;
        let statuses =
            one("select id from task_status where for_concept = false order by name limit 2")?;
        let mut statuses = statuses.lines().map(str::to_owned);
        let tasks = one(&format!(
            "select t.id, l.person_id from task t join task_person_link l on l.task_id = t.id \
             where t.project_id = '{project}' order by t.created_at, t.id limit 4096"
        ))?;
        let pair = |line: &str| {
            let (task, person) = line.split_once('|')?;
            Some((task.to_owned(), person.to_owned()))
        };
        Ok(Self {
            task: one(&format!(
                "select id from task where entity_id = '{shot}' order by id limit 1"
            ))?,
            asset: entity("'Character', 'Prop', 'Environment', 'FX'")?,
            status: statuses.next().context("no task status")?,
            other_status: statuses.next().context("one task status")?,
            tasks: tasks.lines().filter_map(pair).collect(),
            count: one("select count(*) from task")?.parse()?,
            shots: shots.lines().map(str::to_owned).collect(),
            project,
            shot,
        })
    }
}
