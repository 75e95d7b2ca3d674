//! The web client: as the server serves it, and the requests that it makes.

mod bodies;
mod day;
mod flows;
mod served;
mod shape;
