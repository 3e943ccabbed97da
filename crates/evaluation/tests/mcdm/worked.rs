//! Methods without a golden table, on examples that can be followed by hand or are printed in their papers.

use evaluation::matrix::MatrixError;
use evaluation::rank_methods::{
    Composition, ElectreI, ElectreIII, Fuzzy, Grey, Preference, Problem, Promethee, Relation, Thresholds, Vikor,
    compromise, credibility, electre_i, electre_iii, fuzzy_comprehensive, grey_relational, partial_order, promethee,
    vikor,
};
use evaluation::sense::{Criterion, Sense, orient};
use evaluation::weigh::{
    BestWorst, Combination, Importance, ahp_group, best_worst, budget_allocation, combine, target_importance,
};

use crate::support::{matrix, near};

const BENEFIT: Sense = Sense::Benefit;

#[test]
fn the_four_types_of_indicators() {
    let table = matrix(&[vec![1.0, 1.0, 5.0, 10.0], vec![2.0, 2.0, 7.0, 25.0], vec![3.0, 3.0, 10.0, 40.0]]);
    let criteria = [
        Criterion::Benefit,
        Criterion::Cost,
        Criterion::Middle { best: 7.0 },
        Criterion::Interval { low: 20.0, high: 30.0 },
    ];
    let (oriented, senses) = orient(&table, &criteria).unwrap();
    assert_eq!(senses, [BENEFIT, Sense::Cost, BENEFIT, BENEFIT]);
    near("middle", oriented.column(2), &[1.0 - 2.0 / 3.0, 1.0, 0.0], 1e-15);
    near("interval", oriented.column(3), &[0.0, 1.0, 0.0], 1e-15);
    assert_eq!(oriented.column(1), table.column(1));
    let exchanged = [criteria[0], criteria[0], criteria[0], Criterion::Interval { low: 3.0, high: 1.0 }];
    assert!(matches!(orient(&table, &exchanged), Err(MatrixError::Parameter { name: "low", .. })));
}

/// The choice of a car, J. Rezaei, Omega 64 (2016) 126–130: quality, price, comfort, safety, style.
#[test]
fn best_worst_gives_the_weights_of_its_paper() {
    let options = BestWorst {
        best: 1,
        worst: 4,
        best_to_others: vec![2.0, 1.0, 4.0, 2.0, 8.0],
        others_to_worst: vec![4.0, 8.0, 2.0, 4.0, 1.0],
    };
    // Fully consistent: a_Bj · a_jW = a_BW for every column.
    let result = best_worst(&options).unwrap();
    near("best worst", &result.weights, &[4.0 / 19.0, 8.0 / 19.0, 2.0 / 19.0, 4.0 / 19.0, 1.0 / 19.0], 1e-9);
    assert!(result.deviation < 1e-9);
    let other = BestWorst { best_to_others: vec![2.0, 1.0, 4.0, 3.0, 8.0], ..options.clone() };
    let result = best_worst(&other).unwrap();
    assert!(result.deviation > 1e-3);
    assert!((result.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    for (column, times) in other.best_to_others.iter().enumerate() {
        assert!((result.weights[1] - times * result.weights[column]).abs() <= result.deviation + 1e-7 || column == 1);
    }
    assert!(best_worst(&BestWorst { best: 9, ..options }).is_err());
}

#[test]
fn a_group_that_judges_against_itself_is_undecided() {
    let one = vec![vec![1.0, 4.0], vec![0.25, 1.0]];
    let other = vec![vec![1.0, 0.25], vec![4.0, 1.0]];
    let result = ahp_group(&[one.clone(), other.clone()], None).unwrap();
    near("group", &result.weights, &[0.5, 0.5], 1e-12);
    let result = ahp_group(&[one, other], Some(&[3.0, 1.0])).unwrap();
    // 4^(3/4)·(1/4)^(1/4) = 2.
    near("voices", &result.weights, &[2.0 / 3.0, 1.0 / 3.0], 1e-12);
    assert!(ahp_group(&[vec![vec![1.0, 4.0], vec![0.5, 1.0]]], None).is_err(), "not reciprocal");
}

#[test]
fn judges_count_the_same_however_many_points_they_give() {
    let weights = budget_allocation(&[vec![80.0, 20.0], vec![1.0, 4.0]]).unwrap();
    near("budget", &weights, &[0.5, 0.5], 1e-15);
    assert!(budget_allocation(&[vec![0.0, 0.0]]).is_err());
}

#[test]
fn combined_weights() {
    let sets = [vec![0.6, 0.3, 0.1], vec![0.2, 0.3, 0.5]];
    let result = combine(&sets, Combination::GameTheory).unwrap();
    // w₁·w₁ = 0.46, w₁·w₂ = 0.26, w₂·w₂ = 0.38; solved by hand: α ∝ (0.0760, 0.0552).
    let (one, two) = (0.46 * 0.38 - 0.26 * 0.38, 0.46 * 0.38 - 0.26 * 0.46);
    near("coefficients", &result.coefficients, &[one / (one + two), two / (one + two)], 1e-12);
    assert!((result.weights.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    let same = combine(&[sets[0].clone(), sets[0].clone()], Combination::GameTheory).unwrap();
    near("equal sets", &same.weights, &sets[0], 1e-15);
    let product = combine(&sets, Combination::Product).unwrap();
    near("product", &product.weights, &[0.12 / 0.26, 0.09 / 0.26, 0.05 / 0.26], 1e-12);
    near("mean", &combine(&sets, Combination::Mean).unwrap().weights, &[0.4, 0.3, 0.3], 1e-15);
}

#[test]
fn importance_is_what_was_wanted() {
    let table = matrix(&[
        vec![0.1, 0.9, 0.4],
        vec![0.4, 0.3, 0.5],
        vec![0.5, 0.8, 0.1],
        vec![0.9, 0.4, 0.9],
        vec![0.7, 0.6, 0.2],
        vec![0.2, 0.1, 0.6],
    ]);
    let options = Importance { target: vec![0.5, 0.3, 0.2], ..Importance::default() };
    let result = target_importance(&table, &options).unwrap();
    assert!(result.reached, "{result:?}");
    near("importance", &result.importance, &[0.5, 0.3, 0.2], 1e-6);
}

#[test]
fn grey_relation_by_hand() {
    let table = matrix(&[vec![1.0, 10.0], vec![2.0, 20.0], vec![3.0, 15.0]]);
    let problem = Problem::new(&table, &[0.5, 0.5], &[BENEFIT; 2]).unwrap();
    let result = grey_relational(&problem, Grey::default()).unwrap();
    // Δ = (1, 1), (½, 0), (0, ½); ξ = ½/(Δ + ½).
    near("grey", &result.score, &[1.0 / 3.0, 0.75, 0.75], 1e-12);
    assert_eq!(result.ranks(), [3, 1, 1]);
}

#[test]
fn fuzzy_memberships_by_hand() {
    let table = matrix(&[vec![85.0, 2.0], vec![55.0, 9.0]]);
    let problem = Problem::new(&table, &[0.6, 0.4], &[BENEFIT, Sense::Cost]).unwrap();
    let mut options = Fuzzy {
        grades: vec![100.0, 80.0, 60.0],
        anchors: vec![vec![90.0, 75.0, 60.0], vec![1.0, 5.0, 9.0]],
        composition: Composition::WeightedSum,
    };
    let result = fuzzy_comprehensive(&problem, &options).unwrap();
    // 85: ⅔ first, ⅓ second; 2: ¾ first, ¼ second.
    near("membership", &result.membership[0], &[0.7, 0.3, 0.0], 1e-12);
    near("membership", &result.membership[1], &[0.0, 0.0, 1.0], 1e-15);
    near("score", &result.ranked.score, &[94.0, 60.0], 1e-12);
    assert_eq!(result.grade, [0, 2]);
    options.composition = Composition::MinMax;
    let result = fuzzy_comprehensive(&problem, &options).unwrap();
    near("min max", &result.membership[0], &[0.6 / (0.6 + 1.0 / 3.0), (1.0 / 3.0) / (0.6 + 1.0 / 3.0), 0.0], 1e-12);
    options.anchors[0] = vec![90.0, 75.0, 75.0];
    assert!(fuzzy_comprehensive(&problem, &options).is_err());
}

#[test]
fn promethee_i_leaves_some_pairs_incomparable() {
    let table = matrix(&[vec![10.0, 0.0], vec![0.0, 10.0], vec![-1.0, -1.0]]);
    let problem = Problem::new(&table, &[0.5, 0.5], &[BENEFIT; 2]).unwrap();
    let result = promethee(&problem, &Promethee::default()).unwrap();
    assert_eq!(partial_order(&result, 0, 1), Relation::Indifferent);
    assert_eq!(partial_order(&result, 0, 2), Relation::Preferred);
    assert_eq!(partial_order(&result, 2, 0), Relation::PreferredTo);
    assert_eq!(partial_order(&result, 0, 9), Relation::Incomparable);
    for preference in [
        Preference::Usual,
        Preference::UShape { q: 2.0 },
        Preference::VShape { p: 4.0 },
        Preference::Level { q: 2.0, p: 4.0 },
        Preference::Linear { q: 2.0, p: 4.0 },
        Preference::Gaussian { s: 3.0 },
    ] {
        // The flows of the sorted columns are those of the table of pairs.
        let rows = [[1.0, 9.0], [4.0, 2.5], [3.0, 3.0], [8.0, 5.0], [4.0, 6.5]];
        let table = matrix(&rows.map(Vec::from));
        let problem = Problem::new(&table, &[0.7, 0.3], &[BENEFIT, Sense::Cost]).unwrap();
        let found = promethee(&problem, &Promethee { preference: vec![preference] }).unwrap();
        for (a, own) in rows.iter().enumerate() {
            let pi = |x: &[f64; 2], y: &[f64; 2]| 0.7 * preference.of(x[0] - y[0]) + 0.3 * preference.of(y[1] - x[1]);
            let plus: f64 = rows.iter().map(|other| pi(own, other)).sum::<f64>() / 4.0;
            let minus: f64 = rows.iter().map(|other| pi(other, own)).sum::<f64>() / 4.0;
            near("flows", &[found.part("phi_plus").unwrap()[a], found.score[a]], &[plus, plus - minus], 1e-12);
        }
    }
    let wrong = Promethee { preference: vec![Preference::Linear { q: 3.0, p: 1.0 }] };
    assert!(promethee(&problem, &wrong).is_err());
}

#[test]
fn electre_i_by_hand() {
    // 1 leads in two of three columns over 2 and 3; 3 is far ahead of 2 in the last.
    let table = matrix(&[vec![9.0, 8.0, 5.0], vec![5.0, 9.0, 1.0], vec![4.0, 6.0, 9.0]]);
    let problem = Problem::new(&table, &[0.4, 0.3, 0.3], &[BENEFIT; 3]).unwrap();
    let result = electre_i(&problem, ElectreI { concordance: 0.65, discordance: 0.5 }).unwrap();
    assert_eq!(result.outranks, [vec![1, 2], vec![], vec![]]);
    assert_eq!(result.kernel, [0]);
    assert_eq!(result.ranked.ranks(), [1, 2, 2]);
    let strict = electre_i(&problem, ElectreI { concordance: 0.65, discordance: 0.4 }).unwrap();
    assert_eq!(strict.outranks[0], [1], "the discordance with 3 is 4/8");
    assert_eq!(strict.kernel, [0, 2]);
}

#[test]
fn electre_iii_by_hand() {
    let table = matrix(&[vec![10.0, 50.0], vec![8.0, 52.0], vec![1.0, 90.0]]);
    let problem = Problem::new(&table, &[0.5, 0.5], &[BENEFIT; 2]).unwrap();
    let thresholds = |veto| ElectreIII {
        thresholds: vec![
            Thresholds { indifference: 1.0, preference: 3.0, veto },
            Thresholds { indifference: 5.0, preference: 20.0, veto: None },
        ],
        alpha: 0.3,
        beta: -0.15,
    };
    let sigma = credibility(&problem, &thresholds(Some(5.0))).unwrap();
    // 2 over 1: first column (3 − 2)/(3 − 1) = ½, second 1. 3 over 1: behind by 9, a veto.
    near("credibility", &[sigma[1], sigma[3], sigma[6], sigma[2]], &[1.0, 0.75, 0.0, 0.5], 1e-15);
    let result = electre_iii(&problem, &thresholds(Some(5.0))).unwrap();
    // Down: at λ = 1 only 1 leads, over 2. Up: 2, led by 1, is taken out first, then 3.
    assert_eq!(result.part("descending").unwrap(), [1.0, 2.0, 3.0]);
    assert_eq!(result.part("ascending").unwrap(), [1.0, 3.0, 2.0]);
    assert_eq!(result.ranks(), [1, 2, 2]);
}

#[test]
fn the_compromise_of_vikor() {
    let table = matrix(&[vec![9.0, 9.0], vec![1.0, 8.0], vec![2.0, 1.0]]);
    let problem = Problem::new(&table, &[0.5, 0.5], &[BENEFIT; 2]).unwrap();
    assert_eq!(compromise(&vikor(&problem, Vikor::default()).unwrap()), [0], "best in all leads clearly");
    let table = matrix(&[vec![9.0, 8.9], vec![8.9, 9.0], vec![0.0, 0.0]]);
    let problem = Problem::new(&table, &[0.5, 0.5], &[BENEFIT; 2]).unwrap();
    assert_eq!(compromise(&vikor(&problem, Vikor::default()).unwrap()), [0, 1], "two that cannot be told apart");
    assert!(vikor(&problem, Vikor { v: 1.5 }).is_err());
}
