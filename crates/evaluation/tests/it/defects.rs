//! What peers get wrong in composite indices, and we must not.

use evaluation::index::{IndexEvaluation, IndexScheme, Options};

fn run(stages: &str, children: &str, csv: &str) -> Result<IndexEvaluation, String> {
    let yaml = format!(
        "kind: index\nid: i\nversion: '1'\ntitle: {{zh: 数, en: I}}\nstages: [{stages}]\nindex:\n  id: I\n  children: [{children}]\n"
    );
    let scheme = IndexScheme::from_yaml(&yaml).unwrap_or_else(|errors| panic!("{errors}"));
    let data = evaluation::index::read_csv(csv, &scheme).unwrap_or_else(|faults| panic!("{faults:?}"));
    let options = Options { stages: true, ..Options::default() };
    evaluation::index::evaluate(&scheme, &data, options).map_err(|error| error.to_string())
}

const TWO: &str = "{id: a, direction: higher_better}, {id: b, direction: higher_better}";
const ONE: &str = "{id: a, direction: higher_better}";

fn scores(result: &IndexEvaluation) -> Vec<f64> {
    result.units.iter().map(|unit| unit.score).collect()
}

/// COINr `log_GII`: computes the logarithm and returns the values unchanged.
#[test]
fn the_logarithm_of_the_gii_changes_the_values() {
    let rows: Vec<String> = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 4000.0]
        .iter()
        .enumerate()
        .map(|(at, value)| format!("u{at},{value}"))
        .collect();
    let stages = "{stage: treat, winsorise: 0, then: log_gii}, {stage: aggregate, method: arithmetic}";
    let result = run(stages, ONE, &format!("u,a\n{}\n", rows.join("\n"))).unwrap();
    assert_eq!(result.treatment[0].points.len(), 10, "every point is logged");
    let treated = &result.stages.as_ref().unwrap()["treated"].values;
    // ln((max − 1)(x − min) ÷ (max − min) + 1)
    let wanted = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 4000.0]
        .map(|x: f64| ((4000.0 - 1.0) * (x - 1.0) / (4000.0 - 1.0) + 1.0).ln());
    for (row, wanted) in treated.iter().zip(wanted) {
        assert!((row[0] - wanted).abs() < 1e-12, "{} {wanted}", row[0]);
    }
}

/// COINr `a_genmean`: missing if any indicator is; the other means re-weight.
#[test]
fn every_mean_leaves_out_what_is_missing() {
    for method in
        ["arithmetic", "geometric", "harmonic", "generalised, power: 2", "mazziotta_pareto", "median", "owa, alpha: 2"]
    {
        let stages = format!("{{stage: aggregate, method: {method}}}");
        let result = run(&stages, TWO, "u,a,b\nx,4,\ny,4,4\n").unwrap();
        for score in scores(&result) {
            assert!((score - 4.0).abs() < 1e-12, "{method}: {score}");
        }
    }
}

/// COINr `winsorise`: stops with an error where capping makes the column constant (60 zeros and two values).
#[test]
fn winsorising_to_a_constant_column_ends_and_is_logged() {
    let mut rows: Vec<String> = (0..60).map(|at| format!("z{at:02},0")).collect();
    rows.extend(["zy,1".to_owned(), "zz,2".to_owned()]);
    let stages = "{stage: treat, winsorise: 5, then: none}, {stage: aggregate, method: arithmetic}";
    let result = run(stages, ONE, &format!("u,a\n{}\n", rows.join("\n"))).unwrap();
    // Capping stops before the column is constant; what was capped is logged, and that it does not pass.
    let treated = result.stages.as_ref().unwrap()["treated"].clone();
    assert_eq!(
        (treated.value("zy", "a"), treated.value("zz", "a"), treated.value("z00", "a")),
        (Some(1.0), Some(1.0), Some(0.0))
    );
    let points: Vec<_> = result.treatment[0].points.iter().map(|point| (point.unit.as_str(), point.before)).collect();
    assert_eq!((points, result.treatment[0].passes), (vec![("zz", 2.0)], Some(false)));
}

/// COINr `n_minmax`: a constant column is dropped by re-weighting in silence. Ours is missing too, and a minimum share says
/// that it is not enough.
#[test]
fn a_constant_column_is_missing_and_can_be_refused() {
    let minmax = "{stage: normalise, method: minmax}";
    let csv = "u,a,b\nx,1,7\ny,2,7\n";
    let result = run(&format!("{minmax}, {{stage: aggregate, method: arithmetic}}"), TWO, csv).unwrap();
    assert!(result.units.iter().all(|unit| unit.nodes["b"].is_nan()));
    let strict = run(&format!("{minmax}, {{stage: aggregate, method: arithmetic, min_share: 1}}"), TWO, csv).unwrap();
    assert!(strict.units.iter().all(|unit| unit.score.is_nan() && unit.rank.is_none()));
}

/// COINr `Aggregate(f_ag = "a_copeland")`: an error, though the vignette recommends it.
#[test]
fn copeland_can_be_the_aggregation_of_a_scheme() {
    let result = run("{stage: aggregate, method: copeland}", TWO, "u,a,b\nx,1,2\ny,3,4\nz,2,1\n").unwrap();
    assert_eq!(result.units.iter().map(|unit| unit.rank).collect::<Vec<_>>(), [Some(2.0), Some(1.0), Some(2.0)]);
}

/// Compind `ci_generalized_mean`: the constant 1, or (Σxᵖ/n)/p for want of brackets.
#[test]
fn the_generalised_mean_takes_the_root_of_the_mean() {
    let result = run("{stage: aggregate, method: generalised, power: 2}", TWO, "u,a,b\nx,1,7\ny,3,4\n").unwrap();
    let wanted = [(50.0_f64 / 2.0).sqrt(), (25.0_f64 / 2.0).sqrt()];
    for (score, wanted) in scores(&result).into_iter().zip(wanted) {
        assert!((score - wanted).abs() < 1e-12, "{score} {wanted}");
    }
}

/// Compind `ci_mean_min`, `ci_ampi`: the penalty is of the wrong column, or of the same sign for both polarities, and rounded.
#[test]
fn the_penalty_of_mazziotta_and_pareto_is_of_the_row_and_has_two_signs() {
    let csv = "u,a,b\nx,90,110\ny,100,104\n";
    let of = |penalty: &str| {
        scores(&run(&format!("{{stage: aggregate, method: mazziotta_pareto, penalty: {penalty}}}"), TWO, csv).unwrap())
    };
    // M = 100, S² = 100; M = 102, S² = 4.
    let near = |found: Vec<f64>, wanted: [f64; 2]| {
        for (found, wanted) in found.into_iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        }
    };
    near(of("lowers"), [100.0 - 1.0, 102.0 - 4.0 / 102.0]);
    near(of("raises"), [100.0 + 1.0, 102.0 + 4.0 / 102.0]);
}

/// COINr purse with a common normalisation: no sensitivity analysis. A panel has bands period by period here.
#[test]
fn a_panel_on_a_common_scale_has_rank_bands() {
    let yaml = "kind: index\nid: i\nversion: '1'\ntitle: {zh: 数, en: I}\ndata: {period: [year]}\nstages: [{stage: normalise, method: minmax}, {stage: aggregate, method: arithmetic}]\nindex: {id: I, children: [{id: a, direction: higher_better}, {id: b, direction: higher_better}]}\n";
    let scheme = IndexScheme::from_yaml(yaml).unwrap();
    let csv = "u,year,a,b\nx,2024,1,2\ny,2024,2,1\nx,2025,3,1\ny,2025,1,4\n";
    let data = evaluation::index::read_csv(csv, &scheme).unwrap();
    let options = Options { replicates: Some(50), ..Options::default() };
    let result = evaluation::index::evaluate(&scheme, &data, options).unwrap();
    assert!(result.units.iter().all(|unit| unit.rank_p05.is_some() && unit.rank_p95.is_some()));
}
