//! Parsed types and rules of zero-waste-city reporting.
//!
//! Pure: no files, no clock, no network. What comes in from the wire is parsed into these types once, at the edge; the
//! rules then report every fault at once, each with its field, rule, value, allowed set and the way out, in Chinese and
//! English. The wall clock comes in as `today`.

mod labelled;

pub mod change;
pub mod commitment;
pub mod data_resource;
pub mod etag;
pub mod funding;
pub mod indicator;
pub mod light;
pub mod money;
pub mod name;
pub mod observation;
pub mod open_list;
pub mod period;
pub mod provenance;
pub mod reason;
pub mod region;
pub mod rules;
pub mod share_target;
pub mod sharing;
pub mod statement;
pub mod text;
pub mod unit;
pub mod violation;
pub mod working_days;

pub use change::Change;
pub use commitment::{Closure, Commitment, CommitmentTarget, ProgressReport, check_commitment, check_progress};
pub use data_resource::{
    DataLevel, DataResource, DataResourceFault, DataResourceFaults, DataResources, SharingAttribute,
};
pub use etag::etag;
pub use funding::{
    BasisDocument, FundSource, FundingLedger, FundingLine, FundingProject, FundingStage, FundingSubject, FundingTotal,
    ProjectGroup, check_funding_line, check_funding_lines, check_project, check_project_group, summarize,
};
pub use indicator::{Catalogue, CatalogueError, Direction, ExcludedLabel, IndicatorDefinition, ValueType};
pub use light::{Colour, Light, LightRule, light};
pub use money::{Money, MoneyError};
pub use name::{DepartmentId, IndicatorCode, MAX_ID_LEN, NameError, RegionCode, ResourceName, check_id};
pub use observation::{Measure, Observation, ObservationKey, ObservationStatus, Qualifier, Scope};
pub use open_list::{OpenList, OpenListFault, OpenListFaults};
pub use period::{Period, PeriodError};
pub use provenance::{Citation, Correction, CorrectionReason, Evidence, Recorded};
pub use reason::{Kind, Reason};
pub use region::{Level, Region, RegionTable, RegionTableError};
pub use rules::{
    Doubt, DoubtKind, OwnedRegions, RuleContext, admissible_scopes, check_observation, check_observations,
    check_statement, doubt, doubt_sum,
};
pub use share_target::{
    CityMilestone, CityStage, CountingRule, ShareStanding, check_transition, cities_needed, standing,
};
pub use sharing::{
    Deadline, DeadlineStep, Party, Said, ShareAnswer, ShareLife, ShareMode, ShareState, ShareTerms, SharingDeadlines,
    SharingDeadlinesFault, SharingDeadlinesFaults, Standing, TicketAnswer, TicketLife, TicketState, TicketTerms,
};
pub use statement::{Statement, StatementKind};
pub use text::{Lang, Text};
pub use unit::{Dimension, Quantity, Unit, UnitError, convert_exact};
pub use violation::{DomainError, Violation, Violations};
pub use working_days::{DayKind, Due, WorkingDays, WorkingDaysFault, WorkingDaysFaults};
