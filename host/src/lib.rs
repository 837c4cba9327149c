//! x
pub mod commerce;
pub mod limits;
pub mod plugin;
pub mod seam;
pub mod secret;
