//! Paths of pages that others lead to.

/// The page with all second factors.
pub(crate) const SECOND_FACTORS: &str = "/console/second-factors";

/// Whether a path is of that page or one below it.
pub(crate) fn is_of_second_factors(path: &str) -> bool {
    let rest = path.strip_prefix(SECOND_FACTORS);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
