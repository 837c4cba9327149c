//! The conformance kit: is a connector one that a host can trust with orders?
//!
//! A connector is asked what its scenario says, first as it should be and then with everything going wrong on the way:
//! connections that are cut, pages that are half, sessions that are over, systems that are busy. What it answers is
//! judged by rules that hold for every connector. Nothing here knows a vendor.
//!
//! | module | what it holds |
//! |---|---|
//! | `operation` | every operation of the contract, what kind it is, and which kinds of connector should have it |
//! | `scenario`, `fixture`, `text` | what authors write: questions, answers of the system, and the files they stand in |
//! | `pattern`, `twist` | whether an answer is the expected one; the same fixtures under other names |
//! | `fault`, `judge`, `answer` | what goes wrong, what a connector may say then, and what it said |
//! | `stage`, `server`, `meter` | the system's place: fixtures or a running system behind a loopback port; what a call did there |
//! | `ask` | one operation of a connector by name, JSON in and out |
//! | `bench`, `play` | a connection to that place; one step of a scenario |
//! | `expectation`, `echo`, `writes` | whether an answer is right, whether ids come back, what is asked of writes |
//! | `run`, `cases`, `twisted`, `sample` | the whole run: all steps, all faults, other names, what no scenario asks |
//! | `recorder` | fixtures taken from a running system |
//! | `summary`, `report`, `sheet` | what came out, as data and as the capability sheet |

mod answer;
mod ask;
mod bench;
mod cases;
mod echo;
mod error;
mod expectation;
mod fault;
mod fixture;
mod judge;
mod meter;
mod operation;
mod pattern;
mod play;
mod recorder;
mod report;
mod run;
mod sample;
mod scenario;
mod server;
mod sheet;
mod stage;
mod summary;
mod text;
mod twist;
mod twisted;
mod writes;

pub use error::KitError;
pub use operation::{Operation, Shape};
pub use report::{CaseReport, CaseResult, Measured, OperationReport, Report, SecretReport, Verdict};
pub use run::{Asked, Kit, Source};
pub use sheet::{MEASURED, sheet, table};
