//! The order in which formulas are computed.

use std::collections::BTreeMap;

use super::Formula;

/// Formulas that need each other, by their ids; the last one needs the first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cycle(pub(crate) Vec<String>);

/// The places of the formulas, each after those that it needs. Without recursion: a chain may be as long as a scheme.
pub(crate) fn order(formulas: &[(&str, &Formula)]) -> Result<Vec<usize>, Cycle> {
    let places: BTreeMap<&str, usize> = formulas.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
    let needs = |at: usize| -> Vec<usize> {
        formulas[at].1.names().iter().filter_map(|name| places.get(name.as_str()).copied()).collect()
    };
    let mut done = vec![false; formulas.len()];
    let mut order = Vec::with_capacity(formulas.len());
    for start in 0..formulas.len() {
        // The way to the formula that is looked at, each with what it still needs.
        let mut way: Vec<(usize, Vec<usize>)> = if done[start] { Vec::new() } else { vec![(start, needs(start))] };
        while let Some((at, open)) = way.last_mut() {
            let at = *at;
            let Some(next) = open.pop() else {
                done[at] = true;
                order.push(at);
                way.pop();
                continue;
            };
            if done[next] {
                continue;
            }
            if let Some(first) = way.iter().position(|(place, _)| *place == next) {
                return Err(Cycle(way[first..].iter().map(|(place, _)| formulas[*place].0.to_owned()).collect()));
            }
            way.push((next, needs(next)));
        }
    }
    Ok(order)
}
