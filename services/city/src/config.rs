//! The configuration of a city's node.

use domain::DepartmentId;
use node::department::{DepartmentConfig, check_city};
use runtime::{
    config::{Checked, Faults, Telemetry},
    process::ServiceConfig,
};
use serde::{Deserialize, Serialize};

/// The configuration: what every department's node has, and the city. An example with comments is
/// `deploy/config/city-140100.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config(pub DepartmentConfig);

impl Checked for Config {
    fn check(&self, faults: &mut Faults) {
        check_city(&self.0, faults);
    }
}

impl ServiceConfig for Config {
    fn telemetry(&self) -> &Telemetry {
        &self.0.telemetry
    }

    fn attributes(&self) -> Vec<(String, String)> {
        let department = self.0.city.as_ref().map(DepartmentId::city);
        department.map(|department| ("wufei.department".to_owned(), department.to_string())).into_iter().collect()
    }
}
