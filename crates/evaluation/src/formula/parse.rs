//! From text to a tree.
//!
//! ```text
//! sum     = product { ("+" | "-") product }
//! product = signed { ("*" | "/") signed }
//! signed  = [ "-" ] power
//! power   = operand [ "^" [ "-" ] operand ]
//! operand = number [ unit ] | unit | name | function "(" sum { "," sum } ")" | "(" sum ")"
//!         | "if" "(" sum ("<" | "<=" | ">" | ">=" | "=" | "!=") sum "," sum "," sum ")"
//! unit    = "[" text "]"                    name = letters, digits, "_" | "{" any id "}"
//! ```

use winnow::LocatingSlice;
use winnow::ascii::multispace0;
use winnow::combinator::{alt, cut_err, delimited, fail, opt, preceded, separated};
use winnow::error::{StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use super::{Compare, Expr, Function, Node, Operation};
use crate::exact::Exact;

/// Longer formulas are a mistake, and the tree is read recursively.
const MAX_LENGTH: usize = 1000;

/// Brackets within brackets.
const MAX_DEPTH: usize = 32;

type Input<'i> = LocatingSlice<&'i str>;

/// Where a text is no formula, in bytes from its start, and what was expected there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) at: usize,
    pub(super) zh: String,
    pub(super) en: String,
}

/// Reads a formula. Its names are numbered in the order of their first use and given in `names`.
pub(super) fn parse(text: &str, names: &mut Vec<String>) -> Result<Node, Unreadable> {
    let refuse = |at: usize, zh: &str, en: &str| Err(Unreadable { at, zh: zh.to_owned(), en: en.to_owned() });
    if text.chars().count() > MAX_LENGTH {
        return refuse(0, "公式过长（最多1000字）", "longer than 1000 signs");
    }
    let mut depth = 0_usize;
    for (at, sign) in text.char_indices() {
        depth = match sign {
            '(' => depth + 1,
            ')' => depth.saturating_sub(1),
            _ => depth,
        };
        if depth > MAX_DEPTH {
            return refuse(at, "括号嵌套过深（最多32层）", "more than 32 brackets within each other");
        }
    }
    let mut node = delimited(multispace0, sum, multispace0).parse(LocatingSlice::new(text)).map_err(|error| {
        let expected: Vec<String> = error.inner().context().filter_map(expected).collect();
        let at = error.offset();
        let list = if expected.is_empty() { "number, name, (, function".to_owned() } else { expected.join(", ") };
        let found = text.get(at..).and_then(|rest| rest.chars().next());
        let (found_zh, found_en) = match found {
            Some(sign) => (format!("此处的“{sign}”读不懂"), format!("“{sign}” cannot be read here")),
            None => ("公式不完整".to_owned(), "the formula is not complete".to_owned()),
        };
        Unreadable { at, zh: format!("{found_zh}；应为 {list}"), en: format!("{found_en}; expected {list}") }
    })?;
    number_names(&mut node, names);
    Ok(node)
}

fn expected(context: &StrContext) -> Option<String> {
    if let StrContext::Expected(StrContextValue::CharLiteral(sign)) = context {
        return Some(sign.to_string());
    }
    let StrContext::Expected(StrContextValue::Description(text)) = context else { return None };
    Some((*text).to_owned())
}

fn sign(sign: char) -> StrContext {
    StrContext::Expected(StrContextValue::CharLiteral(sign))
}

fn sum(input: &mut Input<'_>) -> ModalResult<Node> {
    chain(input, product, &[('+', Operation::Add), ('-', Operation::Subtract)])
}

fn product(input: &mut Input<'_>) -> ModalResult<Node> {
    chain(input, signed, &[('*', Operation::Multiply), ('/', Operation::Divide)])
}

fn chain<'i>(
    input: &mut Input<'i>,
    mut part: impl FnMut(&mut Input<'i>) -> ModalResult<Node>,
    signs: &[(char, Operation)],
) -> ModalResult<Node> {
    let mut left = part(input)?;
    loop {
        let symbol = opt(preceded(multispace0, one_of(|c: char| signs.iter().any(|(sign, _)| *sign == c))));
        let Some((symbol, at)) =
            symbol.with_span().map(|(found, span)| found.map(|f| (f, span.end - 1))).parse_next(input)?
        else {
            return Ok(left);
        };
        let right = cut_err(preceded(multispace0, |input: &mut Input<'i>| part(input))).parse_next(input)?;
        let Some((_, operation)) = signs.iter().find(|(sign, _)| *sign == symbol) else { return fail(input) };
        left = Node { at, expr: Expr::Binary(*operation, Box::new(left), Box::new(right)) };
    }
}

fn signed(input: &mut Input<'_>) -> ModalResult<Node> {
    let (minus, span) = opt((multispace0, '-', multispace0)).with_span().parse_next(input)?;
    let node = power(input)?;
    Ok(if minus.is_some() { Node { at: span.start, expr: Expr::Negative(Box::new(node)) } } else { node })
}

fn power(input: &mut Input<'_>) -> ModalResult<Node> {
    let base = operand(input)?;
    let Some((_, span)) = opt(preceded(multispace0, '^').with_span()).parse_next(input)? else { return Ok(base) };
    let minus = opt(preceded(multispace0, '-')).with_span();
    let ((minus, minus_span), exponent) = cut_err((minus, preceded(multispace0, operand))).parse_next(input)?;
    let exponent = match minus {
        Some(_) => Node { at: minus_span.start, expr: Expr::Negative(Box::new(exponent)) },
        None => exponent,
    };
    Ok(Node { at: span.end - 1, expr: Expr::Binary(Operation::Power, Box::new(base), Box::new(exponent)) })
}

fn operand(input: &mut Input<'_>) -> ModalResult<Node> {
    let inner = delimited(('(', multispace0), cut_err(sum), cut_err((multispace0, ')').context(sign(')'))));
    alt((inner, number, unit, braced, word))
        .context(StrContext::Expected(StrContextValue::Description("number, name, (, function")))
        .parse_next(input)
}

fn number(input: &mut Input<'_>) -> ModalResult<Node> {
    let digits = || take_while(1.., |c: char| c.is_ascii_digit());
    let (text, span) = (digits(), opt(('.', digits()))).take().with_span().parse_next(input)?;
    let Ok(value) = text.parse::<Exact>() else { return fail(input) };
    let node = Node { at: span.start, expr: Expr::Number(value) };
    // `5 [吨]` is five times a ton.
    let Some(unit) = opt(preceded(multispace0, unit)).parse_next(input)? else { return Ok(node) };
    Ok(Node { at: span.start, expr: Expr::Binary(Operation::Multiply, Box::new(node), Box::new(unit)) })
}

fn unit(input: &mut Input<'_>) -> ModalResult<Node> {
    let text = take_while(1.., |c: char| c != ']' && c != '[').map(|text: &str| text.trim().to_owned());
    let (text, span) = delimited('[', cut_err(text), cut_err(']'.context(sign(']')))).with_span().parse_next(input)?;
    Ok(Node { at: span.start, expr: Expr::Unit(text) })
}

fn braced(input: &mut Input<'_>) -> ModalResult<Node> {
    let text = take_while(1.., |c: char| c != '}' && c != '{').map(|text: &str| text.trim().to_owned());
    let (text, span) = delimited('{', cut_err(text), cut_err('}'.context(sign('}')))).with_span().parse_next(input)?;
    Ok(Node { at: span.start, expr: Expr::Name(text, 0) })
}

/// A name, or a function with its arguments.
fn word(input: &mut Input<'_>) -> ModalResult<Node> {
    let first = one_of(|c: char| c.is_alphabetic() || c == '_');
    let rest = take_while(0.., |c: char| c.is_alphanumeric() || c == '_');
    let (name, span) = (first, rest).take().with_span().parse_next(input)?;
    let (name, at) = (name.to_owned(), span.start);
    if opt((multispace0, '(')).parse_next(input)?.is_none() {
        return Ok(Node { at, expr: Expr::Name(name, 0) });
    }
    let expr = if name == "if" {
        cut_err(choice).parse_next(input)?
    } else {
        let functions = [
            ("min", Function::Min),
            ("max", Function::Max),
            ("abs", Function::Abs),
            ("ln", Function::Ln),
            ("log10", Function::Log10),
        ];
        let Some((_, function)) = functions.iter().find(|(word, _)| *word == name) else {
            let known = StrContext::Expected(StrContextValue::Description("min, max, abs, ln, log10, if"));
            return cut_err(fail.context(known)).parse_next(input);
        };
        let comma = (multispace0, ',', multispace0);
        let arguments: Vec<Node> = cut_err(preceded(multispace0, separated(1.., sum, comma))).parse_next(input)?;
        Expr::Call(*function, arguments)
    };
    cut_err((multispace0, ')').context(sign(')'))).parse_next(input)?;
    Ok(Node { at, expr })
}

fn choice(input: &mut Input<'_>) -> ModalResult<Expr> {
    let compare = alt((
        "<=".value(Compare::AtMost),
        ">=".value(Compare::AtLeast),
        "!=".value(Compare::Differs),
        "<".value(Compare::Below),
        ">".value(Compare::Above),
        "=".value(Compare::Equals),
    ))
    .context(StrContext::Expected(StrContextValue::Description("<, <=, >, >=, =, !=")));
    let comma = |input: &mut Input<'_>| (multispace0, ',').context(sign(',')).void().parse_next(input);
    let left = preceded(multispace0, sum).parse_next(input)?;
    let compare = preceded(multispace0, compare).parse_next(input)?;
    let right = preceded(multispace0, sum).parse_next(input)?;
    comma(input)?;
    let then = preceded(multispace0, sum).parse_next(input)?;
    comma(input)?;
    let otherwise = preceded(multispace0, sum).parse_next(input)?;
    Ok(Expr::If(Box::new((left, compare, right, then, otherwise))))
}

/// Numbers the names in the order of their first use.
fn number_names(node: &mut Node, names: &mut Vec<String>) {
    match &mut node.expr {
        Expr::Number(_) | Expr::Unit(_) => {}
        Expr::Name(name, number) => match names.iter().position(|known| known == name) {
            Some(known) => *number = known,
            None => {
                *number = names.len();
                names.push(name.clone());
            }
        },
        Expr::Negative(inner) => number_names(inner, names),
        Expr::Binary(_, left, right) => [left, right].into_iter().for_each(|node| number_names(node, names)),
        Expr::Call(_, arguments) => arguments.iter_mut().for_each(|node| number_names(node, names)),
        Expr::If(parts) => {
            let (left, _, right, then, otherwise) = &mut **parts;
            [left, right, then, otherwise].into_iter().for_each(|node| number_names(node, names));
        }
    }
}
