//! Units of formulas: what is measured, and in which factor.
//!
//! A unit of the table of [`domain::unit`] is a product of powers of base units (吨, 元, 平方米 …) and a factor. `a/b` of two
//! such units is their quotient. A text that is no unit of the table (`分`, `Thousand seats`) is a base unit of its own, which
//! fits itself only. Percentages and percentage points are numbers without a unit that add to percentages only, so that 35 %
//! is not added to 0.35; multiplied or divided they count as the number before the sign. A number of the formula itself fits
//! a percentage (`100 - rate`).

use std::collections::BTreeMap;

use domain::unit::{Dimension, Unit};

use super::{Expr, Function, Node, Operation};
use crate::exact::Exact;

/// Larger powers are a mistake.
const MAX_POWER: i64 = 16;

/// A base unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Base {
    Mass,
    Money,
    Area,
    Energy,
    Count,
    Year,
    Day,
    Other(String),
}

impl Base {
    fn symbol(&self) -> &str {
        match self {
            Self::Mass => "吨",
            Self::Money => "元",
            Self::Area => "平方米",
            Self::Energy => "千瓦时",
            Self::Count => "个",
            Self::Year => "年",
            Self::Day => "天",
            Self::Other(text) => text,
        }
    }
}

/// What a part of a formula measures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shape {
    powers: BTreeMap<Base, i64>,
    percent: bool,
    /// A number of the formula itself.
    constant: bool,
}

/// A part with its unit as readers know it.
#[derive(Clone, Debug)]
struct Typed {
    shape: Shape,
    label: String,
}

/// A unit: what it measures and its size in base units.
#[derive(Clone, Debug)]
struct Measure {
    shape: Shape,
    factor: Exact,
    label: String,
}

/// Where units do not fit, in bytes from the start of the formula.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) at: usize,
    pub(super) zh: String,
    pub(super) en: String,
}

/// The units of everything a formula can name.
#[derive(Debug, Default)]
pub(crate) struct Units(BTreeMap<String, Measure>);

impl Units {
    /// Adds a name with the text of its unit.
    pub(crate) fn add(&mut self, name: &str, unit: &str) {
        self.0.insert(name.to_owned(), measure(unit));
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn factor(&self, name: &str) -> Exact {
        self.0.get(name).map_or_else(Exact::one, |measure| measure.factor.clone())
    }
}

/// A unit from its text. Texts without a unit measure nothing.
fn measure(text: &str) -> Measure {
    let text = text.trim();
    if text.is_empty() {
        return Measure { shape: Shape::default(), factor: Exact::one(), label: String::new() };
    }
    let parts: Option<Vec<Measure>> = match Unit::parse(text) {
        Ok(unit) => return of_table(unit),
        Err(_) => text.split(['/', '／']).map(|part| Unit::parse(part).ok().map(of_table)).collect(),
    };
    // 吨/人: a quotient of two units of the table.
    if let Some([above, below]) = parts.as_deref()
        && let Some(factor) = above.factor.checked_div(&below.factor)
        && !above.shape.percent
        && !below.shape.percent
    {
        let shape = Shape { powers: multiplied(&above.shape.powers, &below.shape.powers, -1), ..Shape::default() };
        return Measure { shape, factor, label: text.to_owned() };
    }
    let powers = BTreeMap::from([(Base::Other(text.to_owned()), 1)]);
    Measure { shape: Shape { powers, ..Shape::default() }, factor: Exact::one(), label: text.to_owned() }
}

fn of_table(unit: Unit) -> Measure {
    let (numerator, denominator) = unit.factor();
    // What the base unit of the dimension in the table is in the base units used here.
    let (powers, base): (&[(Base, i64)], (i64, i64)) = match unit.dimension() {
        Dimension::Mass => (&[(Base::Mass, 1)], (1, 1)),
        Dimension::Ratio | Dimension::RatioDifference | Dimension::None => (&[], (1, 1)),
        Dimension::Count => (&[(Base::Count, 1)], (1, 1)),
        Dimension::Money => (&[(Base::Money, 1)], (1, 1)),
        Dimension::Area => (&[(Base::Area, 1)], (1, 1)),
        // 吨/万元
        Dimension::MassPerMoney => (&[(Base::Mass, 1), (Base::Money, -1)], (1, 10_000)),
        // 千克/亩: a thousandth of a ton on 2000/3 m².
        Dimension::MassPerArea => (&[(Base::Mass, 1), (Base::Area, -1)], (3, 2_000_000)),
        Dimension::MassPerDay => (&[(Base::Mass, 1), (Base::Day, -1)], (1, 1)),
        Dimension::MassPerYear => (&[(Base::Mass, 1), (Base::Year, -1)], (1, 1)),
        Dimension::Energy => (&[(Base::Energy, 1)], (1, 1)),
        Dimension::Years => (&[(Base::Year, 1)], (1, 1)),
        Dimension::Days => (&[(Base::Day, 1)], (1, 1)),
    };
    let percent = matches!(unit.dimension(), Dimension::Ratio | Dimension::RatioDifference);
    let own = Exact::ratio(numerator, denominator);
    let factor = &own * &Exact::ratio(base.0.into(), base.1.into());
    let shape = Shape { powers: powers.iter().cloned().collect(), percent, constant: false };
    let label = if unit == Unit::NONE { String::new() } else { unit.zh().to_owned() };
    Measure { shape, factor, label }
}

/// Checks a formula; units in it become numbers. Gives the size of the result's unit in base units.
pub(super) fn check(root: &mut Node, names: &[String], units: &Units, result: &str) -> Result<Exact, Misfit> {
    let found = typed(root, names, units)?;
    let wanted = measure(result);
    let fits = found.shape.powers == wanted.shape.powers
        // A plain number may be what a unit of its own counts (分, Score).
        || (found.shape.powers.is_empty() && wanted.shape.powers.keys().all(|base| matches!(base, Base::Other(_))));
    if !fits {
        let (is, should) = (name(&found.label), name(&wanted.label));
        return Err(Misfit {
            at: 0,
            zh: format!("公式得到的单位是 {is}，与指标的单位 {should} 不符"),
            en: format!("the formula gives {is}, but the unit of the indicator is {should}"),
        });
    }
    // A plain number is given as it is, whatever the unit without dimension is called.
    Ok(if found.shape.powers.is_empty() && !found.shape.percent { Exact::one() } else { wanted.factor })
}

fn typed(node: &mut Node, names: &[String], units: &Units) -> Result<Typed, Misfit> {
    let at = node.at;
    match &mut node.expr {
        Expr::Number(_) => Ok(Typed { shape: Shape { constant: true, ..Shape::default() }, label: String::new() }),
        Expr::Unit(text) => {
            let measure = measure(text);
            node.expr = Expr::Number(measure.factor);
            Ok(Typed { shape: measure.shape, label: measure.label })
        }
        Expr::Name(name, _) => Ok(units.0.get(name).map_or_else(
            || Typed { shape: Shape::default(), label: String::new() },
            |measure| Typed { shape: measure.shape.clone(), label: measure.label.clone() },
        )),
        Expr::Negative(inner) => typed(inner, names, units),
        Expr::Binary(Operation::Power, base, exponent) => power(at, base, exponent, names, units),
        Expr::Binary(operation, left, right) => {
            let (a, b) = (typed(left, names, units)?, typed(right, names, units)?);
            match operation {
                Operation::Add => same(at, "相加", "add", a, b),
                Operation::Subtract => same(at, "相减", "subtract", a, b),
                Operation::Multiply => Ok(times(&a, &b, 1)),
                Operation::Divide | Operation::Power => Ok(times(&a, &b, -1)),
            }
        }
        Expr::Call(function, arguments) => {
            let function = *function;
            let count = arguments.len();
            let mut all = arguments.iter_mut().map(|node| typed(node, names, units)).collect::<Result<Vec<_>, _>>()?;
            if count != 1 && matches!(function, Function::Abs | Function::Ln | Function::Log10) {
                let (zh, en) = ("此函数只有一个参数".to_owned(), "this function has one argument".to_owned());
                return Err(Misfit { at, zh, en });
            }
            let first = all.remove(0);
            match function {
                Function::Min | Function::Max => {
                    all.into_iter().try_fold(first, |a, b| same(at, "比较", "compare", a, b))
                }
                Function::Abs => Ok(first),
                Function::Ln | Function::Log10 if first.shape.powers.is_empty() => Ok(Typed {
                    shape: Shape { constant: first.shape.constant, ..Shape::default() },
                    label: String::new(),
                }),
                Function::Ln | Function::Log10 => {
                    let unit = name(&first.label);
                    Err(Misfit {
                        at,
                        zh: format!("对数的参数不能有单位（{unit}）；先除以一个单位，如 x / [{unit}]"),
                        en: format!("a logarithm has no unit ({unit}): divide by one of it first, x / [{unit}]"),
                    })
                }
            }
        }
        Expr::If(parts) => {
            let (left, _, right, then, otherwise) = &mut **parts;
            let (a, b) = (typed(left, names, units)?, typed(right, names, units)?);
            same(left.at, "比较", "compare", a, b)?;
            let (a, b) = (typed(then, names, units)?, typed(otherwise, names, units)?);
            same(then.at, "二者择一", "choose between", a, b)
        }
    }
}

/// Parts that must measure the same.
fn same(at: usize, zh: &str, en: &str, a: Typed, b: Typed) -> Result<Typed, Misfit> {
    let percent = a.shape.percent == b.shape.percent || a.shape.constant || b.shape.constant;
    if a.shape.powers != b.shape.powers || !percent {
        let (left, right) = (name(&a.label), name(&b.label));
        return Err(Misfit {
            at,
            zh: format!("单位不同，不能{zh}：{left} 与 {right}"),
            en: format!("cannot {en} different units: {left} and {right}"),
        });
    }
    let label = if a.shape.constant { b.label } else { a.label };
    let shape = Shape {
        percent: a.shape.percent || b.shape.percent,
        constant: a.shape.constant && b.shape.constant,
        powers: a.shape.powers,
    };
    Ok(Typed { shape, label })
}

/// A product, or a quotient with `sign` −1. A percentage stays one if the other part is a number of the formula.
fn times(a: &Typed, b: &Typed, sign: i64) -> Typed {
    let powers = multiplied(&a.shape.powers, &b.shape.powers, sign);
    let constant = a.shape.constant && b.shape.constant;
    let scaled = |one: &Shape, other: &Shape| one.percent && other.constant;
    let percent = scaled(&a.shape, &b.shape) || (sign > 0 && scaled(&b.shape, &a.shape));
    let label = match (percent, a.shape.constant, b.shape.constant) {
        (true, ..) => "%".to_owned(),
        (false, false, true) => a.label.clone(),
        (false, true, false) if sign > 0 => b.label.clone(),
        _ => label(&powers),
    };
    Typed { shape: Shape { powers, percent, constant }, label }
}

fn power(at: usize, base: &mut Node, exponent: &mut Node, names: &[String], units: &Units) -> Result<Typed, Misfit> {
    let of = typed(base, names, units)?;
    let there = exponent.at;
    let Some(value) = constant(exponent) else {
        let (zh, en) = ("指数应为一个数".to_owned(), "the exponent must be a number".to_owned());
        return Err(Misfit { at: there, zh, en });
    };
    let whole = value.as_integer();
    if whole.is_some_and(|power| power.abs() > MAX_POWER) {
        let (zh, en) = (format!("指数过大（最多 {MAX_POWER}）"), format!("an exponent of more than {MAX_POWER}"));
        return Err(Misfit { at: there, zh, en });
    }
    if of.shape.powers.is_empty() {
        return Ok(Typed { shape: Shape { percent: false, ..of.shape }, label: String::new() });
    }
    let Some(whole) = whole else {
        let unit = name(&of.label);
        let (zh, en) = (
            format!("有单位（{unit}）的量只能取整数次方"),
            format!("what has a unit ({unit}) can be raised to a whole power only"),
        );
        return Err(Misfit { at, zh, en });
    };
    let powers: BTreeMap<Base, i64> =
        of.shape.powers.into_iter().map(|(base, power)| (base, power.saturating_mul(whole))).collect();
    let powers: BTreeMap<Base, i64> = powers.into_iter().filter(|(_, power)| *power != 0).collect();
    let label = label(&powers);
    Ok(Typed { shape: Shape { powers, ..Shape::default() }, label })
}

/// A number, or one with a minus.
fn constant(node: &Node) -> Option<Exact> {
    match &node.expr {
        Expr::Number(value) => Some(value.clone()),
        Expr::Negative(inner) => constant(inner).map(|value| &Exact::zero() - &value),
        Expr::Binary(Operation::Divide, a, b) => constant(a)?.checked_div(&constant(b)?),
        Expr::Unit(_) | Expr::Name(..) | Expr::Binary(..) | Expr::Call(..) | Expr::If(_) => None,
    }
}

fn multiplied(a: &BTreeMap<Base, i64>, b: &BTreeMap<Base, i64>, sign: i64) -> BTreeMap<Base, i64> {
    let mut powers = a.clone();
    for (base, power) in b {
        let sum = powers.entry(base.clone()).or_insert(0);
        *sum = sum.saturating_add(sign * power);
    }
    powers.retain(|_, power| *power != 0);
    powers
}

fn label(powers: &BTreeMap<Base, i64>) -> String {
    let side = |sign: i64| {
        let of = |(base, power): (&Base, &i64)| match power.abs() {
            1 => base.symbol().to_owned(),
            power => format!("{}^{power}", base.symbol()),
        };
        powers.iter().filter(|(_, power)| power.signum() == sign).map(of).collect::<Vec<_>>()
    };
    let (above, below) = (side(1), side(-1));
    match (above.is_empty(), below.is_empty()) {
        (_, true) => above.join("·"),
        (true, false) => format!("1/{}", below.join("/")),
        (false, false) => format!("{}/{}", above.join("·"), below.join("/")),
    }
}

fn name(label: &str) -> &str {
    if label.is_empty() { "1" } else { label }
}
