//! Exact fractions.
//!
//! A score such as `w·a/t` has no finite decimal. Cutting it at 28 digits makes sums depend on the order of their terms
//! and can push a true 89.995 to the wrong side of the rounding; a fraction of integers does neither. Nearly all of them fit
//! 128 bits, which costs little; sums of many denominators do not, and go on in integers of any length.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

use num_bigint::BigInt;
use num_rational::{BigRational, Ratio};
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, One, Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact rational number.
///
/// In text and JSON it is a decimal where it has one of at most 28 digits (`"12.5"`), otherwise a reduced fraction
/// (`"460/7"`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exact(Fraction);

/// A reduced fraction with a denominator above zero. One number has one form: it is short when it fits.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fraction {
    Short(Ratio<i128>),
    Long(Box<BigRational>),
}

/// Numerators and denominators up to this are short; so that signs can be turned, it is not the last number there is.
const LONGEST: u128 = 1 << 126;

fn short(fraction: &Ratio<i128>) -> bool {
    fraction.numer().unsigned_abs() <= LONGEST && fraction.denom().unsigned_abs() <= LONGEST
}

impl Exact {
    /// Zero.
    #[must_use]
    pub fn zero() -> Self {
        Self(Fraction::Short(Ratio::zero()))
    }

    /// One.
    #[must_use]
    pub fn one() -> Self {
        Self(Fraction::Short(Ratio::one()))
    }

    /// An integer.
    #[must_use]
    pub fn integer(value: i64) -> Self {
        Self(Fraction::Short(Ratio::from_integer(value.into())))
    }

    /// A fraction of whole numbers; the denominator is not zero.
    pub(crate) fn ratio(numerator: i128, denominator: i128) -> Self {
        Self::long(BigRational::new(BigInt::from(numerator), BigInt::from(denominator)))
    }

    /// The number in the form that it has.
    fn long(fraction: BigRational) -> Self {
        let parts = fraction.numer().to_i128().zip(fraction.denom().to_i128());
        match parts.map(|(numer, denom)| Ratio::new_raw(numer, denom)).filter(short) {
            Some(fits) => Self(Fraction::Short(fits)),
            None => Self(Fraction::Long(Box::new(fraction))),
        }
    }

    fn as_long(&self) -> Cow<'_, BigRational> {
        match &self.0 {
            Fraction::Short(fraction) => {
                Cow::Owned(BigRational::new_raw(BigInt::from(*fraction.numer()), BigInt::from(*fraction.denom())))
            }
            Fraction::Long(fraction) => Cow::Borrowed(fraction),
        }
    }

    /// An operation on two numbers: in 128 bits where numbers and result fit.
    fn with(
        &self,
        other: &Self,
        in_short: impl Fn(&Ratio<i128>, &Ratio<i128>) -> Option<Ratio<i128>>,
        in_long: impl Fn(&BigRational, &BigRational) -> BigRational,
    ) -> Self {
        if let (Fraction::Short(one), Fraction::Short(two)) = (&self.0, &other.0)
            && let Some(fits) = in_short(one, two).filter(short)
        {
            return Self(Fraction::Short(fits));
        }
        Self::long(in_long(&self.as_long(), &other.as_long()))
    }

    /// The number that the shortest decimal text of a float says; none for what is not finite.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let text = value.to_string();
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let digits: BigInt = format!("{whole}{decimals}").parse().ok()?;
        let places = u32::try_from(decimals.len()).ok()?;
        Some(Self::long(BigRational::new(digits, BigInt::from(10u8).pow(places))))
    }

    /// The nearest float.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        self.as_long().to_f64().unwrap_or(f64::NAN)
    }

    /// The number as an integer, if it is one that fits.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match &self.0 {
            Fraction::Short(fraction) if fraction.is_integer() => fraction.to_integer().to_i64(),
            Fraction::Short(_) | Fraction::Long(_) => None,
        }
    }

    /// The length of its numerator and denominator in bits.
    pub(crate) fn bits(&self) -> u64 {
        let fraction = self.as_long();
        fraction.numer().bits() + fraction.denom().bits()
    }

    /// The quotient, or `None` when the divisor is zero.
    #[must_use]
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        (!divisor.is_zero()).then(|| self.with(divisor, CheckedDiv::checked_div, |one, two| one / two))
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(&self.0, Fraction::Short(fraction) if fraction.is_zero())
    }

    /// Whether it is greater than zero.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        match &self.0 {
            Fraction::Short(fraction) => fraction.is_positive(),
            Fraction::Long(fraction) => fraction.is_positive(),
        }
    }

    /// Whether it is less than zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Fraction::Short(fraction) => fraction.is_negative(),
            Fraction::Long(fraction) => fraction.is_negative(),
        }
    }

    /// The number, held between two limits.
    #[must_use]
    pub fn clamped(&self, low: &Self, high: &Self) -> Self {
        if self < low {
            low.clone()
        } else if self > high {
            high.clone()
        } else {
            self.clone()
        }
    }

    /// Rounded half-up (away from zero) to `places` decimals.
    ///
    /// A number too large for [`Decimal`] at so many places is given with fewer, and beyond the range of `Decimal` as
    /// its greatest value: this only happens to raw scores of absurd inputs, which are capped before they count.
    #[must_use]
    pub fn round(&self, places: u32) -> Decimal {
        for scale in (0..=places.min(Decimal::MAX_SCALE)).rev() {
            let scaled = self * &Self(Fraction::Short(Ratio::from_integer(10_i128.pow(scale))));
            // `round` of a ratio takes halves away from zero.
            let mantissa = match &scaled.0 {
                Fraction::Short(fraction) => Some(fraction.round().to_integer()),
                Fraction::Long(fraction) => fraction.round().to_integer().to_i128(),
            };
            if let Some(value) = mantissa.and_then(|m| Decimal::try_from_i128_with_scale(m, scale).ok()) {
                return value;
            }
        }
        if self.is_negative() { Decimal::MIN } else { Decimal::MAX }
    }

    /// The decimal this fraction equals, if there is one that fits.
    fn as_decimal(&self) -> Option<Decimal> {
        let value = self.round(Decimal::MAX_SCALE);
        (Self::from(value) == *self).then(|| value.normalize())
    }
}

impl From<Decimal> for Exact {
    fn from(value: Decimal) -> Self {
        // At most 96 and 94 bits.
        Self(Fraction::Short(Ratio::new(value.mantissa(), 10_i128.pow(value.scale()))))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Fraction::Short(one), Fraction::Short(two)) => one.cmp(two),
            _ => self.as_long().cmp(&other.as_long()),
        }
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'a> Add<&'a Exact> for &'a Exact {
    type Output = Exact;
    fn add(self, other: &'a Exact) -> Exact {
        self.with(other, CheckedAdd::checked_add, |one, two| one + two)
    }
}

impl<'a> Sub<&'a Exact> for &'a Exact {
    type Output = Exact;
    fn sub(self, other: &'a Exact) -> Exact {
        self.with(other, CheckedSub::checked_sub, |one, two| one - two)
    }
}

impl<'a> Mul<&'a Exact> for &'a Exact {
    type Output = Exact;
    fn mul(self, other: &'a Exact) -> Exact {
        self.with(other, CheckedMul::checked_mul, |one, two| one * two)
    }
}

impl<'a> Sum<&'a Exact> for Exact {
    fn sum<I: Iterator<Item = &'a Exact>>(terms: I) -> Self {
        halves(&terms.collect::<Vec<_>>())
    }
}

/// The sum of two halves: their denominators are shorter than that of a running total, and to reduce a fraction takes time that
/// grows with the square of its length.
fn halves(terms: &[&Exact]) -> Exact {
    match terms {
        [] => Exact::zero(),
        [one] => (*one).clone(),
        more => {
            let (left, right) = more.split_at(more.len() / 2);
            &halves(left) + &halves(right)
        }
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_decimal() {
            Some(value) => write!(f, "{value}"),
            None => write!(f, "{}/{}", self.as_long().numer(), self.as_long().denom()),
        }
    }
}

/// A text that is neither a decimal nor a fraction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("不是小数也不是分数：{0} (neither a decimal nor a fraction: {0})")]
pub struct NotExact(String);

impl FromStr for Exact {
    type Err = NotExact;
    fn from_str(text: &str) -> Result<Self, NotExact> {
        let fault = || NotExact(text.to_owned());
        match text.split_once('/') {
            None => Decimal::from_str_exact(text).map(Self::from).map_err(|_| fault()),
            Some((numerator, denominator)) => {
                let numerator: BigInt = numerator.parse().map_err(|_| fault())?;
                let denominator: BigInt = denominator.parse().map_err(|_| fault())?;
                if denominator.is_zero() {
                    Err(fault())
                } else {
                    Ok(Self::long(BigRational::new(numerator, denominator)))
                }
            }
        }
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Fractions near the length at which they change their form, against integers of any length.
        #[test]
        fn short_and_long_fractions_are_the_same_numbers(
            parts in proptest::array::uniform4(proptest::prelude::any::<i128>()), shifts in proptest::array::uniform4(0_u32..127),
            twice in proptest::prelude::any::<bool>(),
        ) {
            let part = |at: usize| parts[at] >> shifts[at];
            let nonzero = |part: i128| if part == 0 { 1 } else { part };
            let (a, b, c) = (part(0), nonzero(part(1)), part(2));
            let d = if twice { b } else { nonzero(part(3)) };
            let long = |numer: i128, denom: i128| BigRational::new(BigInt::from(numer), BigInt::from(denom));
            let (one, two) = (Exact::ratio(a, b), Exact::ratio(c, d));
            let (long_one, long_two) = (long(a, b), long(c, d));
            let text = |fraction: &BigRational| format!("{}/{}", fraction.numer(), fraction.denom());
            for (found, expected) in [
                (&one + &two, &long_one + &long_two),
                (&one - &two, &long_one - &long_two),
                (&one * &two, &long_one * &long_two),
                (&(&one + &two) - &two, long_one.clone()),
            ] {
                proptest::prop_assert_eq!(text(&found.as_long()), text(&expected));
                proptest::prop_assert_eq!(&found, &Exact::long(expected.clone()));
                proptest::prop_assert_eq!(found.is_negative(), expected.is_negative());
            }
            proptest::prop_assert_eq!(one.cmp(&two), long_one.cmp(&long_two));
            if !two.is_zero() {
                let found = one.checked_div(&two).unwrap();
                proptest::prop_assert_eq!(text(&found.as_long()), text(&(long_one / long_two)));
            }
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        let value: Exact = "89.995".parse().unwrap();
        assert_eq!(value.round(2).to_string(), "90.00");
        let value: Exact = "-0.005".parse().unwrap();
        assert_eq!(value.round(2).to_string(), "-0.01");
    }

    #[test]
    fn text_is_a_decimal_where_there_is_one_and_a_fraction_otherwise() {
        for text in ["12.5", "460/7", "-3", "0"] {
            assert_eq!(text.parse::<Exact>().unwrap().to_string(), text);
        }
        assert!("1/0".parse::<Exact>().is_err());
    }

    #[test]
    fn a_number_beyond_the_range_of_decimals_saturates() {
        let huge = &Exact::from(Decimal::MAX) * &Exact::from(Decimal::MAX);
        assert_eq!(huge.round(12), Decimal::MAX);
    }
}
