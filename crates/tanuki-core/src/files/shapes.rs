//! The shapes of responses about working and output files, for the description
//! of the API.

use tanuki_store::Shape;

use super::given::OUTPUT_TYPES;
use super::{OUTPUT_FILES, WORKING_FILES};
use crate::resource::Relations;

/// The row of a working file.
pub fn working_file() -> Shape {
    (WORKING_FILES.projection)(Relations::Without).shape()
}

/// The row of a working file with the ids of the output files made from it.
pub fn working_file_with_outputs() -> Shape {
    (WORKING_FILES.projection)(Relations::With).shape()
}

/// The row of an output file.
pub fn output_file() -> Shape {
    (OUTPUT_FILES.projection)(Relations::Without).shape()
}

/// The row of a new output file with the parts of its path.
pub fn new_output_file() -> Shape {
    output_file()
        .with("folder_path", Shape::text())
        .with("file_name", Shape::text())
}

/// A working file or an output file.
pub fn file() -> Shape {
    working_file_with_outputs().or(output_file())
}

/// The row of an output type.
pub fn output_type() -> Shape {
    OUTPUT_TYPES.shape()
}

/// The folder and the name of a working file.
pub fn working_file_path() -> Shape {
    Shape::object([("path", Shape::text()), ("name", Shape::text())])
}

/// The folder and the name of an output file.
pub fn output_file_path() -> Shape {
    Shape::object([("folder_path", Shape::text()), ("file_name", Shape::text())])
}

/// The number of the next revision.
pub fn next_revision() -> Shape {
    Shape::object([("next_revision", Shape::integer())])
}
