//! The web client that the server serves.

mod served;
