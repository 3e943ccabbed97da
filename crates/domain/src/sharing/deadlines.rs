//! The table of deadlines: how many working days a step may take, for which sharing attribute, at which department, after which
//! article. Order 809, Art. 23 encourages shorter ones, so a province adds its lines and the shortest that applies counts.

use serde::Deserialize;

use super::{ShareTerms, TicketTerms};
use crate::{data_resource::SharingAttribute, labelled::labelled, name::DepartmentId, text::Text};

labelled! {
    /// A step that a deadline is for.
    DeadlineStep {
        /// The answer to a share request.
        Answer = "answer", "答复", "answer";
        /// What an answer may be extended by, in all.
        Extension = "extension", "延期", "extension";
        /// The data, after they were granted.
        Delivery = "delivery", "提供", "delivery";
        /// The feedback to a data-quality ticket.
        Feedback = "feedback", "反馈", "feedback";
    }
}

/// How long a step may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Working days.
    pub days: u32,
    /// The article that it rests on.
    pub basis: String,
}

/// The table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingDeadlines(Vec<Line>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    step: DeadlineStep,
    sharing: Option<SharingAttribute>,
    department: Option<DepartmentId>,
    deadline: Deadline,
}

/// One fault of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sharing_deadlines 第{line}行：{} / line {line}: {}", .problem.zh, .problem.en)]
pub struct SharingDeadlinesFault {
    /// Line of the file, from 1; the last one for what is missing altogether.
    pub line: u64,
    /// What is wrong and what to do.
    pub problem: Text,
}

/// Every fault of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct SharingDeadlinesFaults(pub Vec<SharingDeadlinesFault>);

/// What the program reads of a line; the status is for people.
#[derive(Deserialize)]
struct Row {
    step: String,
    sharing_attribute: String,
    department: String,
    working_days: String,
    basis_zh: String,
}

impl SharingDeadlines {
    /// Reads the table from the text of `sharing_deadlines.csv`. An empty attribute or department means every one.
    ///
    /// # Errors
    /// Every fault at once: lines that cannot be read, unknown steps, attributes and departments, no number of days, a missing
    /// article, and a step without a line for every department.
    pub fn from_csv(text: &str) -> Result<Self, SharingDeadlinesFaults> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let (mut lines, mut faults, mut end) = (Vec::new(), Vec::new(), 1);
        for (row, place) in reader.deserialize::<Row>().zip(2_u64..) {
            end = place;
            let parsed = match row {
                Ok(row) => row.parse(),
                Err(error) => Err(vec![Text::new(format!("无法读取：{error}"), format!("cannot be read: {error}"))]),
            };
            match parsed {
                Ok(line) => lines.push(line),
                Err(problems) => {
                    faults.extend(problems.into_iter().map(|problem| SharingDeadlinesFault { line: place, problem }));
                }
            }
        }
        // What is missing is known only when every line could be read.
        let (table, readable) = (Self(lines), faults.is_empty());
        for (step, sharing) in [
            (DeadlineStep::Answer, Some(SharingAttribute::Unconditional)),
            (DeadlineStep::Answer, Some(SharingAttribute::Conditional)),
            (DeadlineStep::Delivery, Some(SharingAttribute::Unconditional)),
            (DeadlineStep::Delivery, Some(SharingAttribute::Conditional)),
            (DeadlineStep::Feedback, None),
        ] {
            if readable && table.applying(step, sharing, None).next().is_none() {
                let (zh, en) = (step.zh(), step.en());
                let (of, of_en) = sharing.map_or(("", "everything"), |sharing| (sharing.zh(), sharing.en()));
                let problem = Text::new(
                    format!("缺少适用于各单位的{of}{zh}期限；请补一行"),
                    format!("no deadline of the {en} for every department and {of_en}; add a line"),
                );
                faults.push(SharingDeadlinesFault { line: end, problem });
            }
        }
        if faults.is_empty() { Ok(table) } else { Err(SharingDeadlinesFaults(faults)) }
    }

    /// The shortest deadline of a step at a department; none when the table gives none.
    #[must_use]
    pub fn shortest(
        &self,
        step: DeadlineStep,
        sharing: Option<SharingAttribute>,
        department: &DepartmentId,
    ) -> Option<&Deadline> {
        self.applying(step, sharing, Some(department)).min_by_key(|deadline| deadline.days)
    }

    /// What a share request for data of this attribute is held to at a department. What may not be shared is not asked for.
    #[must_use]
    pub fn of_request(&self, sharing: SharingAttribute, department: &DepartmentId) -> ShareTerms {
        let sharing = match sharing {
            SharingAttribute::Unconditional => sharing,
            SharingAttribute::Conditional | SharingAttribute::NotShared => SharingAttribute::Conditional,
        };
        ShareTerms {
            answer: self.required(DeadlineStep::Answer, Some(sharing), department),
            extension: self.shortest(DeadlineStep::Extension, Some(sharing), department).cloned(),
            delivery: self.required(DeadlineStep::Delivery, Some(sharing), department),
        }
    }

    /// What a data-quality ticket is held to at a department.
    #[must_use]
    pub fn of_ticket(&self, department: &DepartmentId) -> TicketTerms {
        TicketTerms { feedback: self.required(DeadlineStep::Feedback, None, department) }
    }

    /// A deadline that every table has, or it is not read.
    fn required(&self, step: DeadlineStep, sharing: Option<SharingAttribute>, department: &DepartmentId) -> Deadline {
        self.shortest(step, sharing, department).cloned().unwrap_or(Deadline { days: 1, basis: String::new() })
    }

    fn applying(
        &self,
        step: DeadlineStep,
        sharing: Option<SharingAttribute>,
        department: Option<&DepartmentId>,
    ) -> impl Iterator<Item = &Deadline> {
        let fits = move |line: &&Line| {
            line.step == step
                && (line.sharing.is_none() || line.sharing == sharing)
                && (line.department.is_none() || line.department.as_ref() == department)
        };
        self.0.iter().filter(fits).map(|line| &line.deadline)
    }
}

impl Row {
    fn parse(self) -> Result<Line, Vec<Text>> {
        let Self { step, sharing_attribute, department, working_days, basis_zh } = self;
        let mut problems = Vec::new();
        let mut problem = |zh: String, en: String| problems.push(Text::new(zh, en));
        let named = DeadlineStep::from_code(&step);
        if named.is_none() {
            problem(
                format!("step：{step:?} 无效，应为 answer、extension、delivery 或 feedback"),
                format!("step: {step:?} is not answer, extension, delivery or feedback"),
            );
        }
        let sharing = SharingAttribute::from_code(&sharing_attribute);
        if sharing.is_none() && !sharing_attribute.is_empty() {
            problem(
                format!("sharing_attribute：{sharing_attribute:?} 无效，应为 unconditional、conditional 或留空"),
                format!("sharing_attribute: {sharing_attribute:?} is not unconditional, conditional or empty"),
            );
        }
        let at = DepartmentId::parse(&department).ok();
        if at.is_none() && !department.is_empty() {
            problem(
                format!("department：没有单位 {department:?}；适用于各单位时留空"),
                format!("department: there is no {department:?}; leave it empty for every department"),
            );
        }
        let days = working_days.parse::<u32>().ok().filter(|days| (1..=250).contains(days));
        if days.is_none() {
            problem(
                format!("working_days：{working_days:?} 不是 1 至 250 的工作日数"),
                format!("working_days: {working_days:?} is no number of working days from 1 to 250"),
            );
        }
        if basis_zh.is_empty() {
            problem("basis_zh 为空；请写明条款".to_owned(), "basis_zh is empty; name the article".to_owned());
        }
        match (named, days) {
            (Some(step), Some(days)) if problems.is_empty() => {
                Ok(Line { step, sharing, department: at, deadline: Deadline { days, basis: basis_zh } })
            }
            (_, _) => Err(problems),
        }
    }
}
