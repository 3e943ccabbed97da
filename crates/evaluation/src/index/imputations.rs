//! The completed tables of multiple imputation.
//!
//! A single imputation treats an estimate as if it had been reported. Here the stages are run m times, each time with a
//! donor drawn for every missing cell, and the replicates of a Monte-Carlo run take turns over the m tables, so that the
//! spread between them is in the rank bands (D. B. Rubin, *Multiple Imputation for Nonresponse in Surveys*, 1987).

use super::data::Data;
use super::run::{self, IndexError, Prepared};
use super::scheme::IndexScheme;
use super::stage::Stage;
use super::uncertainty::Stream;
use crate::text::Text;

/// How many completed tables a scheme asks for: the largest `draws` of its stages.
pub(super) fn draws(scheme: &IndexScheme) -> u32 {
    let draws = scheme.stages().iter().map(|stage| match stage {
        Stage::Impute(stage) => stage.draws,
        Stage::Denominate | Stage::Screen(_) | Stage::Treat(_) | Stage::Normalise { .. } | Stage::Aggregate(_) => 0,
    });
    draws.max().unwrap_or(0)
}

/// The table of a replicate, of so many: they take turns.
pub(super) fn table_of(replicate: u32, draws: u32) -> u32 {
    replicate.checked_rem(draws).unwrap_or(0)
}

/// Runs the stages for one completed table. Table t draws from a stream of its own, whatever the replicates and threads.
/// `rows` are those that stay in without draws.
pub(super) fn table(
    scheme: &IndexScheme,
    data: &Data,
    rows: &[usize],
    seed: u64,
    number: u32,
) -> Result<Prepared, IndexError> {
    let mut stream = Stream::of_imputation(seed, number);
    let drawn = run::prepared(scheme, data, data.indicators.clone(), Some(&mut stream))?;
    if drawn.rows != rows {
        let (zh, en) = (
            "抽取的插补值改变了筛选结果；请把 screen 放在 impute 之前",
            "a drawn value changes who is screened out: put screen before impute",
        );
        return Err(IndexError(Text::new(zh, en)));
    }
    Ok(drawn)
}
