//! Imports of people.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tanuki_store::query::imports::{self, Named};
use tanuki_store::query::{rows, uniqueness};
use tanuki_store::schema::PERSON;
use tanuki_store::view::people::FULL_UNLINKED;
use tanuki_store::{Shape, Transaction};
use uuid::Uuid;

use super::cells::{Row, boolean, integer};
use super::error::{ImportError, RowErrors};
use super::file::Sheet;
use super::{ImportOptions, read_rows, sheet};
use crate::blocking::off_worker;
use crate::fields::by_id;
use crate::files::Upload;
use crate::people::ImportedPerson;
use crate::{Admin, Error, Imports, Result, email};

const REQUIRED: [&str; 3] = ["First Name", "Last Name", "Email"];

/// A column of one of a few values, which have a label and a code.
struct Choice {
    title: &'static str,
    field: &'static str,
    values: &'static [(&'static str, &'static str)],
}

const CHOICES: [Choice; 4] = [
    Choice {
        title: "Role",
        field: "role",
        values: &[
            ("Artist", "user"),
            ("Studio Manager", "admin"),
            ("Supervisor", "supervisor"),
            ("Production Manager", "manager"),
            ("Client", "client"),
            ("Vendor", "vendor"),
        ],
    },
    Choice {
        title: "Contract Type",
        field: "contract_type",
        values: &[
            ("Open-ended", "open-ended"),
            ("Fixed-term", "fixed-term"),
            ("Short-term", "short-term"),
            ("Freelance", "freelance"),
            ("Apprentice", "apprentice"),
            ("Internship", "internship"),
        ],
    },
    Choice {
        title: "Position",
        field: "position",
        values: &[
            ("Supervisor", "supervisor"),
            ("Lead", "lead"),
            ("Artist", "artist"),
        ],
    },
    Choice {
        title: "Seniority",
        field: "seniority",
        values: &[("Senior", "senior"), ("Mid", "mid"), ("Junior", "junior")],
    },
];

/// The shape of the response: a person for each row of the file.
pub fn persons_shape() -> Shape {
    FULL_UNLINKED.shape().list()
}

impl Imports<'_> {
    /// Creates the people of a CSV file, without passwords. Those whose e-mail
    /// address is an account's already are left alone, unless the options say
    /// that they are updated. Returns a person for each row of the file.
    ///
    /// # Errors
    ///
    /// [`ImportError::File`] for a file that cannot be read,
    /// [`ImportError::Rows`] for wrong cells, [`Error::Invalid`] if there would be
    /// more active people than `USER_LIMIT` allows, [`Error::DeniedBecause`] for a
    /// protected account. Nothing is written then.
    pub async fn persons(
        self,
        admin: Admin<'_>,
        file: Upload,
        options: ImportOptions,
    ) -> Result<Vec<Value>, ImportError> {
        let sheet = sheet(file).await?;
        let mut transaction = self.core.database().begin().await?;
        uniqueness::lock(&mut transaction, &PERSON, None).await?;
        let needs_public = self.core.settings().mail.check_deliverability;
        let reader = PersonReader::load(&mut transaction, options.updates, needs_public).await?;
        let (people, order) = off_worker(move || reader.read(&sheet)).await??;
        let ids: Vec<Uuid> = people.iter().map(|person| person.id).collect();
        let written: Vec<ImportedPerson> = people
            .into_iter()
            .filter(|person| person.is_new || options.updates)
            .collect();
        let people = self.core.people();
        people
            .write_imported(&mut transaction, admin, &written)
            .await?;
        let rows = by_id(rows::by_ids(&mut transaction, &FULL_UNLINKED, &ids).await?);
        let row = |at: usize| rows.get(&ids[at]).cloned().map(Value::from);
        let answer: Option<Vec<Value>> = order.into_iter().map(row).collect();
        let answer = answer.ok_or(Error::NotFound)?;
        if !options.is_dry_run {
            transaction.commit().await?;
        }
        Ok(answer)
    }
}

/// Reads the rows of a file of people.
struct PersonReader {
    updates: bool,
    /// Whether e-mail addresses need a domain that others can reach.
    needs_public: bool,
    /// By e-mail address in lower case.
    known: HashMap<String, Uuid>,
    studios: HashMap<String, Uuid>,
    departments: HashMap<String, Uuid>,
}

/// The people of a file, each once, and for each row the place of its person.
type Read = (Vec<ImportedPerson>, Vec<usize>);

impl PersonReader {
    async fn load(
        transaction: &mut Transaction,
        updates: bool,
        needs_public: bool,
    ) -> Result<Self> {
        let people = imports::people(&mut *transaction).await?;
        let people = people.into_iter().filter(|person| !person.is_bot);
        let by_name = |rows: Vec<Named>| {
            let rows = rows.into_iter();
            rows.map(|row| (row.name.trim().to_lowercase(), row.id))
                .collect()
        };
        Ok(Self {
            updates,
            needs_public,
            known: people
                .map(|person| (person.email.to_lowercase(), person.id))
                .collect(),
            studios: by_name(imports::studios(&mut *transaction).await?),
            departments: by_name(imports::departments(transaction).await?),
        })
    }

    fn read(&self, sheet: &Sheet) -> Result<Read, ImportError> {
        let mut people: Vec<ImportedPerson> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut order = Vec::with_capacity(sheet.rows.len());
        read_rows(sheet, &REQUIRED, |row, errors| {
            let address = self.address(row, errors);
            let (data, departments) = self.cells(row, errors);
            let Some(address) = address else { return };
            if let Some(place) = places.get(&address) {
                order.push(*place);
                let person = &mut people[*place];
                if self.updates {
                    person.data.extend(data);
                    person.departments = departments.or(person.departments.take());
                }
                return;
            }
            let known = self.known.get(&address).copied();
            places.insert(address.clone(), people.len());
            order.push(people.len());
            let mut person = ImportedPerson {
                id: known.unwrap_or_else(Uuid::new_v4),
                is_new: known.is_none(),
                data,
                departments,
                is_handed_over: false,
            };
            if person.is_new {
                person.data.insert("email".into(), address.into());
            }
            people.push(person);
        })?;
        Ok((people, order))
    }

    /// Reads the cells of a row besides the e-mail address. Empty ones are not
    /// given.
    fn cells(
        &self,
        row: Row<'_>,
        errors: &mut RowErrors,
    ) -> (Map<String, Value>, Option<Vec<Uuid>>) {
        let mut data = Map::new();
        for (title, field) in [("First Name", "first_name"), ("Last Name", "last_name")] {
            data.insert(field.into(), row.trimmed(title).into());
        }
        if !row.trimmed("Phone").is_empty() {
            data.insert("phone".into(), row.trimmed("Phone").into());
        }
        for (title, most) in [("First Name", 80), ("Last Name", 80), ("Phone", 30)] {
            if row.trimmed(title).chars().count() > most {
                errors.cell(
                    row.line(),
                    title,
                    format!("{title} may have {most} letters"),
                );
            }
        }
        let mut read = |title: &str, field: &str, value: &dyn Fn(&str) -> Result<Value, String>| {
            let text = row.trimmed(title);
            if text.is_empty() {
                return;
            }
            match value(text) {
                Ok(value) => {
                    data.insert(field.into(), value);
                }
                Err(message) => errors.cell(row.line(), title, message),
            }
        };
        for choice in &CHOICES {
            read(choice.title, choice.field, &|text| choice.code(text));
        }
        read("Country", "country", &country);
        read("Daily Salary", "daily_salary", &|text| {
            let number = integer(text).and_then(|number| i32::try_from(number).ok());
            let number = number.map(Value::from);
            number.ok_or_else(|| format!("A value is invalid: Daily Salary: {text}"))
        });
        read("Studio", "studio_id", &|text| {
            let studio = self.studios.get(&text.to_lowercase());
            let studio = studio.map(|id| id.to_string().into());
            studio.ok_or_else(|| format!("Studio not found: {text}"))
        });
        read("Active", "active", &|text| {
            let flag = boolean(text).map(Value::from);
            flag.ok_or_else(|| format!("Active must be yes or no, got '{text}'"))
        });
        let departments = self.departments(row, errors);
        (data, departments)
    }

    /// Reads the e-mail address in lower case.
    fn address(&self, row: Row<'_>, errors: &mut RowErrors) -> Option<String> {
        let text = row.trimmed("Email");
        match email::validate(text, self.needs_public) {
            Ok(address) => Some(address.to_lowercase()),
            Err(reason) => {
                let message = format!("A value is invalid: Email: {text} ({reason})");
                errors.cell(row.line(), "Email", message);
                None
            }
        }
    }

    fn departments(&self, row: Row<'_>, errors: &mut RowErrors) -> Option<Vec<Uuid>> {
        const TITLE: &str = "Departments";
        let names = row.trimmed(TITLE);
        if names.is_empty() {
            return None;
        }
        let mut departments = Vec::new();
        let names = names.split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty()) {
            match self.departments.get(&name.to_lowercase()) {
                Some(id) if departments.contains(id) => {}
                Some(id) => departments.push(*id),
                None => {
                    let message = format!("Department not found: {name}");
                    errors.cell(row.line(), TITLE, message);
                }
            }
        }
        Some(departments)
    }
}

impl Choice {
    /// Returns the code of a value, which is given as its label or as the code.
    fn code(&self, text: &str) -> Result<Value, String> {
        let lowered = text.to_lowercase();
        let mut values = self.values.iter();
        let found = values.find(|(label, code)| {
            [label, code]
                .map(|name| name.to_lowercase())
                .contains(&lowered)
        });
        found.map(|(_, code)| (*code).into()).ok_or_else(|| {
            let labels: Vec<&str> = self.values.iter().map(|(label, _)| *label).collect();
            let (title, labels) = (self.title, labels.join(", "));
            format!("A value is invalid: {title}: {text} (accepted values: {labels})")
        })
    }
}

fn country(text: &str) -> Result<Value, String> {
    let code = text.to_uppercase();
    let is_code = code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_alphabetic());
    is_code
        .then(|| code.into())
        .ok_or_else(|| format!("A value is invalid: Country: {text}"))
}
