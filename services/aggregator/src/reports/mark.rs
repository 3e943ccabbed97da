//! What this program remarks on a figure by itself, apart from what its reporter wrote.

use contracts::common::v1 as common;

use crate::wire::text;

/// A remark, in Chinese and in English.
pub(crate) type Mark = [&'static str; 2];

pub(crate) const SCOPE_ASSUMED: Mark = ["口径为推定", "scope assumed"];
pub(crate) const LOWER_BOUND: Mark = ["下限值，不是点值", "a lower bound, not a point value"];
pub(crate) const UPPER_BOUND: Mark = ["上限值，不是点值", "an upper bound, not a point value"];
pub(crate) const APPROXIMATE: Mark = ["约数", "approximate"];
pub(crate) const NO_PARTS: Mark = ["无分子分母", "no numerator and denominator"];

pub(crate) fn of([zh, en]: Mark) -> common::Text {
    text(zh, en)
}

/// Whether this program made a remark, and not who reported the figure.
pub(crate) fn is_ours(flag: &common::Text) -> bool {
    [SCOPE_ASSUMED, LOWER_BOUND, UPPER_BOUND, APPROXIMATE, NO_PARTS].contains(&[flag.zh.as_str(), flag.en.as_str()])
}
