//! What a call to start a run asks for, with all its faults at once.

use contracts::evaluation::v1 as pb;
use domain::{Period, Reason, Text, Violation, Violations};
use evaluation::Plan;
use node::{
    convert::Reader,
    desk::{self, DeskError},
};

use super::{Evaluations, ask_joint::same_data, pin};
use crate::schemes::{Known, PlanExt as _};

/// Most replicates of a run.
const MOST_REPLICATES: u32 = 1_000_000;
/// Most earlier periods of a panel.
const MOST_PERIODS: usize = 50;

/// A run that is asked for.
enum Asked {
    /// By a scheme.
    New { scheme: String, period: Period, panel: Vec<Period> },
    /// As another one was made.
    Again { name: String },
}

impl Evaluations {
    /// The run as it begins: with everything that it is computed from.
    pub(super) async fn asked(&self, message: pb::CreateEvaluationRunRequest) -> Result<pb::EvaluationRun, DeskError> {
        let pb::CreateEvaluationRunRequest {
            scheme,
            period,
            checkpoints,
            request_id,
            replicates,
            seed,
            panel_periods,
            repeats,
            part_runs,
            reporting_deadline,
        } = message;
        let mut faults = Violations::new();
        desk::request_id(&mut Reader::new(&mut faults), &request_id);
        let again = !repeats.is_empty();
        let asked = if again {
            let given = [
                ("scheme", !scheme.is_empty()),
                ("period", !period.is_empty()),
                ("checkpoints", !checkpoints.is_empty()),
                ("replicates", replicates != 0),
                ("seed", seed != 0),
                ("panel_periods", !panel_periods.is_empty()),
                ("part_runs", !part_runs.is_empty()),
                ("reporting_deadline", !reporting_deadline.is_empty()),
            ];
            given.into_iter().filter(|(_, given)| *given).for_each(|(field, _)| faults.push(taken_over(field)));
            Some(Asked::Again { name: repeats })
        } else {
            asked_new(&scheme, &period, &panel_periods, replicates, &mut faults)
        };
        let Some(asked) = asked.filter(|_| faults.is_empty()) else { return Err(faults.into()) };
        let mut run = match asked {
            Asked::Again { name } => self.again(&name).await?,
            Asked::New { scheme, period, panel } => {
                let own = self.context.store().head(self.context.department()).await?.map_or(0, |head| head.size);
                let known = self.schemes.find_at(&scheme, own).await?;
                if let (Plan::Practice(_) | Plan::Joint(_), false) = (&known.plan, panel.is_empty()) {
                    return Err(no_panel().into());
                }
                if let (Plan::Joint(_), 1..) = (&known.plan, replicates) {
                    return Err(no_replicates(replicates).into());
                }
                let (replicates, seed) = extent(&known.plan, replicates, seed);
                let parts = self.part_runs(&known.plan, &period, part_runs, &reporting_deadline).await?;
                let store = self.context.store();
                let checkpoints = match (checkpoints.as_slice(), parts.first()) {
                    ([], None) => pin::newest(store, &self.nodes).await?,
                    // What is put side by side rests on the same data.
                    ([], Some(part)) => part.checkpoints.clone(),
                    (named, _) => pin::check(store, &self.nodes, named).await?,
                };
                same_data(&parts, &checkpoints)?;
                let mut run = begun(&known);
                run.provisional |= parts.iter().any(|part| part.provisional);
                run.part_runs = parts.into_iter().map(|part| part.named).collect();
                run.reporting_deadline = reporting_deadline;
                run.scheme_log_size = own;
                run.period = period.to_string();
                run.panel_periods = panel.iter().map(ToString::to_string).collect();
                (run.checkpoints, run.replicates, run.seed) = (checkpoints, replicates, seed);
                run
            }
        };
        run.name =
            format!("{}/{}/{}", self.context.department().parent(), super::RUNS, request_id.to_ascii_lowercase());
        if run.as_of_date.is_empty() {
            run.as_of_date = self.context.today().to_string();
        }
        Ok(run)
    }

    /// A run that repeats another, by the scheme that it was made with.
    async fn again(&self, name: &str) -> Result<pb::EvaluationRun, DeskError> {
        let first = self.run(name).await?;
        let known = self.schemes.of_run(&first).await?;
        let published = self.schemes.is_published(&first.scheme, &first.scheme_digest).await?;
        // What was due depends on the day.
        let of_the_day = first.scheme_kind() == pb::SchemeKind::Joint;
        Ok(pb::EvaluationRun {
            as_of_date: if of_the_day { first.as_of_date } else { String::new() },
            part_runs: first.part_runs,
            reporting_deadline: first.reporting_deadline,
            scheme: first.scheme,
            period: first.period,
            panel_periods: first.panel_periods,
            checkpoints: first.checkpoints,
            replicates: first.replicates,
            seed: first.seed,
            provisional: first.provisional && !published,
            repeats: first.name,
            scheme_log_size: first.scheme_log_size,
            ..begun(&known)
        })
    }
}

fn begun(known: &Known) -> pb::EvaluationRun {
    pb::EvaluationRun {
        state: pb::RunState::Running.into(),
        scheme: known.wire.name.clone(),
        scheme_digest: known.wire.digest.clone(),
        engine_version: evaluation::ENGINE_VERSION.to_owned(),
        scheme_kind: known.plan.kind().into(),
        provisional: known.is_draft(),
        ..pb::EvaluationRun::default()
    }
}

fn asked_new(scheme: &str, period: &str, panel: &[String], replicates: u32, faults: &mut Violations) -> Option<Asked> {
    let rule = "a period is 2024, 2024-H1, 2024-Q3, 2024-06 or an interval";
    let mut reader = Reader::new(faults);
    let scheme = reader.required("scheme", scheme);
    let period = reader
        .required("period", period)
        .and_then(|text| reader.parse("period", &text, Reason::PeriodInvalid, rule, Period::parse));
    let mut earlier = Vec::with_capacity(panel.len());
    for (number, text) in panel.iter().enumerate().take(MOST_PERIODS + 1) {
        let field = format!("panel_periods[{number}]");
        earlier.extend(reader.parse(&field, text, Reason::PeriodInvalid, rule, Period::parse));
    }
    if let Some(period) = &period {
        earlier.sort_by_key(|period| (period.end(), period.to_string()));
        let twice = earlier.windows(2).any(|pair| pair[0] == pair[1]);
        if twice || earlier.iter().any(|earlier| earlier.end() >= period.end()) || panel.len() > MOST_PERIODS {
            faults.push(Violation::new(
                "panel_periods",
                Reason::FieldInvalid,
                panel.join("、"),
                Text::new(
                    format!("须早于评价时期，互不相同，至多 {MOST_PERIODS} 个"),
                    format!("they are earlier than the period, each once, at most {MOST_PERIODS}"),
                ),
                Text::new("请改正", "correct them"),
            ));
        }
    }
    if replicates > MOST_REPLICATES {
        faults.push(Violation::new(
            "replicates",
            Reason::FieldInvalid,
            replicates.to_string(),
            Text::new(format!("至多 {MOST_REPLICATES} 次"), format!("at most {MOST_REPLICATES}")),
            Text::new("请减少次数", "ask for fewer"),
        ));
    }
    Some(Asked::New { scheme: scheme?, period: period?, panel: earlier })
}

/// Replicates and seed: what is asked for, or what the scheme says. A seed without replicates says nothing.
fn extent(plan: &Plan, replicates: u32, seed: u64) -> (u32, u64) {
    let (own, own_seed) = match plan {
        Plan::Practice(_) | Plan::Joint(_) => (0, 0),
        Plan::Index(scheme) => (scheme.uncertainty().replicates, scheme.uncertainty().seed),
    };
    let replicates = if replicates == 0 { own.min(MOST_REPLICATES) } else { replicates };
    let seed = if seed == 0 { own_seed } else { seed };
    if replicates == 0 { (0, 0) } else { (replicates, seed) }
}

fn taken_over(field: &str) -> Violation {
    Violation::new(
        field,
        Reason::FieldInvalid,
        "",
        Text::new("重复运行时沿用原运行的设定，须留空", "it is taken from the run that is repeated, and left empty"),
        Text::new("请删去，或不填 repeats", "leave it out, or leave `repeats` out"),
    )
}

fn no_replicates(asked: u32) -> Violation {
    Violation::new(
        "replicates",
        Reason::FieldInvalid,
        asked.to_string(),
        Text::new("联合评价没有重复抽样", "a joint evaluation has no replicates"),
        Text::new("请留空；各部分的名次区间见其各自的运行", "leave it out; the bands of a part are in its own run"),
    )
}

fn no_panel() -> Violation {
    Violation::new(
        "panel_periods",
        Reason::FieldInvalid,
        "",
        Text::new(
            "按目标计分的方案、联合评价方案只评价一个时期",
            "a scheme of practice or of a joint evaluation evaluates one period",
        ),
        Text::new("请留空，或选用综合指数方案", "leave it out, or take a scheme of an index"),
    )
}
