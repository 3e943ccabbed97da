//! The methods that replicates choose from.

use std::collections::BTreeMap;

use super::super::scheme::IndexScheme;
use super::super::stage::Stage;
use super::super::varied::Uncertainty;
use super::stream::Stream;

/// Which of its alternatives each choice takes; 0 is the scheme's own method.
pub(super) type Picks = [usize; 5];

/// How many there are to choose from: imputation, treatment, normalisation, aggregation, weights, in the order in which
/// they are drawn. The scheme's own method is always one of them.
pub(super) fn sizes(rules: &Uncertainty) -> Picks {
    [rules.impute.len(), rules.treat.len(), rules.normalise.len(), rules.aggregate.len(), rules.weights.len()]
        .map(|alternatives| alternatives + 1)
}

/// The stream of a replicate, and what it chose with its first words. A choice of one draws nothing.
pub(super) fn start(rules: &Uncertainty, seed: u64, replicate: u32) -> (Stream, Picks) {
    let mut stream = Stream::of(seed, replicate);
    let picks = sizes(rules).map(|of| stream.choice(of));
    (stream, picks)
}

/// The replicates of each combination of methods that is drawn at all.
pub(super) fn replicates(rules: &Uncertainty, seed: u64, replicates: u32) -> BTreeMap<Picks, Vec<u32>> {
    if sizes(rules) == [1; 5] {
        return BTreeMap::from([([0; 5], (0..replicates).collect())]);
    }
    let mut drawn: BTreeMap<Picks, Vec<u32>> = BTreeMap::new();
    for replicate in 0..replicates {
        drawn.entry(start(rules, seed, replicate).1).or_default().push(replicate);
    }
    drawn
}

/// The scheme with other methods in its stages. What a node or an indicator states for itself stays.
pub(super) fn scheme(scheme: &IndexScheme, picks: Picks) -> IndexScheme {
    let mut other = scheme.clone();
    let rules = scheme.uncertainty();
    let [impute, treat, normalise, aggregate, weights] = picks.map(|pick| pick.checked_sub(1));
    other.body.stages = scheme
        .stages()
        .iter()
        .filter_map(|stage| {
            Some(match stage {
                Stage::Impute(own) => Stage::Impute(impute.and_then(|at| rules.impute.get(at)).unwrap_or(own).clone()),
                Stage::Treat(own) => match treat.and_then(|at| rules.treat.get(at)) {
                    None => Stage::Treat(own.clone()),
                    Some(alternative) => Stage::Treat(alternative.clone()?),
                },
                Stage::Normalise { by: own } => {
                    Stage::Normalise { by: normalise.and_then(|at| rules.normalise.get(at)).unwrap_or(own).clone() }
                }
                Stage::Aggregate(own) => {
                    let mut own = own.clone();
                    if let Some(by) = aggregate.and_then(|at| rules.aggregate.get(at)) {
                        own.by = by.clone();
                    }
                    if let Some(from) = weights.and_then(|at| rules.weights.get(at)) {
                        own.weights = from.clone();
                    }
                    Stage::Aggregate(own)
                }
                Stage::Denominate | Stage::Screen(_) => stage.clone(),
            })
        })
        .collect();
    other
}
