//! The shared messages: decimals, quantities, money, periods, documents, records and receipts.

mod document;
mod key;
mod quantity;
mod record;

pub use document::{basis, basis_out, citation, citation_out, evidence, evidence_out, filled};
pub use key::{date, period, period_out, qualifier_in, qualifier_out, region, scope, scope_in, scope_out};
pub use quantity::{decimal, decimal_out, money, money_out, parse_decimal, quantity, quantity_out, unit, yuan_out};
pub use record::{
    EntrySource, correction, correction_out, figure_correction, name_to_read, new_name, node_out, record_out,
    resource_name, time, time_out,
};
