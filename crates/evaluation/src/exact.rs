//! Exact fractions.
//!
//! A score such as `w·a/t` has no finite decimal. Cutting it at 28 digits makes sums depend on the order of their terms
//! and can push a true 89.995 to the wrong side of the rounding; a fraction of big integers does neither, and at the
//! size of an evaluation (units × indicators) it costs nothing that matters.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact rational number.
///
/// In text and JSON it is a decimal where it has one of at most 28 digits (`"12.5"`), otherwise a reduced fraction
/// (`"460/7"`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact(BigRational);

impl Exact {
    /// Zero.
    #[must_use]
    pub fn zero() -> Self {
        Self(BigRational::zero())
    }

    /// One.
    #[must_use]
    pub fn one() -> Self {
        Self(BigRational::one())
    }

    /// An integer.
    #[must_use]
    pub fn integer(value: i64) -> Self {
        Self(BigRational::from_integer(BigInt::from(value)))
    }

    /// A fraction of whole numbers; the denominator is not zero.
    pub(crate) fn ratio(numerator: i128, denominator: i128) -> Self {
        Self(BigRational::new(BigInt::from(numerator), BigInt::from(denominator)))
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
        Some(Self(BigRational::new(digits, BigInt::from(10u8).pow(places))))
    }

    /// The nearest float.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// The number as an integer, if it is one that fits.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        self.0.is_integer().then(|| self.0.to_integer().to_i64()).flatten()
    }

    /// The length of its numerator and denominator in bits.
    pub(crate) fn bits(&self) -> u64 {
        self.0.numer().bits() + self.0.denom().bits()
    }

    /// The quotient, or `None` when the divisor is zero.
    #[must_use]
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        (!divisor.is_zero()).then(|| Self(&self.0 / &divisor.0))
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// Whether it is greater than zero.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.0.is_positive()
    }

    /// Whether it is less than zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
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
            let scaled = &self.0 * BigRational::from_integer(BigInt::from(10u8).pow(scale));
            // `round` of a ratio takes halves away from zero.
            let mantissa = scaled.round().to_integer().to_i128();
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
        let denominator = BigInt::from(10u8).pow(value.scale());
        Self(BigRational::new(BigInt::from(value.mantissa()), denominator))
    }
}

impl<'a> Add<&'a Exact> for &'a Exact {
    type Output = Exact;
    fn add(self, other: &'a Exact) -> Exact {
        Exact(&self.0 + &other.0)
    }
}

impl<'a> Sub<&'a Exact> for &'a Exact {
    type Output = Exact;
    fn sub(self, other: &'a Exact) -> Exact {
        Exact(&self.0 - &other.0)
    }
}

impl<'a> Mul<&'a Exact> for &'a Exact {
    type Output = Exact;
    fn mul(self, other: &'a Exact) -> Exact {
        Exact(&self.0 * &other.0)
    }
}

impl<'a> Sum<&'a Exact> for Exact {
    fn sum<I: Iterator<Item = &'a Exact>>(terms: I) -> Self {
        terms.fold(Self::zero(), |total, term| &total + term)
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_decimal() {
            Some(value) => write!(f, "{value}"),
            None => write!(f, "{}/{}", self.0.numer(), self.0.denom()),
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
                if denominator.is_zero() { Err(fault()) } else { Ok(Self(BigRational::new(numerator, denominator))) }
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
