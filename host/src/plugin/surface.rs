//! The outline of a component: what it takes and what it gives, by the names in its type.

use super::loaded::Loaded;

/// Imports and exports of a component, with their versions: `apiconnect:connector/http@0.1.0`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Surface {
    /// What it takes from the host.
    pub imports: Vec<String>,
    /// What it gives.
    pub exports: Vec<String>,
}

impl Loaded {
    /// What the component takes and gives.
    #[must_use]
    pub fn surface(&self) -> Surface {
        let component = self.pre.component();
        let (kind, engine) = (component.component_type(), component.engine());
        Surface {
            imports: kind.imports(engine).map(|(name, _)| name.to_owned()).collect(),
            exports: kind.exports(engine).map(|(name, _)| name.to_owned()).collect(),
        }
    }
}
