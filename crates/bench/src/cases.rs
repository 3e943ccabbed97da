//! What is measured.

use std::hint::black_box;
use std::time::{Duration, Instant};

use evaluation::index::{Data, IndexEvaluation, IndexScheme, IndexUnit, Options, evaluate, read_csv};
use evaluation::matrix::Matrix;
use evaluation::rank_methods::{
    BenefitOfTheDoubt, Preference, Problem, Promethee, benefit_of_the_doubt, copeland, promethee,
};
use evaluation::sense::Sense;

use crate::clock::Stopwatch;
use crate::synthetic::{INDICATORS, UNITS, columns, csv, scheme};
use crate::{Figure, Target, limit, memory};

/// A case that could not be computed.
#[derive(Clone, Debug)]
pub struct Fault(pub String);

/// The stages of a full build: what the synthetic build of COINr has too.
const FULL: [&str; 3] = ["stage: impute, method: median", "stage: treat", "stage: normalise, method: minmax"];
/// What a replicate with noise on every cell passes.
const SCALED: [&str; 1] = ["stage: normalise, method: minmax"];
/// The share of missing cells in the full build.
const MISSING: f64 = 0.02;

/// A case: the word it is asked for with, and what it measures.
type Named = (&'static str, fn() -> Result<Vec<Figure>, Fault>);

const CASES: [Named; 7] = [
    // These first, because memory that others have given back would be used again.
    ("memory", memory_of_a_run),
    ("promethee", of_promethee),
    ("build", build),
    ("weights", weights),
    ("noise", noise),
    ("copeland", of_copeland),
    ("bod", of_bod),
];

/// The words that cases are asked for with.
#[must_use]
pub fn cases() -> [&'static str; 7] {
    CASES.map(|(name, _)| name)
}

/// The figures of the evaluation engine: of the cases that are asked for, or of all; `told` is called with each as soon
/// as it is known.
///
/// # Errors
/// [`Fault`] if a case cannot be computed.
pub fn evaluation(wanted: &[String], mut told: impl FnMut(&Figure)) -> Result<Vec<Figure>, Fault> {
    let mut all = Vec::new();
    let wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    for (_, case) in CASES.into_iter().filter(|(name, _)| wanted(name)) {
        let figures = case()?;
        figures.iter().for_each(&mut told);
        all.extend(figures);
    }
    Ok(all)
}

fn memory_of_a_run() -> Result<Vec<Figure>, Fault> {
    let case = Case::of(&FULL, "weight_noise: 0.25", MISSING)?;
    let options = Options { replicates: Some(10_000), threads: 1, ..Options::default() };
    let (result, growth) = memory::growth(|| case.run(options));
    black_box(result?);
    let data = (UNITS * INDICATORS * 8) as f64 / f64::from(1 << 20);
    let figure = |found: f64| Figure {
        what: ("一次计算的内存（含 10 000 次抽样）", "memory of a run with 10 000 replicates"),
        size: size(),
        unit: "× data",
        found: found / data,
        target: Target::AtMost(10.0),
        limit: None,
        pace: 1.0,
    };
    Ok(growth.map(figure).into_iter().collect())
}

fn build() -> Result<Vec<Figure>, Fault> {
    let case = Case::of(&FULL, "weight_noise: 0.25", MISSING)?;
    // The digest belongs to reading the data.
    black_box(case.data.digest());
    let options = Options { threads: 1, ..Options::default() };
    let found = until_there(121, || case.run(options))?;
    let limit = shortest(|| limit::build(UNITS, INDICATORS, 1000));
    let figure = Figure {
        what: ("全部阶段计算一遍", "full build"),
        size: size(),
        unit: "ms",
        found,
        target: Target::AtMost(5.0),
        limit: Some(limit),
        pace: pace(drawing()),
    };
    // Ranks of all nodes and the parts of a score are worked out when they are first read.
    let read = best(20, || {
        let result = case.run(options)?;
        let lists = |unit: &IndexUnit| {
            [&unit.nodes, &unit.node_ranks, &unit.contributions].map(|list| list.values().sum::<f64>())
        };
        Ok(result.units.iter().map(lists).fold(0.0, |sum, lists| sum + lists.iter().sum::<f64>()))
    })?;
    let read = Figure {
        what: ("同上，并读出每个单位的全部得分、名次与贡献", "full build, all scores, ranks and parts read"),
        found: read,
        target: Target::None,
        limit: None,
        pace: 1.0,
        ..figure.clone()
    };
    Ok(vec![figure, read])
}

/// Sets of weights that are drawn.
const REPLICATES: u32 = 10_000;
/// What the limit program takes for them on the machine for which the targets are set, in milliseconds.
const STATED: f64 = 190.0;

/// What it takes here, in milliseconds.
fn drawing() -> f64 {
    shortest(|| limit::replicates(UNITS, INDICATORS, REPLICATES as usize))
}

/// How many times longer that is than stated, and not less than once.
fn pace(drawing: f64) -> f64 {
    (drawing / STATED).max(1.0)
}

fn weights() -> Result<Vec<Figure>, Fault> {
    let case = Case::of(&FULL, "weight_noise: 0.25", MISSING)?;
    black_box(case.data.digest());
    let options = |threads| Options { replicates: Some(REPLICATES), threads, ..Options::default() };
    // On the clock: a thread does not see the time of another one.
    let clock = |threads| -> Result<Duration, Fault> {
        let start = Instant::now();
        black_box(case.run(options(threads))?);
        Ok(start.elapsed())
    };
    let limit = drawing();
    let one = best(1, || case.run(options(1)))?;
    let mut gain: f64 = 0.0;
    for _ in 0..3 {
        gain = gain.max(clock(1)?.as_secs_f64() / clock(2)?.as_secs_f64());
    }
    let size = format!("{} × {REPLICATES}", size());
    Ok(vec![
        Figure {
            what: ("权重抽样：精确名次与区间", "weight replicates: exact ranks and bands"),
            size: size.clone(),
            unit: "ms",
            found: one,
            target: Target::AtMost(500.0),
            limit: Some(limit),
            pace: pace(limit),
        },
        Figure {
            what: ("两个线程快多少", "gain of two threads"),
            size,
            unit: "×",
            found: gain,
            target: Target::AtLeast(1.7),
            limit: None,
            pace: 1.0,
        },
    ])
}

fn noise() -> Result<Vec<Figure>, Fault> {
    const REPLICATES: u32 = 1000;
    let case = Case::of(&SCALED, "weight_noise: 0, data_error: {relative: 0.05}", 0.0)?;
    black_box(case.data.digest());
    let found = best(1, || case.run(Options { replicates: Some(REPLICATES), threads: 1, ..Options::default() }))?;
    let limit = shortest(|| limit::build(UNITS, INDICATORS, 1000)) * f64::from(REPLICATES);
    let figure = Figure {
        what: ("每格带误差的抽样", "replicates with noise on every cell"),
        size: format!("{} × {REPLICATES}", size()),
        unit: "ms",
        found,
        target: Target::AtMost(1500.0),
        limit: Some(limit),
        pace: 1.0,
    };
    Ok(vec![figure])
}

fn of_copeland() -> Result<Vec<Figure>, Fault> {
    let table = Table::new()?;
    let found = best(3, || table.problem().and_then(|problem| copeland(&problem).map_err(fault)))?;
    let limit = shortest(|| limit::pairs(UNITS, INDICATORS));
    let figure = Figure {
        what: ("Copeland", "Copeland"),
        size: size(),
        unit: "ms",
        found,
        target: Target::AtMost(200.0),
        limit: Some(limit),
        pace: 1.0,
    };
    Ok(vec![figure])
}

fn of_promethee() -> Result<Vec<Figure>, Fault> {
    let table = Table::new()?;
    let figures = |preference: Preference, what: (&'static str, &'static str)| -> Result<Vec<Figure>, Fault> {
        let options = Promethee { preference: vec![preference] };
        let run = || table.problem().and_then(|problem| promethee(&problem, &options).map_err(fault));
        let (result, growth) = memory::growth(run);
        black_box(result?);
        let figure = |unit, found, target| Figure { what, size: size(), unit, found, target, limit: None, pace: 1.0 };
        let mut all = vec![figure("ms", best(1, run)?, Target::None)];
        all.extend(growth.map(|growth| figure("MiB", growth, Target::AtMost(200.0))));
        Ok(all)
    };
    let mut all = figures(Preference::Linear { q: 1.0, p: 30.0 }, ("PROMETHEE II，线性", "PROMETHEE II, linear"))?;
    all.extend(figures(Preference::Gaussian { s: 20.0 }, ("PROMETHEE II，高斯", "PROMETHEE II, Gaussian"))?);
    Ok(all)
}

fn of_bod() -> Result<Vec<Figure>, Fault> {
    let table = Table::new()?;
    let benefits = vec![Sense::Benefit; INDICATORS];
    let options = BenefitOfTheDoubt::default();
    let start = Stopwatch::start();
    let problem = Problem::new(&table.matrix, &table.weights, &benefits).map_err(fault)?;
    black_box(benefit_of_the_doubt(&problem, &options).map_err(fault)?);
    let figure = Figure {
        what: ("疑义优惠（DEA）", "benefit of the doubt (DEA)"),
        size: size(),
        unit: "s",
        found: start.elapsed().as_secs_f64(),
        target: Target::AtMost(30.0),
        limit: None,
        pace: 1.0,
    };
    Ok(vec![figure])
}

fn size() -> String {
    format!("{UNITS} × {INDICATORS}")
}

/// A scheme with its data.
struct Case {
    scheme: IndexScheme,
    data: Data,
}

impl Case {
    fn of(stages: &[&str], uncertainty: &str, missing: f64) -> Result<Self, Fault> {
        let scheme = IndexScheme::from_yaml(&scheme(INDICATORS, stages, uncertainty)).map_err(fault)?;
        let data = read_csv(&csv(UNITS, INDICATORS, missing), &scheme)
            .map_err(|faults| Fault(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
        Ok(Self { scheme, data })
    }

    fn run(&self, options: Options) -> Result<IndexEvaluation, Fault> {
        evaluate(&self.scheme, &self.data, options).map_err(fault)
    }
}

/// A table for the methods that look at all of it.
struct Table {
    matrix: Matrix,
    weights: Vec<f64>,
    senses: Vec<Sense>,
}

impl Table {
    fn new() -> Result<Self, Fault> {
        let matrix = Matrix::unnamed(UNITS, INDICATORS, columns(UNITS, INDICATORS, 0.0).concat()).map_err(fault)?;
        let weights = (0..INDICATORS).map(|indicator| (1 + indicator % 4) as f64).collect();
        let sense = |indicator: usize| if indicator % 3 == 2 { Sense::Cost } else { Sense::Benefit };
        Ok(Self { matrix, weights, senses: (0..INDICATORS).map(sense).collect() })
    }

    fn problem(&self) -> Result<Problem<'_>, Fault> {
        Problem::new(&self.matrix, &self.weights, &self.senses).map_err(fault)
    }
}

/// The shortest of three times in milliseconds, each the mean over some runs: what disturbs a run only makes it longer.
fn best<T>(runs: u32, work: impl Fn() -> Result<T, Fault>) -> Result<f64, Fault> {
    let mut shortest = Duration::MAX;
    for _ in 0..3 {
        let start = Stopwatch::start();
        for _ in 0..runs {
            black_box(work()?);
        }
        shortest = shortest.min(start.elapsed() / runs);
    }
    Ok(millis(shortest))
}

/// The median time until the result is there, in milliseconds: on the clock, without giving the result back.
fn until_there<T>(runs: usize, work: impl Fn() -> Result<T, Fault>) -> Result<f64, Fault> {
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        let result = black_box(work()?);
        times.push(start.elapsed());
        drop(result);
    }
    times.sort_unstable();
    Ok(millis(times.get(runs / 2).copied().unwrap_or_default()))
}

/// The shortest of three times that the work took itself, in milliseconds.
fn shortest(work: impl Fn() -> Duration) -> f64 {
    millis((0..3).map(|_| work()).min().unwrap_or_default())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn fault(error: impl std::fmt::Display) -> Fault {
    Fault(error.to_string())
}
