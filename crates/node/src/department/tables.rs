//! The catalogue, the divisions and the data resources: those of the release, built into the program, or those of a folder of the operator's.

use std::{fs, io::ErrorKind, path::Path, sync::Arc};

use domain::{
    Catalogue, CatalogueError, DataResourceFaults, DataResources, OpenList, OpenListFaults, RegionTable,
    RegionTableError, SharingDeadlines, SharingDeadlinesFaults, WorkingDays, WorkingDaysFaults,
};

/// Definitions of the indicators.
const INDICATORS: &str = "indicators.csv";
/// Indicators that the province chose beside the national ones.
const SUPPLEMENTARY: &str = "supplementary.csv";
/// Names under which sources report an indicator.
const LABELS: &str = "labels.csv";
/// Administrative divisions.
const REGIONS: &str = "regions.csv";
/// Data resources with their sharing attributes.
const DATA_RESOURCES: &str = "data_resources.csv";

/// Indicators whose published figures are open to the public. A folder without it opens nothing.
const OPEN: &str = "open.csv";
/// Public holidays and make-up days. A folder without it takes those of the release.
const WORKING_DAYS: &str = "working_days.csv";
/// Deadlines of share requests and quality tickets. A folder without it takes those of the release.
const SHARING_DEADLINES: &str = "sharing_deadlines.csv";

/// The tables that rules look things up in.
#[derive(Clone, Debug)]
pub struct Tables {
    /// Definitions.
    pub catalogue: Arc<Catalogue>,
    /// Divisions.
    pub regions: Arc<RegionTable>,
    /// Data resources.
    pub data_resources: Arc<DataResources>,
    /// What is open to the public.
    pub open: Arc<OpenList>,
    /// Working days.
    pub working_days: Arc<WorkingDays>,
    /// Deadlines of share requests and quality tickets.
    pub sharing_deadlines: Arc<SharingDeadlines>,
}

/// The texts of the files.
struct Texts<'a> {
    indicators: &'a str,
    supplementary: &'a str,
    labels: &'a str,
    regions: &'a str,
    data_resources: &'a str,
    open: &'a str,
    working_days: &'a str,
    sharing_deadlines: &'a str,
}

/// Those of the release.
const EMBEDDED: Texts<'static> = Texts {
    indicators: include_str!("../../../../deploy/catalogue/indicators.csv"),
    supplementary: include_str!("../../../../deploy/catalogue/supplementary.csv"),
    labels: include_str!("../../../../deploy/catalogue/labels.csv"),
    regions: include_str!("../../../../deploy/catalogue/regions.csv"),
    data_resources: include_str!("../../../../deploy/catalogue/data_resources.csv"),
    open: include_str!("../../../../deploy/catalogue/open.csv"),
    working_days: include_str!("../../../../deploy/catalogue/working_days.csv"),
    sharing_deadlines: include_str!("../../../../deploy/catalogue/sharing_deadlines.csv"),
};

/// Tables that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// A file cannot be opened.
    #[error("目录文件 {file} 无法读取 / the catalogue file {file} cannot be read")]
    File {
        /// Its name.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The catalogue has a fault.
    #[error("指标目录有误 / the indicator catalogue is faulty: {0}")]
    Catalogue(#[source] CatalogueError),
    /// The divisions have a fault.
    #[error("行政区划表有误 / the table of divisions is faulty: {0}")]
    Regions(#[source] RegionTableError),
    /// The data resources have faults.
    #[error("数据资源目录有误 / the catalogue of data resources is faulty:\n{0}")]
    DataResources(#[source] DataResourceFaults),
    /// The list of what is open has faults.
    #[error("公开清单有误 / the list of what is open to the public is faulty:\n{0}")]
    Open(#[source] OpenListFaults),
    /// The working days have faults.
    #[error("工作日历有误 / the calendar of working days is faulty:\n{0}")]
    WorkingDays(#[source] WorkingDaysFaults),
    /// The deadlines have faults.
    #[error("共享期限表有误 / the table of deadlines is faulty:\n{0}")]
    SharingDeadlines(#[source] SharingDeadlinesFaults),
}

impl Tables {
    /// The tables of this release.
    ///
    /// # Errors
    /// [`TablesError`]; a test of this crate holds that there is none.
    pub fn embedded() -> Result<Self, TablesError> {
        Self::parse(&EMBEDDED)
    }

    /// The tables of a folder with the files `indicators.csv`, `supplementary.csv`, `labels.csv`, `regions.csv` and
    /// `data_resources.csv`; `open.csv` may be left out, and for `working_days.csv` and `sharing_deadlines.csv` those of the
    /// release then hold, because they rest on national rules.
    ///
    /// # Errors
    /// [`TablesError`] for the first file that is missing or faulty.
    pub fn load(folder: &Path) -> Result<Self, TablesError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|source| TablesError::File { file: path.display().to_string(), source })
        };
        let read_or = |name: &str, otherwise: &str| match read(name) {
            Err(TablesError::File { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(otherwise.to_owned()),
            read => read,
        };
        Self::parse(&Texts {
            indicators: &read(INDICATORS)?,
            supplementary: &read(SUPPLEMENTARY)?,
            labels: &read(LABELS)?,
            regions: &read(REGIONS)?,
            data_resources: &read(DATA_RESOURCES)?,
            open: &read_or(OPEN, "")?,
            working_days: &read_or(WORKING_DAYS, EMBEDDED.working_days)?,
            sharing_deadlines: &read_or(SHARING_DEADLINES, EMBEDDED.sharing_deadlines)?,
        })
    }

    fn parse(texts: &Texts<'_>) -> Result<Self, TablesError> {
        let Texts { indicators, supplementary, labels, regions, data_resources, open, working_days, sharing_deadlines } =
            texts;
        let catalogue = Catalogue::from_csv(indicators, supplementary, labels).map_err(TablesError::Catalogue)?;
        let regions = RegionTable::from_csv(regions).map_err(TablesError::Regions)?;
        let data_resources = DataResources::from_csv(data_resources).map_err(TablesError::DataResources)?;
        let open = OpenList::from_csv(open, &catalogue).map_err(TablesError::Open)?;
        let working_days = WorkingDays::from_csv(working_days).map_err(TablesError::WorkingDays)?;
        let deadlines = SharingDeadlines::from_csv(sharing_deadlines).map_err(TablesError::SharingDeadlines)?;
        Ok(Self {
            catalogue: Arc::new(catalogue),
            regions: Arc::new(regions),
            data_resources: Arc::new(data_resources),
            open: Arc::new(open),
            working_days: Arc::new(working_days),
            sharing_deadlines: Arc::new(deadlines),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_release_are_sound() {
        let tables = Tables::embedded().unwrap();
        assert!(tables.catalogue.iter().count() >= 58);
        assert_eq!(tables.regions.cities().count(), 11);
        assert!(tables.data_resources.get("funding").is_some());
        assert!(tables.open.basis("ZWC2021-26").is_some() && tables.open.basis("ZWC2021-12").is_none());
        assert!(tables.working_days.is_confirmed(2026) && !tables.working_days.is_confirmed(2027));
    }

    #[test]
    fn a_folder_adds_its_own_deadlines_and_the_shortest_counts() {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/catalogue");
        let folder = tempfile::tempdir().unwrap();
        for file in [INDICATORS, SUPPLEMENTARY, LABELS, REGIONS, DATA_RESOURCES] {
            fs::copy(from.join(file), folder.path().join(file)).unwrap();
        }
        let ecology = domain::DepartmentId::ecology();
        let days = |tables: &Tables| {
            let sharing = Some(domain::SharingAttribute::Conditional);
            let found = tables.sharing_deadlines.shortest(domain::DeadlineStep::Answer, sharing, &ecology);
            found.map(|deadline| deadline.days)
        };
        assert_eq!(days(&Tables::load(folder.path()).unwrap()), Some(10), "those of the release");
        let line = "answer,conditional,ecology,5,某办法第五条,\n";
        fs::write(folder.path().join(SHARING_DEADLINES), format!("{}{line}", EMBEDDED.sharing_deadlines)).unwrap();
        assert_eq!(days(&Tables::load(folder.path()).unwrap()), Some(5));
        fs::write(folder.path().join(SHARING_DEADLINES), "step,sharing_attribute,department,working_days,basis_zh\n")
            .unwrap();
        let told = Tables::load(folder.path()).unwrap_err().to_string();
        assert!(told.contains("no deadline of the feedback for every department"), "{told}");
    }

    #[test]
    fn a_folder_replaces_them_and_a_missing_file_is_named() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/catalogue");
        assert_eq!(Tables::load(&folder).unwrap().regions, Tables::embedded().unwrap().regions);
        let empty = tempfile::tempdir().unwrap();
        let error = Tables::load(empty.path()).unwrap_err();
        assert!(error.to_string().contains(INDICATORS), "{error}");
    }

    #[test]
    fn a_folder_without_a_list_of_what_is_open_opens_nothing_and_one_with_a_fault_names_it() {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/catalogue");
        let folder = tempfile::tempdir().unwrap();
        for file in [INDICATORS, SUPPLEMENTARY, LABELS, REGIONS, DATA_RESOURCES] {
            fs::copy(from.join(file), folder.path().join(file)).unwrap();
        }
        assert_eq!(*Tables::load(folder.path()).unwrap().open, OpenList::default());
        let list = "indicator_code,basis_zh,status_zh\nZWC2021-26,,\nZWC2021-99,依据,\nZWC2021-26,依据,\n";
        fs::write(folder.path().join(OPEN), list).unwrap();
        let told = Tables::load(folder.path()).unwrap_err().to_string();
        for fault in [
            "line 2: basis_zh is empty",
            "line 3: the catalogue has no \"ZWC2021-99\"",
            "line 4: ZWC2021-26 is there twice",
        ] {
            assert!(told.contains(fault), "{fault} in {told}");
        }
    }
}
