//! Entities with their tasks in them, as the boards of clients show them.
//!
//! The rows of an entity, its tasks and their assignees come in one query and
//! in order, so that at most a task is held while the text is written: an
//! entity's own row first, then a row for each task and assignee.

use std::cell::Cell;

use sea_query::{Expr, SelectStatement};
use uuid::Uuid;

use crate::database::Writer;
use crate::dialect::Dialect;
use crate::schema::Kind;
use crate::shape::{Shape, Style};
use crate::{Result, Row};

/// The JSON of an entity, and that of its tasks. A task's shape begins with
/// its id.
#[derive(Debug)]
pub struct Board {
    pub entity: Shape,
    pub task: Shape,
}

/// The form in which a board is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A list of objects.
    Plain,
    /// Lists of values, behind a header that says what they are.
    Compact,
    /// A header, then a line for each entity.
    Lines { compact: bool },
}

impl Form {
    fn is_compact(self) -> bool {
        matches!(self, Self::Compact | Self::Lines { compact: true })
    }
}

impl Board {
    /// `task` without its assignees, which are gathered under that key.
    pub fn new(entity: Shape, task: Shape) -> Self {
        Self { entity, task }
    }

    /// Adds the columns of an entity's own row.
    pub(crate) fn select_entity(&self, select: &mut SelectStatement, dialect: Dialect) {
        self.entity.add_to(select, dialect);
        select.exprs((0..self.task.width()).map(|_| Expr::cust("NULL")));
    }

    /// Adds the columns of a task's row.
    pub(crate) fn select_task(&self, select: &mut SelectStatement, dialect: Dialect) {
        select.exprs((0..self.entity.width()).map(|_| Expr::cust("NULL")));
        self.task.add_to(select, dialect);
    }

    fn header(&self, form: Form, entity: &str) -> String {
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

/// Writes a board. The query's columns are the entity's, the task's, the
/// assignee, and whether the caller sees less of the tasks.
#[derive(Debug)]
pub struct BoardWriter {
    board: &'static Board,
    form: Form,
    header: String,
    is_first: bool,
    /// An entity is written up to its tasks.
    is_open: bool,
    has_tasks: bool,
    /// The task whose assignees are being gathered.
    task: Option<Uuid>,
    /// Its text, and where in it the assignees go if the caller sees them.
    text: Vec<u8>,
    gap: Option<usize>,
    assignees: Vec<u8>,
}

impl BoardWriter {
    /// `entity` is what the header calls the entities.
    pub fn new(board: &'static Board, form: Form, entity: &str) -> Self {
        Self {
            board,
            form,
            header: board.header(form, entity),
            is_first: true,
            is_open: false,
            has_tasks: false,
            task: None,
            text: Vec::new(),
            gap: None,
            assignees: Vec::new(),
        }
    }

    fn brackets(&self) -> (u8, u8) {
        if self.form.is_compact() {
            (b'[', b']')
        } else {
            (b'{', b'}')
        }
    }

    fn open_entity(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        let is_first = std::mem::take(&mut self.is_first);
        match self.form {
            Form::Lines { .. } => out.push(b'\n'),
            Form::Plain | Form::Compact if is_first => {}
            Form::Plain | Form::Compact => out.push(b','),
        }
        out.push(self.brackets().0);
        let style = Style::keyed(!self.form.is_compact());
        self.board.entity.write_fields(row, &mut 0, style, out)?;
        out.extend_from_slice(if self.form.is_compact() {
            b",["
        } else {
            b",\"tasks\":["
        });
        self.is_open = true;
        self.has_tasks = false;
        Ok(())
    }

    fn close_entity(&mut self, out: &mut Vec<u8>) {
        self.close_task(out);
        if std::mem::take(&mut self.is_open) {
            out.push(b']');
            out.push(self.brackets().1);
        }
    }

    fn open_task(&mut self, row: &Row, id: Uuid) -> Result<()> {
        let mut place = self.board.entity.width();
        let gap = Cell::new(None);
        let style = Style {
            blank: row.get(place + self.board.task.width() + 1)?,
            gap: Some(&gap),
            ..Style::keyed(!self.form.is_compact())
        };
        let (open, close) = self.brackets();
        self.text.clear();
        self.text.push(open);
        let task = &self.board.task;
        task.write_fields(row, &mut place, style, &mut self.text)?;
        self.text.push(close);
        self.gap = gap.get();
        self.assignees.clear();
        self.task = Some(id);
        Ok(())
    }

    fn close_task(&mut self, out: &mut Vec<u8>) {
        if self.task.take().is_none() {
            return;
        }
        if std::mem::replace(&mut self.has_tasks, true) {
            out.push(b',');
        }
        let Some((before, behind)) = self.gap.and_then(|gap| self.text.split_at_checked(gap))
        else {
            out.extend_from_slice(&self.text);
            return;
        };
        out.extend_from_slice(before);
        out.push(b'[');
        out.extend_from_slice(&self.assignees);
        out.push(b']');
        out.extend_from_slice(behind);
    }

    fn add_assignee(&mut self, row: &Row) -> Result<()> {
        let place = self.board.entity.width() + self.board.task.width();
        if row.is_null(place)? {
            return Ok(());
        }
        if !self.assignees.is_empty() {
            self.assignees.push(b',');
        }
        row.write(place, Kind::Uuid, &mut self.assignees)
    }
}

impl Writer for BoardWriter {
    fn begin(&mut self, out: &mut Vec<u8>) {
        match self.form {
            Form::Plain => out.push(b'['),
            Form::Compact => {
                out.extend_from_slice(self.header.as_bytes());
                out.extend_from_slice(b",\"rows\":[");
            }
            Form::Lines { .. } => {
                out.extend_from_slice(self.header.as_bytes());
                out.push(b'}');
            }
        }
    }

    fn row(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        let task: Option<Uuid> = row.get(self.board.entity.width())?;
        let Some(id) = task else {
            self.close_entity(out);
            return self.open_entity(row, out);
        };
        if self.task != Some(id) {
            self.close_task(out);
            self.open_task(row, id)?;
        }
        self.add_assignee(row)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.close_entity(out);
        out.extend_from_slice(match self.form {
            Form::Plain => b"]",
            Form::Compact => b"]}",
            Form::Lines { .. } => b"\n",
        });
    }
}
