//! The Technology Achievement Index of the OECD handbook: weights, benefit of the doubt, outranking, votes.

use evaluation::matrix::Matrix;
use evaluation::rank_methods::normalise::{Norm, normalise};
use evaluation::rank_methods::{
    BenefitOfTheDoubt, Better, Problem, Ranked, ShareBounds, ShareOf, benefit_of_the_doubt, borda, condorcet_winner,
    copeland, kemeny, outranking_table, ranks,
};
use evaluation::sense::Sense;
use evaluation::weigh::{Factors, Retain, ahp, factor_analysis};

use crate::support::{matrix, near, table};

fn tai() -> (Vec<String>, Matrix) {
    let (countries, indicators, rows) = table("oecd_tai/tai_raw_23.csv", true);
    let cells = (0..indicators.len()).flat_map(|column| rows.iter().map(move |row| row[column])).collect::<Vec<_>>();
    (countries.clone(), Matrix::from_columns(countries, indicators, cells).unwrap())
}

fn benefits(table: &Matrix) -> Vec<Sense> {
    vec![Sense::Benefit; table.columns()]
}

/// The goalposts of UNDP 2001 on the printed values, which are logarithms where the header says so.
fn by_goalposts(raw: &Matrix) -> Matrix {
    let text = crate::support::golden("oecd_tai/goalposts_undp2001.csv");
    let posts: Vec<(f64, f64)> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let bound = |at: usize| cells[at].parse::<f64>().unwrap();
            if cells[3] == "log10" { (bound(1).log10(), bound(2).log10()) } else { (bound(1), bound(2)) }
        })
        .collect();
    raw.map_columns(|column, values| {
        let (low, high) = posts[column];
        Ok(values.iter().map(|value| ((value - low) / (high - low)).min(1.0)).collect())
    })
    .unwrap()
}

/// The ranks of the weighted sum.
fn ranks_with(table: &Matrix, weights: &[f64]) -> Vec<usize> {
    let score: Vec<f64> =
        (0..table.rows()).map(|row| table.row(row).zip(weights).map(|(value, weight)| value * weight).sum()).collect();
    ranks(&score, Better::Higher)
}

/// A column of printed ranks in the order of the countries.
fn printed_ranks(path: &str, column: &str, countries: &[String]) -> Vec<usize> {
    let (names, header, rows) = table(path, true);
    let at = header.iter().position(|name| name == column).unwrap();
    countries
        .iter()
        .map(|country| {
            let row = names.iter().position(|name| name == country).unwrap();
            format!("{}", rows[row][at]).parse().unwrap()
        })
        .collect()
}

#[test]
fn factor_weights_are_those_of_tables_9_and_18() {
    let (countries, raw) = tai();
    let options = Factors { retain: Retain::Count { factors: 4 }, rotate: true };
    let result = factor_analysis(&raw, options).unwrap();
    let (_, _, printed) = table("oecd_tai/table18_fa_weights.csv", true);
    near("table 18", &result.weights, &printed.iter().map(|row| row[1]).collect::<Vec<_>>(), 0.0136);
    near("table 18 again", &result.weights, &printed.iter().map(|row| row[2]).collect::<Vec<_>>(), 2e-4);

    // The order and the sign of rotated factors is free: compare by the best partner. The printed loadings rest on values
    // with more decimals than are printed.
    for (path, most) in
        [("oecd_tai/computed_varimax_loadings.csv", 2e-3), ("oecd_tai/table09_varimax_loadings.csv", 0.0135)]
    {
        let (_, _, loadings) = table(path, false);
        for factor in 0..4 {
            let wanted: Vec<f64> = loadings.iter().map(|row| row[factor]).collect();
            let difference = |own: usize, sign: f64| {
                let pairs = result.loadings.iter().zip(&wanted);
                pairs.map(|(row, wanted)| (sign * row[own] - wanted).abs()).fold(0.0, f64::max)
            };
            let best = (0..4).flat_map(|own| [difference(own, 1.0), difference(own, -1.0)]).fold(f64::MAX, f64::min);
            assert!(best < most, "{path}: factor {factor} differs by {best}");
        }
    }
    let wanted = printed_ranks("oecd_tai/table23_ranks_by_weighting.csv", "FA", &countries);
    assert_eq!(ranks_with(&by_goalposts(&raw), &result.weights), wanted);
}

#[test]
fn the_handbook_rule_keeps_four_factors() {
    let (_, raw) = tai();
    let result = factor_analysis(&raw, Factors::default()).unwrap();
    assert_eq!(result.explained.len(), 4);
    let total: f64 = result.eigenvalues.iter().sum();
    let percent: Vec<f64> = result.eigenvalues.iter().map(|value| 100.0 * value / total).collect();
    let (_, _, printed) = table("oecd_tai/table07_16_eigen_pct.csv", true);
    near("table 7", &percent, &printed.iter().map(|row| row[1]).collect::<Vec<_>>(), 0.2);
}

#[test]
fn judgements_give_the_ranks_of_table_23() {
    let (_, _, judgements) = table("oecd_tai/table20_ahp_matrix.csv", false);
    let result = ahp(&judgements).unwrap();
    let (_, _, computed) = table("oecd_tai/computed_ahp_weights.csv", false);
    let text = crate::support::golden("oecd_tai/computed_ahp_weights.csv");
    let wanted: Vec<f64> = text.lines().skip(1).map(|line| line.parse().unwrap()).collect();
    near("computed weights", &result.weights, &wanted, 1e-8);
    assert!((result.lambda_max - 8.211_079_397_091).abs() < 1e-8, "{computed:?}");
    assert!((result.consistency_ratio - 0.211_079_397_091 / 7.0 / 1.41).abs() < 1e-8);

    let (countries, raw) = tai();
    let (_, _, weights) = table("oecd_tai/table22_weights.csv", true);
    for (method, row) in [("EW", 0), ("BAP", 2)] {
        let wanted = printed_ranks("oecd_tai/table23_ranks_by_weighting.csv", method, &countries);
        assert_eq!(ranks_with(&by_goalposts(&raw), &weights[row]), wanted, "{method}");
    }
}

#[test]
fn benefit_of_the_doubt_is_that_of_tables_19_and_23() {
    let (countries, raw) = tai();
    let table_of_shares = normalise(&raw, Norm::MinMax, &benefits(&raw)).unwrap();
    let (senses, weights) = (benefits(&raw), vec![1.0; raw.columns()]);
    let problem = Problem::new(&table_of_shares, &weights, &senses).unwrap();
    let options =
        BenefitOfTheDoubt { share_of: ShareOf::Weights, shares: vec![ShareBounds { least: 0.1, most: 0.15 }] };
    let result = benefit_of_the_doubt(&problem, &options).unwrap();
    let (_, _, printed) = table("oecd_tai/table19_bod.csv", true);
    near("table 19", &result.ranked.score, &printed.iter().map(|row| row[0]).collect::<Vec<_>>(), 0.0075);
    near("computed again", &result.ranked.score, &printed.iter().map(|row| row[1]).collect::<Vec<_>>(), 1e-7);
    let wanted = printed_ranks("oecd_tai/table23_ranks_by_weighting.csv", "BOD", &countries);
    assert_eq!(result.ranked.ranks(), wanted);
    assert_eq!(result.ranked.score[..3], [1.0; 3], "the frontier has exactly 1");
    for (unit, own) in result.weights.iter().enumerate() {
        let sum: f64 = own.iter().sum();
        assert!(own.iter().all(|weight| (0.1 - 1e-6..=0.15 + 1e-6).contains(&(weight / sum))), "unit {unit}");
        for row in 0..raw.rows() {
            let score: f64 = table_of_shares.row(row).zip(own).map(|(value, weight)| value * weight).sum();
            assert!(score <= 1.0 + 1e-12, "unit {unit} lifts row {row} to {score}");
        }
    }
}

fn outranked(rows: &[Vec<f64>], check: impl Fn(&Problem<'_>)) {
    let table = matrix(rows);
    let (senses, weights) = (benefits(&table), vec![1.0; table.columns()]);
    check(&Problem::new(&table, &weights, &senses).unwrap());
}

#[test]
fn outranking_is_that_of_tables_35_to_37() {
    let (_, _, five) = table("oecd_tai/table35_impact_5.csv", false);
    let text = crate::support::golden("oecd_tai/table36_outranking_5.csv");
    let wanted: Vec<Vec<f64>> =
        text.lines().map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect();
    outranked(&five, |problem| {
        let found = outranking_table(problem).unwrap();
        for (found, wanted) in found.iter().zip(&wanted) {
            near("table 36", found, wanted, 0.0);
        }
        let optimum = kemeny(problem).unwrap();
        assert_eq!(optimum.agreement, 6.375);
        assert_eq!(optimum.optimal, 3);
        assert_eq!(optimum.orders.len(), 3);
    });
}

#[test]
fn outranking_and_votes_of_23_countries_are_as_computed() {
    let (_, raw) = tai();
    let (senses, weights) = (benefits(&raw), vec![0.125; raw.columns()]);
    let problem = Problem::new(&raw, &weights, &senses).unwrap();
    let text = crate::support::golden("oecd_tai/computed_outranking_23.csv");
    for (found, line) in outranking_table(&problem).unwrap().iter().zip(text.lines().skip(1)) {
        let wanted: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        near("outranking", found, &wanted, 1e-6);
    }
    let (_, header, computed) = table("oecd_tai/computed_minmax_EW.csv", true);
    let column = |name: &str| -> Vec<f64> {
        let at = header.iter().position(|header| header == name).unwrap();
        computed.iter().map(|row| row[at]).collect()
    };
    // The computed score counts a unit's comparison with itself as a defeat.
    let scores = copeland(&problem).unwrap().score;
    near("copeland", &scores.iter().map(|score| score - 1.0).collect::<Vec<_>>(), &column("copeland"), 0.0);
    // The computed count starts at 1 for the last place, ours at 0.
    let ones = vec![1.0; raw.columns()];
    let counts = borda(&Problem::new(&raw, &ones, &senses).unwrap()).unwrap().score;
    near("borda", &counts.iter().map(|count| count + 8.0).collect::<Vec<_>>(), &column("borda_sum_avg_ranks"), 0.0);
}

/// Ballots as a table: one column for each group of voters, its size as the weight.
fn ballots(name: &str) -> (Vec<char>, Vec<Vec<f64>>, Vec<f64>) {
    let text = crate::support::golden("oecd_tai/voting_examples.csv");
    let groups: Vec<(f64, String)> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| cells[0] == name)
        .map(|cells| (cells[1].parse().unwrap(), cells[2].to_owned()))
        .collect();
    let mut choices: Vec<char> = groups[0].1.chars().collect();
    choices.sort_unstable();
    let place = |order: &str, choice: &char| {
        let at = order.chars().position(|own| own == *choice).unwrap();
        f64::from(u8::try_from(order.len() - at).unwrap())
    };
    let rows = choices.iter().map(|choice| groups.iter().map(|(_, order)| place(order, choice)).collect()).collect();
    (choices, rows, groups.into_iter().map(|(count, _)| count).collect())
}

fn vote<T>(name: &str, count: impl Fn(&Problem<'_>) -> T) -> T {
    let (_, rows, sizes) = ballots(name);
    let table = matrix(&rows);
    let senses = benefits(&table);
    count(&Problem::new(&table, &sizes, &senses).unwrap())
}

#[test]
fn votes_are_those_of_tables_25_to_34() {
    let points = |name: &str| vote(name, |problem| borda(problem).unwrap().score);
    assert_eq!(points("T25"), [24.0, 44.0, 38.0, 20.0]);
    assert_eq!(points("T28"), [58.0, 69.0, 53.0]);
    assert_eq!(points("T31"), [13.0, 12.0, 11.0, 6.0]);
    assert_eq!(points("T34"), [3.0, 3.0, 3.0]);

    // T25: c > b > d > a by Condorcet.
    let result: Ranked = vote("T25", |problem| copeland(problem).unwrap());
    assert_eq!(result.ranks(), [4, 2, 1, 3]);
    assert_eq!(vote("T25", |problem| condorcet_winner(problem).unwrap()), Some(2));
    // T28 goes in a circle; the order of the most support is b, c, a with 104 of 180.
    assert_eq!(vote("T28", |problem| condorcet_winner(problem).unwrap()), None);
    let optimum = vote("T28", |problem| kemeny(problem).unwrap());
    assert_eq!(optimum.orders, [[1, 2, 0]]);
    assert!((optimum.agreement * 60.0 - 104.0).abs() < 1e-9, "{}", optimum.agreement);
    // T34: a circle of three, all equally good.
    let optimum = vote("T34", |problem| kemeny(problem).unwrap());
    assert_eq!(optimum.orders, [[0, 1, 2], [1, 2, 0], [2, 0, 1]]);
}
