//! Sobol indices against the exact ones of a known function.

use evaluation::sensitivity::{Design, SobolError, ishigami, sobol_indices};

use crate::support::table;

#[test]
fn indices_of_ishigami_lie_within_their_confidence() {
    let (_, _, rows) = table("sobol/ishigami.csv", true);
    let exact: Vec<(f64, f64)> = rows.iter().map(|row| (row[1], row[2])).collect();
    let design = Design { points: 1024, repetitions: 12, seed: 7 };
    let found = sobol_indices(3, design, |point| vec![ishigami(point), 3.0 * ishigami(point) - 1.0, 2.0]).unwrap();
    for output in &found[..2] {
        for (input, (first, total)) in exact.iter().enumerate() {
            let (own, all) = (output.first[input], output.total[input]);
            assert!((own.value - first).abs() <= own.half_width, "first {input}: {own:?} against {first}");
            assert!((all.value - total).abs() <= all.half_width, "total {input}: {all:?} against {total}");
            assert!(own.half_width < 0.01 && all.half_width < 0.01, "the design is even: {own:?} {all:?}");
        }
    }
    assert!((found[0].variance - 13.844_587_940_719).abs() < 0.05);
    assert!(found[2].first.iter().chain(&found[2].total).all(|index| index.value == 0.0), "a constant has no cause");
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let run = |seed| {
        let design = Design { points: 64, repetitions: 3, seed };
        sobol_indices(3, design, |point| vec![ishigami(point)]).unwrap()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_design_or_a_model_out_of_range_is_refused() {
    let design = Design { points: 16, repetitions: 1, seed: 1 };
    assert!(matches!(sobol_indices(1, design, |_| vec![1.0]), Err(SobolError::Design { name: "repetitions", .. })));
    assert!(matches!(
        sobol_indices(0, Design::default(), |_| vec![1.0]),
        Err(SobolError::Design { name: "inputs", .. })
    ));
    assert!(matches!(sobol_indices(1, Design::default(), |_| vec![f64::NAN]), Err(SobolError::Model { point: 0, .. })));
}
