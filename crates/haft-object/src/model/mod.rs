//! The whole against simple models, and under load: what the tests beside each file do not show.

mod dispatcher;
mod stress;
mod table;
