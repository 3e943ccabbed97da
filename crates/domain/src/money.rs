//! Exact amounts of money in yuan.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::unit::{Dimension, Quantity, Unit, UnitError, convert_exact};

/// An amount in yuan, exact to the fen, never negative: money that went back is a line of the stage 收回, not a minus sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Money(Decimal);

/// An amount that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not 元, 万元 or 亿元.
    #[error("金额单位只能是元、万元、亿元，不能是 {0:?}")]
    Unit(String),
    /// Below zero.
    #[error("金额不能为负：{0}")]
    Negative(Decimal),
    /// Finer than a fen.
    #[error("金额最多精确到分：{0} 元")]
    FinerThanFen(Decimal),
    /// Too large for an exact decimal.
    #[error("金额过大")]
    TooLarge,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// The only currency (ISO 4217).
    pub const CURRENCY: &'static str = "CNY";

    /// An amount in yuan.
    ///
    /// # Errors
    /// [`MoneyError::Negative`], [`MoneyError::FinerThanFen`].
    pub fn from_yuan(yuan: Decimal) -> Result<Self, MoneyError> {
        let yuan = yuan.normalize();
        if yuan < Decimal::ZERO {
            Err(MoneyError::Negative(yuan))
        } else if yuan.scale() > 2 {
            Err(MoneyError::FinerThanFen(yuan))
        } else {
            Ok(Self(yuan))
        }
    }

    /// An amount as it was entered, in 元, 万元 or 亿元.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn from_quantity(entered: Quantity) -> Result<Self, MoneyError> {
        if entered.unit.dimension() != Dimension::Money {
            return Err(MoneyError::Unit(entered.unit.to_string()));
        }
        let yuan = Unit::parse("元").and_then(|yuan| convert_exact(entered.value, entered.unit, yuan));
        match yuan {
            Ok(yuan) => Self::from_yuan(yuan),
            Err(UnitError::Inexact { .. }) => Err(MoneyError::TooLarge),
            Err(UnitError::Unknown(_) | UnitError::Dimension { .. }) => Err(MoneyError::Unit(entered.unit.to_string())),
        }
    }

    /// An amount from a number and the symbol of its unit.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn from_unit(amount: Decimal, unit: &str) -> Result<Self, MoneyError> {
        let parsed = Unit::parse(unit).map_err(|_unknown| MoneyError::Unit(unit.to_owned()))?;
        Self::from_quantity(Quantity::new(amount, parsed))
    }

    /// The amount in yuan.
    #[must_use]
    pub fn yuan(self) -> Decimal {
        self.0
    }

    /// The sum; none when it is too large to be exact.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0
            .checked_add(other.0)
            .map(|sum| sum.normalize())
            .filter(|sum| sum.checked_sub(other.0) == Some(self.0))
            .map(Self)
    }

    /// The difference; none when it would be negative.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(|rest| rest.normalize()).filter(|rest| *rest >= Decimal::ZERO).map(Self)
    }

    /// The sum of many amounts.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::ZERO, |sum, amount| sum.checked_add(amount)).ok_or(MoneyError::TooLarge)
    }

    /// As people write it, exact: `2470万元`, `1.1086亿元`, `350.5元`.
    #[must_use]
    pub fn display_zh(self) -> String {
        let (divisor, unit) = if self.0 >= Decimal::from(100_000_000) {
            (8, "亿元")
        } else if self.0 >= Decimal::from(10_000) {
            (4, "万元")
        } else {
            (0, "元")
        };
        format!("{}{unit}", self.shifted(divisor))
    }

    /// As people write it in English, exact: `24.7 million yuan`.
    #[must_use]
    pub fn display_en(self) -> String {
        if self.0 >= Decimal::from(1_000_000) {
            format!("{} million yuan", self.shifted(6))
        } else {
            format!("{} yuan", self.0)
        }
    }

    /// The amount in one of 元, 万元, 亿元.
    ///
    /// # Errors
    /// [`UnitError`] when the unit is not one of money.
    pub fn to(self, unit: Unit) -> Result<Quantity, UnitError> {
        Quantity::new(self.0, Unit::parse("元")?).to(unit)
    }

    fn shifted(self, places: u32) -> Decimal {
        let mut moved = self.0;
        // Stays exact: an amount has at most two decimal places, so the scale never passes ten.
        if moved.set_scale(moved.scale() + places).is_err() {
            return self.0;
        }
        moved.normalize()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display_zh())
    }
}

impl TryFrom<Decimal> for Money {
    type Error = MoneyError;

    fn try_from(yuan: Decimal) -> Result<Self, MoneyError> {
        Self::from_yuan(yuan)
    }
}

impl From<Money> for Decimal {
    fn from(money: Money) -> Self {
        money.0
    }
}
