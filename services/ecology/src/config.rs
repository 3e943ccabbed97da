//! The configuration of the ecology department's node.

use node::department::{DepartmentConfig, check_department};
use runtime::{
    config::{Checked, Faults, Telemetry},
    process::ServiceConfig,
};
use serde::{Deserialize, Serialize};

/// The configuration: what every department's node has, and no city. An example with comments is
/// `deploy/config/ecology.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config(pub DepartmentConfig);

impl Checked for Config {
    fn check(&self, faults: &mut Faults) {
        check_department(&self.0, faults);
    }
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.0.telemetry
    }

    fn attributes(&self) -> Vec<(String, String)> {
        vec![("wufei.department".to_owned(), "ecology".to_owned())]
    }
}
