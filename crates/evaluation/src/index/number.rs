//! Numbers as a scheme states them.

use serde::{Serialize, Serializer};

/// A finite number read from the text of a scheme.
///
/// Written as a decimal (`0.25`, `1e-3`), as a quotient (`1/3`) or as a logarithm (`ln(75000)`, `log10(901)`), so that a
/// scheme can state what it means and not a rounding of it. In the digest of a scheme it is the shortest text of the
/// value: `20` and `20.0` are the same number.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Number(f64);

impl Number {
    /// A number known to be finite when the program is written.
    pub(crate) const fn of(value: f64) -> Self {
        Self(value)
    }

    /// Reads a number; `None` for what is not one, is not finite or divides by zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let value = if let Some(inner) = call(text, "log10") {
            libm::log10(plain(inner)?)
        } else if let Some(inner) = call(text, "ln") {
            libm::log(plain(inner)?)
        } else if let Some((above, below)) = text.split_once('/') {
            plain(above)? / plain(below)?
        } else {
            plain(text)?
        };
        value.is_finite().then_some(Self(value))
    }

    /// Its value.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn call<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')')
}

/// A decimal with or without an exponent. Rust would also read `inf`, `nan` and `+5`; only the last is a number here.
pub(crate) fn plain(text: &str) -> Option<f64> {
    let text = text.trim();
    let fits = |sign: char| sign.is_ascii_digit() || matches!(sign, '.' | '-' | '+' | 'e' | 'E');
    if !text.starts_with(|sign: char| sign.is_ascii_digit() || matches!(sign, '.' | '-' | '+'))
        || !text.chars().all(fits)
    {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_decimal_a_quotient_or_a_logarithm() {
        let value = |text: &str| Number::parse(text).map(Number::get);
        assert_eq!(value("0.25"), Some(0.25));
        assert_eq!(value("-1e-3"), Some(-0.001));
        assert_eq!(value("1/3"), Some(1.0 / 3.0));
        assert_eq!(value("log10(901)"), Some(libm::log10(901.0)));
        for wrong in ["", "inf", "NaN", "1/0", "35%", "1,000", "ln(-1)", "1/2/3", "e5"] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }
}
