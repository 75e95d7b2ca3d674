//! Boards: entities with their tasks, for the main pages of the web client.
//!
//! The tasks of an entity are embedded in its row, so that a board is a single
//! query and only one entity is in memory while it is serialized.

use sea_query::{Order, SelectStatement, SimpleExpr};

use crate::database::Writer;
use crate::dialect::Dialect;
use crate::projection::{Projection, Slot, Style};
use crate::{Result, Row, Shape};

/// The projections of an entity and of its tasks.
#[derive(Debug)]
pub struct Board {
    pub entity: Projection,
    pub task: Projection,
    /// The keys of an entity in [`BoardFormat::Plain`], in order; `None` is
    /// `tasks`.
    plain: Vec<Option<Slot>>,
    /// A projection with the same keys as `task`, with masked values for
    /// clients and vendors.
    guest_task: Option<Projection>,
}

/// The format of a board's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardFormat {
    /// A JSON array of objects, each with `tasks`.
    Plain,
    /// Arrays of values instead of objects, after a header with the names of
    /// the keys; the last value of an entity is its tasks.
    Compact,
    /// Newline-delimited JSON: a header, then a line for each entity.
    Lines { compact: bool },
}

impl BoardFormat {
    fn is_compact(self) -> bool {
        matches!(self, Self::Compact | Self::Lines { compact: true })
    }
}

impl Board {
    /// Creates a board whose objects have the entity's keys in order, followed
    /// by `tasks`.
    pub fn new(entity: Projection, task: Projection) -> Self {
        let slots = entity.keys().map(|key| entity.slot(key));
        let plain = slots.chain([None]).collect();
        Self {
            entity,
            task,
            plain,
            guest_task: None,
        }
    }

    /// Returns the shape of an entity with its tasks.
    pub fn shape(&self) -> Shape {
        let entity = self.entity.shape();
        entity.with("tasks", self.task.shape().list())
    }

    /// Sorts the keys of plain objects, `tasks` among them. Keys that are not
    /// in the list are left out, and keys that the board does not have are
    /// ignored. The compact format does not change.
    pub fn in_plain_order(mut self, keys: &[&str]) -> Self {
        let slots = keys.iter().filter_map(|key| match *key {
            "tasks" => Some(None),
            key => self.entity.slot(key).map(Some),
        });
        self.plain = slots.collect();
        self
    }

    /// Sets the projection of tasks for clients and vendors: the same keys,
    /// with values masked for the viewer of the query (see
    /// [`masking`](crate::query::masking)).
    pub fn with_guest_task(mut self, task: Projection) -> Self {
        self.guest_task = Some(task);
        self
    }

    /// Adds the select list of a board: the entity's columns, its tasks as
    /// restricted by `narrow`, oldest first, and `sees_less`, whether the row
    /// is masked for the viewer. `for_guests` is true if the viewer may be a
    /// client or a vendor.
    pub(crate) fn add_to(
        &self,
        select: &mut SelectStatement,
        dialect: Dialect,
        narrow: impl FnOnce(&mut SelectStatement),
        (sees_less, for_guests): (SimpleExpr, bool),
    ) {
        self.entity.add_to(select, dialect);
        let guest_task = self.guest_task.as_ref().filter(|_| for_guests);
        let tasks = guest_task
            .unwrap_or(&self.task)
            .rows_within(dialect, |tasks| {
                narrow(tasks);
                tasks
                    .order_by(("task", "created_at"), Order::Asc)
                    .order_by(("task", "id"), Order::Asc);
            });
        select.expr(tasks).expr(sees_less);
    }

    fn header(&self, form: BoardFormat, entity: &str) -> String {
        let compact = form.is_compact();
        if !compact {
            return format!("{{\"compact\":{compact}");
        }
        let names = |keys: Vec<&str>| format!("[\"{}\"]", keys.join("\",\""));
        let entities = names(self.entity.keys().chain(["tasks"]).collect());
        let tasks = names(self.task.keys().collect());
        format!("{{\"compact\":{compact},\"{entity}_fields\":{entities},\"task_fields\":{tasks}")
    }
}

/// Serializes a board.
#[derive(Debug, Clone)]
pub struct BoardWriter {
    board: &'static Board,
    form: BoardFormat,
    header: String,
    is_first: bool,
}

impl BoardWriter {
    /// `entity` is the prefix of the header's key for entities, as in
    /// `shot_fields`.
    pub fn new(board: &'static Board, form: BoardFormat, entity: &str) -> Self {
        Self {
            board,
            form,
            header: board.header(form, entity),
            is_first: true,
        }
    }
}

impl Writer for BoardWriter {
    fn begin(&mut self, out: &mut Vec<u8>) {
        match self.form {
            BoardFormat::Plain => out.push(b'['),
            BoardFormat::Compact => {
                out.extend_from_slice(self.header.as_bytes());
                out.extend_from_slice(b",\"rows\":[");
            }
            BoardFormat::Lines { .. } => {
                out.extend_from_slice(self.header.as_bytes());
                out.push(b'}');
            }
        }
    }

    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        let is_first = std::mem::take(&mut self.is_first);
        match self.form {
            BoardFormat::Lines { .. } => out.push(b'\n'),
            BoardFormat::Plain | BoardFormat::Compact if is_first => {}
            BoardFormat::Plain | BoardFormat::Compact => out.push(b','),
        }
        let Board {
            entity,
            task,
            plain,
            ..
        } = self.board;
        let tasks = entity.width();
        let style = Style {
            keys: !self.form.is_compact(),
            blank: row.get(tasks + 1)?,
        };
        let (open, close) = style.brackets();
        out.push(open);
        let rows = std::slice::from_ref(row);
        if style.keys {
            for (number, slot) in plain.iter().enumerate() {
                if number > 0 {
                    out.push(b',');
                }
                if let Some(slot) = slot {
                    entity.write_slot(*slot, rows, style, out)?;
                } else {
                    out.extend_from_slice(b"\"tasks\":");
                    task.write_within(row, tasks, style, out)?;
                }
            }
        } else {
            entity.write_fields(rows, &mut 0, style, out)?;
            out.push(b',');
            task.write_within(row, tasks, style, out)?;
        }
        out.push(close);
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self.form {
            BoardFormat::Plain => b"]",
            BoardFormat::Compact => b"]}",
            BoardFormat::Lines { .. } => b"\n",
        });
    }
}
