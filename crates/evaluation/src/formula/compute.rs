//! The value of a formula.

use super::{Compare, Expr, Formula, Function, Node, Operation};
use crate::exact::Exact;
use crate::flag::FlagCode;
use crate::input::MissingState;

/// A fraction whose parts are larger than this is a mistake of the formula, and would cost time without end.
const MAX_BITS: u64 = 8192;

/// Why a formula has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// A part has none.
    Missing(MissingState),
    /// A part does not apply, for this reason.
    NotApplicable(String),
    /// It divides by zero.
    DivisionByZero,
    /// It has no meaning here, or leaves the range of numbers.
    Undefined,
}

impl Gap {
    /// What a value computed from one without a value is: the reason of a fault stays with the formula that has it.
    pub(crate) fn inherited(self) -> Self {
        match self {
            Self::Missing(_) | Self::NotApplicable(_) => self,
            Self::DivisionByZero | Self::Undefined => Self::Missing(MissingState::Unknown),
        }
    }

    /// The flag of a formula that could not be computed although its parts are there.
    pub(crate) fn flag(&self) -> Option<FlagCode> {
        match self {
            Self::Missing(_) | Self::NotApplicable(_) => None,
            Self::DivisionByZero => Some(FlagCode::DivisionByZero),
            Self::Undefined => Some(FlagCode::FormulaUndefined),
        }
    }
}

impl Formula {
    /// The value in the unit of the indicator; `value` gives the value of a name in its own unit.
    pub(crate) fn compute(&self, value: &dyn Fn(&str) -> Result<Exact, Gap>) -> Result<Exact, Gap> {
        let in_base = |(name, factor): (&String, &Exact)| value(name).map(|value| &value * factor);
        let values: Vec<Result<Exact, Gap>> = self.names.iter().zip(&self.factors).map(in_base).collect();
        over(&of(&self.root, &values)?, &self.scale)
    }
}

fn over(value: &Exact, divisor: &Exact) -> Result<Exact, Gap> {
    value.checked_div(divisor).ok_or(Gap::DivisionByZero)
}

fn of(node: &Node, values: &[Result<Exact, Gap>]) -> Result<Exact, Gap> {
    let found = match &node.expr {
        Expr::Number(value) => value.clone(),
        // Units became numbers when the scheme was read.
        Expr::Unit(_) => return Err(Gap::Undefined),
        Expr::Name(_, number) => return values.get(*number).cloned().unwrap_or(Err(Gap::Undefined)),
        Expr::Negative(inner) => &Exact::zero() - &of(inner, values)?,
        Expr::Binary(operation, left, right) => {
            let (a, b) = both(of(left, values), of(right, values))?;
            match operation {
                Operation::Add => &a + &b,
                Operation::Subtract => &a - &b,
                Operation::Multiply => &a * &b,
                Operation::Divide => over(&a, &b)?,
                Operation::Power => power(&a, &b)?,
            }
        }
        Expr::Call(function, arguments) => call(*function, arguments, values)?,
        Expr::If(parts) => {
            let (left, compare, right, then, otherwise) = &**parts;
            let (a, b) = both(of(left, values), of(right, values))?;
            let holds = match compare {
                Compare::Below => a < b,
                Compare::AtMost => a <= b,
                Compare::Above => a > b,
                Compare::AtLeast => a >= b,
                Compare::Equals => a == b,
                Compare::Differs => a != b,
            };
            return of(if holds { then } else { otherwise }, values);
        }
    };
    if found.bits() <= MAX_BITS { Ok(found) } else { Err(Gap::Undefined) }
}

/// Both parts. Of two gaps the one that does not apply counts, otherwise the first.
fn both<T>(a: Result<T, Gap>, b: Result<T, Gap>) -> Result<(T, T), Gap> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(gap), Ok(_)) | (Ok(_), Err(gap)) => Err(gap),
        (Err(a), Err(b)) => {
            Err(if matches!(b, Gap::NotApplicable(_)) && !matches!(a, Gap::NotApplicable(_)) { b } else { a })
        }
    }
}

fn call(function: Function, arguments: &[Node], values: &[Result<Exact, Gap>]) -> Result<Exact, Gap> {
    let mut found: Option<Result<Exact, Gap>> = None;
    for argument in arguments {
        let next = of(argument, values);
        found = Some(match found {
            None => next,
            Some(best) => both(best, next).map(|(best, next)| {
                let takes = match function {
                    Function::Min => next < best,
                    Function::Max => next > best,
                    Function::Abs | Function::Ln | Function::Log10 => false,
                };
                if takes { next } else { best }
            }),
        });
    }
    let value = found.unwrap_or(Err(Gap::Undefined))?;
    match function {
        Function::Min | Function::Max => Ok(value),
        Function::Abs => Ok(if value.is_negative() { &Exact::zero() - &value } else { value }),
        Function::Ln | Function::Log10 if !value.is_positive() => Err(Gap::Undefined),
        Function::Ln => float(libm::log(value.to_f64())),
        Function::Log10 => float(libm::log10(value.to_f64())),
    }
}

/// The number that a function of floats gave.
fn float(value: f64) -> Result<Exact, Gap> {
    Exact::from_f64(value).ok_or(Gap::Undefined)
}

/// Whole powers by multiplication, others through `libm`.
fn power(base: &Exact, exponent: &Exact) -> Result<Exact, Gap> {
    if base.is_zero() {
        return if exponent.is_positive() {
            Ok(Exact::zero())
        } else if exponent.is_negative() {
            Err(Gap::DivisionByZero)
        } else {
            Err(Gap::Undefined)
        };
    }
    if let Some(whole) = exponent.as_integer() {
        let product = (0..whole.unsigned_abs()).fold(Exact::one(), |product, _| &product * base);
        return if whole < 0 { over(&Exact::one(), &product) } else { Ok(product) };
    }
    if base.is_negative() {
        return Err(Gap::Undefined);
    }
    float(libm::pow(base.to_f64(), exponent.to_f64()))
}
