//! The completed tables of multiple imputation.
//!
//! A single imputation treats an estimate as if it had been reported. Here the stages are run m times, each time with a
//! donor drawn for every missing cell, and the replicates of a Monte-Carlo run take turns over the m tables, so that the
//! spread between them is in the rank bands (D. B. Rubin, *Multiple Imputation for Nonresponse in Surveys*, 1987).

use super::data::Data;
use super::run::{self, Computed, IndexError};
use super::scheme::IndexScheme;
use super::stage::Stage;
use super::tree::{Leaves, Weights};
use super::uncertainty::Stream;
use crate::text::Text;

/// The tables; none where no stage draws or nothing was missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Imputations(Vec<(Leaves, Weights)>);

impl Imputations {
    /// Runs the stages once for each table; m is the largest `draws` of the scheme. Table t draws from a stream of its own,
    /// whatever the replicates and threads.
    pub(super) fn of(scheme: &IndexScheme, data: &Data, computed: &Computed, seed: u64) -> Result<Self, IndexError> {
        let draws = scheme.stages().iter().map(|stage| match stage {
            Stage::Impute(stage) => stage.draws,
            Stage::Denominate | Stage::Screen(_) | Stage::Treat(_) | Stage::Normalise { .. } | Stage::Aggregate(_) => 0,
        });
        let draws = draws.max().filter(|_| !computed.filled.is_empty()).unwrap_or(0);
        let table = |table: u32| {
            let drawn =
                run::run_with(scheme, data, false, Some(&mut Stream::of_imputation(seed, table)), &computed.pace)?;
            if drawn.rows != computed.rows {
                let (zh, en) = (
                    "抽取的插补值改变了筛选结果；请把 screen 放在 impute 之前",
                    "a drawn value changes who is screened out: put screen before impute",
                );
                return Err(IndexError(Text::new(zh, en)));
            }
            Ok((drawn.leaves, drawn.weights))
        };
        (0..draws).map(table).collect::<Result<_, _>>().map(Self)
    }

    /// The columns and weights of a replicate: those of table `replicate mod m`, or of the run itself.
    pub(super) fn table<'t>(&'t self, replicate: u32, computed: &'t Computed) -> (&'t Leaves, &'t Weights) {
        let at = usize::try_from(replicate).unwrap_or(0).checked_rem(self.0.len()).unwrap_or(0);
        self.0.get(at).map_or((&computed.leaves, &computed.weights), |(leaves, weights)| (leaves, weights))
    }
}
