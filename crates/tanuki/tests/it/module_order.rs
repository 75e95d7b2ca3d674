//! The order of modules: areas of core use lower ones only, and no files import
//! each other in a circle. Reads the sources' `use` declarations and paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::house::sources;

/// The path of a module within its crate: `["tasks", "assign"]`.
type Module = Vec<String>;

/// The modules of a crate, and what each of them imports.
struct Crate {
    imports: BTreeMap<Module, Vec<Import>>,
    /// Files by module, for messages.
    files: BTreeMap<Module, PathBuf>,
    /// The code, without comments and tests.
    code: BTreeMap<Module, String>,
}

/// A path that a module imports or names in its code, from the crate's root.
struct Import {
    path: Module,
    /// The name that a `pub use` exports it under.
    exported_as: Option<String>,
}

fn crates() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap().to_owned()
}

impl Crate {
    fn read(name: &str) -> Self {
        let source = crates().join(name).join("src");
        let mut found = Self {
            imports: BTreeMap::new(),
            files: BTreeMap::new(),
            code: BTreeMap::new(),
        };
        for path in sources().iter().filter(|path| path.starts_with(&source)) {
            found.add(path, path.strip_prefix(&source).unwrap());
        }
        let modules: BTreeSet<Module> = found.files.keys().cloned().collect();
        for (module, code) in &found.code {
            let imports = imports(code, module, &modules);
            found.imports.insert(module.clone(), imports);
        }
        found
    }

    /// Adds a file, by its path and that within the crate's sources.
    fn add(&mut self, path: &Path, within: &Path) {
        let within = within.with_extension("");
        let mut module: Module = within
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        if matches!(&*module[module.len() - 1], "mod" | "lib" | "main") {
            module.pop();
        }
        let text = std::fs::read_to_string(path).unwrap();
        self.code.insert(module.clone(), without_comments(&text));
        self.files.insert(module, path.to_owned());
    }

    /// Returns the module that defines what a path names, through re-exports.
    fn definer(&self, path: &[String]) -> Module {
        let mut path = path.to_vec();
        for _ in 0..10 {
            let module = (0..=path.len())
                .rev()
                .map(|length| &path[..length])
                .find(|prefix| self.files.contains_key(*prefix))
                .unwrap_or_default()
                .to_vec();
            let Some(name) = path.get(module.len()) else {
                return module;
            };
            let export = self.imports[&module]
                .iter()
                .find(|import| import.exported_as.as_ref() == Some(name));
            match export {
                Some(export) if export.path != path => {
                    let rest = path[module.len() + 1..].to_vec();
                    path = [export.path.clone(), rest].concat();
                }
                _ => return module,
            }
        }
        path
    }

    /// Returns the modules that each module imports from, without its
    /// parents and children: a `mod.rs` and the files of its folder are one
    /// thing.
    fn edges(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let targets = |module: &Module| {
            self.imports[module]
                .iter()
                .filter(|import| import.exported_as.is_none())
                .map(|import| self.definer(&import.path))
                .filter(|to| !to.starts_with(module) && !module.starts_with(to))
                .collect()
        };
        let modules = self.imports.keys();
        modules.map(|module| (module, targets(module))).collect()
    }
}

/// Returns the code without comments, and without the tests at its end.
fn without_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines();
    let code: Vec<&str> = lines
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    code.join("\n")
}

/// Returns what a module imports, and the paths in its code that begin with
/// `crate`, `super` or `self`.
fn imports(code: &str, module: &[String], modules: &BTreeSet<Module>) -> Vec<Import> {
    let mut found = Vec::new();
    let mut rest = String::new();
    let mut statements = code.split_inclusive(';');
    for statement in &mut statements {
        let start = statement.rfind("use ").filter(|at| {
            let before = &statement[..*at];
            let line = before.rsplit('\n').next().unwrap_or_default().trim();
            line.is_empty() || line.starts_with("pub")
        });
        let Some(start) = start else {
            rest.push_str(statement);
            continue;
        };
        rest.push_str(&statement[..start]);
        let line = statement[..start].rsplit('\n').next().unwrap_or_default();
        let is_export = line.trim().starts_with("pub");
        let tree = statement[start + 4..].trim_end_matches(';');
        for (path, alias) in leaves(tree) {
            let Some(mut path) = absolute(&path, module, modules) else {
                continue;
            };
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            let name = alias.or_else(|| path.last().cloned());
            found.push(Import {
                path,
                exported_as: name.filter(|_| is_export),
            });
        }
    }
    for (at, _) in rest.match_indices("::") {
        let head = rest[..at].rsplit(|c: char| !is_word(c)).next();
        if !matches!(head, Some("crate" | "super" | "self")) {
            continue;
        }
        let start = at - head.unwrap_or_default().len();
        let tail = &rest[start..];
        let end = tail.find(|c: char| !is_word(c) && c != ':');
        let path = tail[..end.unwrap_or(tail.len())].trim_end_matches(':');
        if let Some(path) = absolute(path, module, modules) {
            found.push(Import {
                path,
                exported_as: None,
            });
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the paths of a `use` tree with their aliases.
fn leaves(tree: &str) -> Vec<(String, Option<String>)> {
    let mut pending = vec![(String::new(), tree.trim().to_owned())];
    let mut found = Vec::new();
    while let Some((prefix, tree)) = pending.pop() {
        let Some(open) = tree.find('{') else {
            let (path, alias) = match tree.split_once(" as ") {
                Some((path, alias)) => (path, Some(alias.trim().to_owned())),
                None => (&*tree, None),
            };
            found.push((format!("{prefix}{}", path.trim()), alias));
            continue;
        };
        let prefix = format!("{prefix}{}", &tree[..open]);
        let inner = &tree[open + 1..tree.rfind('}').unwrap()];
        let mut depth = 0;
        let parts = inner.split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            pending.push((prefix.clone(), part.to_owned()));
        }
    }
    found
}

/// Returns a path from the crate's root; `None` for one into another crate.
fn absolute(path: &str, module: &[String], modules: &BTreeSet<Module>) -> Option<Module> {
    let mut parts: Vec<String> = path.split("::").map(|part| part.trim().into()).collect();
    let mut base = module.to_vec();
    match &*parts[0] {
        "crate" => return Some(parts.split_off(1)),
        "self" => parts.remove(0).clear(),
        "super" => {
            while parts.first().is_some_and(|part| part == "super") {
                parts.remove(0);
                base.pop();
            }
        }
        child => {
            let child = [module, &[child.to_owned()]].concat();
            if !modules.contains(&child) {
                return None;
            }
        }
    }
    base.extend(parts);
    Some(base)
}

/// Removes modules that import nothing that is left until none is: what
/// remains is in a circle or imports from one.
fn circles<'a>(
    edges: &BTreeMap<&'a Module, BTreeSet<Module>>,
) -> BTreeMap<&'a Module, BTreeSet<Module>> {
    let mut left = edges.clone();
    loop {
        let free: Vec<&Module> = left
            .iter()
            .filter(|(_, to)| !to.iter().any(|module| left.contains_key(module)))
            .map(|(module, _)| *module)
            .collect();
        if free.is_empty() {
            return left;
        }
        left.retain(|module, _| !free.contains(module));
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for entry in std::fs::read_dir(crates()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let read = Crate::read(&name);
        let left = circles(&read.edges());
        let left: Vec<String> = left
            .iter()
            .map(|(module, to)| format!("{}: {to:?}", read.files[*module].display()))
            .collect();
        assert!(left.is_empty(), "{name}: {left:#?}");
    }
}

/// The areas of core from the highest to the lowest, as `docs/architecture.md`
/// draws them: areas on one line may not use each other either.
fn areas() -> Vec<BTreeSet<String>> {
    let docs = crates().parent().unwrap().join("docs/architecture.md");
    let text = std::fs::read_to_string(docs).unwrap();
    let drawing = text
        .split("```areas\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let line = |line: &str| {
        let names = line.split_once(": ").map_or(line, |(_, names)| names);
        names.split_whitespace().map(str::to_owned).collect()
    };
    drawing.lines().map(line).collect()
}

/// The areas whose handle of `Core` has another name.
const HANDLES: &[(&str, &str)] = &[("resources", "resource"), ("events", "event_log")];

#[test]
fn areas_of_core_use_lower_ones_only() {
    let areas = areas();
    let floor = |area: &str| areas.iter().position(|line| line.contains(area));
    let core = Crate::read("tanuki-core");
    let mut faults = BTreeSet::new();
    for (module, imports) in &core.imports {
        let Some(own) = module.first() else {
            continue;
        };
        if own == "handles" {
            continue;
        }
        let Some(height) = floor(own) else {
            faults.insert(format!("{own} is not in docs/architecture.md"));
            continue;
        };
        let mut used: BTreeSet<String> = imports
            .iter()
            .filter_map(|import| core.definer(&import.path).first().cloned())
            .collect();
        let code = core.code[module].split_whitespace().collect::<String>();
        for area in areas.iter().flatten() {
            let handle = HANDLES.iter().find(|(_, of)| of == area);
            let handle = handle.map_or(&**area, |(handle, _)| *handle);
            if code.contains(&format!("core.{handle}().")) {
                used.insert(area.clone());
            }
        }
        for area in used
            .iter()
            .filter(|area| *area != own && *area != "handles")
        {
            if floor(area).is_none_or(|other| other <= height) {
                faults.insert(format!("{} uses {area}", core.files[module].display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
