//! Flags: what a reader must know beside a number.

use serde::{Deserialize, Serialize};

use crate::input::MissingState;
use crate::text::Text;

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $zh:literal, $en:literal;)+) => {
        /// What a flag says. The order here is the order in which flags are printed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum FlagCode {
            $($(#[$doc])* $name,)+
        }

        impl FlagCode {
            /// Every code, in printed order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The words for readers.
            #[must_use]
            pub fn text(self) -> Text {
                match self {
                    $(Self::$name => Text::new($zh, $en),)+
                }
            }
        }
    };
}

flags! {
    /// Missing, its deadline has not come.
    MissingNotDue = "未到期", "missing: not due yet";
    /// Missing, its deadline has passed.
    MissingLate = "逾期未报", "missing: late";
    /// Missing, the reporter declined.
    MissingRefused = "拒绝报送", "missing: refused";
    /// Missing, taken back.
    MissingWithdrawn = "已撤回", "missing: withdrawn";
    /// Missing, nothing known.
    MissingUnknown = "未报送", "missing";
    /// Approved as not applicable: its marks left the denominator.
    NotApplicable = "不适用", "not applicable";
    /// Reported, but neither the unit nor the scheme has a target.
    NoTarget = "无目标值", "no target";
    /// The unit has no target of its own: the reference value of the scheme was used.
    SchemeTarget = "按方案参考值计", "scored against the scheme's reference value";
    /// Scored with the lower bound.
    LowerBound = "按下限计", "scored with the lower bound";
    /// Scored with the upper bound.
    UpperBound = "按上限计", "scored with the upper bound";
    /// The bound lies on the favourable side, so no score would be conservative.
    BoundNotScorable = "界限值无法保守计分", "the bound cannot be scored conservatively";
    /// An approximate number was scored as it stands.
    Approximate = "约数", "approximate value";
    /// Over-fulfilled beyond the threshold of the scheme.
    TargetMaybeLow = "目标值可能偏低", "the target may have been set too low";
    /// A share above 100 %: the denominator nearly always left out something the numerator counts (old stock).
    OverHundredPercent = "超过100%，请核对分母", "above 100 %: check the denominator";
    /// A negative number where none is expected.
    NegativeValue = "数值为负，请核对", "negative value: check it";
    /// A target of zero: it is either met or not, there is no ratio.
    TargetZero = "目标值为零", "the target is zero";
    /// A target at which the method has no meaning.
    TargetNotPositive = "目标值不为正，无法计分", "the target is not positive: not scorable";
    /// The method needs the value of the base period.
    NoBaseline = "无基期值", "no baseline";
    /// The value of the base period is zero or negative, so a rate of change has no meaning.
    BaselineNotPositive = "基期值不为正，不可计算", "the baseline is not positive: not computable";
    /// The target lies on the wrong side of the base period.
    TargetWorseThanBaseline = "目标值劣于基期值，无法计分", "the target is worse than the baseline: not scorable";
    /// The pass line is not below the target.
    PassLineNotBelowTarget = "及格线不低于目标值，无法计分", "the pass line is not below the target: not scorable";
    /// Evidence is named and waits for somebody to accept it.
    EvidencePending = "佐证待审核", "evidence pending";
    /// Reported as done, without evidence.
    EvidenceMissing = "缺少佐证", "no evidence";
    /// A share of marks outside 0–100.
    AssessmentOutOfRange = "评定比例不在0–100之间", "the assessed share is outside 0–100";
    /// The highest of three qualitative bands.
    BandMet = "达成", "met";
    /// The middle of three qualitative bands.
    BandPartlyMet = "部分达成", "partly met";
    /// The lowest of three qualitative bands.
    BandNotMet = "未达成", "not met";
    /// A veto is in force: it holds score or grade down.
    VetoInForce = "一票否决", "a veto is in force";
    /// Nobody reported whether a veto is in force.
    VetoUnknown = "否决项情况未报", "whether a veto is in force was not reported";
    /// The formula of a derived indicator divides by zero: there is no value.
    DivisionByZero = "分母为零，无法计算", "the formula divides by zero: no value";
    /// The formula of a derived indicator has no value here (a logarithm of zero, a root of a negative number).
    FormulaUndefined = "公式在此处无意义，无法计算", "the formula is not defined here: no value";
    /// More was done than was due: the numbers contradict each other.
    MoreThanDue = "完成数超过应完成数，请核对", "more than was due: check the numbers";
    /// A part of a joint evaluation is missing; it is not a zero.
    PartMissing = "有部分缺失（不按零分计）", "a part is missing (it does not count as zero)";
    /// The combined score of a joint evaluation leaves out a part.
    CombinedWithoutPart = "综合得分未含缺失部分", "the combined score leaves out what is missing";
    /// A unit below the minimum coverage.
    BelowMinimumCoverage = "低于最低覆盖率，不参与排名", "below the minimum coverage: not ranked";
    /// A unit to which no indicator applies.
    NothingApplicable = "无适用指标，不参与排名", "no applicable indicator: not ranked";
    /// A unit that the screening of a composite index left out.
    ScreenedOut = "数据不足，未纳入计算", "left out by the screening of the data";
    /// A unit of a composite index some of whose values are estimates.
    Imputed = "含插补值", "some values are imputed";
    /// A missing value that the policy of the scheme scores as zero.
    MissingScoredZero = "缺失按零分计", "missing: scored as zero by the scheme";
    /// A missing value that the policy of the scheme leaves out.
    MissingLeftOut = "缺失不计入", "missing: left out by the scheme";
    /// A unit whose grade waits for a missing value.
    GradeHeld = "缺失待补，暂不评级", "the grade waits for a missing value";
    /// A unit whose grade may change with the values that are missing.
    Provisional = "等级为暂定，可能因缺失数据改变", "provisional: missing values may change the grade";
}

impl From<MissingState> for FlagCode {
    fn from(state: MissingState) -> Self {
        match state {
            MissingState::NotDue => Self::MissingNotDue,
            MissingState::Late => Self::MissingLate,
            MissingState::Refused => Self::MissingRefused,
            MissingState::Withdrawn => Self::MissingWithdrawn,
            MissingState::Unknown => Self::MissingUnknown,
        }
    }
}

/// A code with its words, so that whoever reads the JSON needs no table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// For machines.
    pub code: FlagCode,
    /// For readers.
    pub text: Text,
}

impl From<FlagCode> for Flag {
    fn from(code: FlagCode) -> Self {
        Self { code, text: code.text() }
    }
}
