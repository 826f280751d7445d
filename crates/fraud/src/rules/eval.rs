//! What an expression comes to.

use super::schema::Source;
use crate::facts::{Facts, Value};
use crate::features::MISSING;

/// What is asked: facts, features and the model's probability.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// The features, as [`crate::features::names`] lists them.
    pub features: &'a [i64],
    /// The probability of fraud, in millionths; none without a model.
    pub probability: Option<u32>,
}

/// An expression: compiled once, evaluated often. It ends after as many steps as it has parts.
///
/// A value that is not there, a number that does not fit and a division by zero make a part *unknown*. `&&`, `||` and `!`
/// go on with it as with a value that could be either; an expression that is unknown in the end does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    pub(super) root: Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    Other,
    AtMost,
    AtLeast,
    Below,
    Above,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Plus,
    Minus,
    Times,
    Over,
    Rest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Bool(bool),
    Int(i64),
    Text(String),
    Get(Source),
    Has(Source),
    Any(Vec<Node>),
    All(Vec<Node>),
    Not(Box<Node>),
    Ints(Compare, Box<(Node, Node)>),
    Texts(Compare, Box<(Node, Node)>),
    Bools(Compare, Box<(Node, Node)>),
    IntIn(Box<Node>, Vec<i64>),
    TextIn(Box<Node>, Vec<String>),
    Number(Number, Box<(Node, Node)>),
}

impl Expression {
    /// Whether it holds.
    pub fn holds(&self, asked: &Asked<'_>) -> bool {
        bool(&self.root, asked) == Some(true)
    }
}

fn bool(node: &Node, asked: &Asked<'_>) -> Option<bool> {
    match node {
        Node::Bool(b) => Some(*b),
        Node::Get(Source::Attribute(name)) => match asked.facts.attributes.get(*name) {
            Some(Value::Bool(b)) => Some(*b),
            _ => None,
        },
        Node::Has(source) => Some(match source {
            Source::Feature(_) | Source::Probability => int(&Node::Get(*source), asked).is_some(),
            Source::Step => true,
            Source::Attribute(name) => asked.facts.attributes.contains_key(*name),
        }),
        Node::Any(parts) => fold(parts, asked, true),
        Node::All(parts) => fold(parts, asked, false),
        Node::Not(part) => bool(part, asked).map(|b| !b),
        Node::Ints(how, both) => {
            let (a, b) = (int(&both.0, asked)?, int(&both.1, asked)?);
            Some(match how {
                Compare::Equal => a == b,
                Compare::Other => a != b,
                Compare::AtMost => a <= b,
                Compare::AtLeast => a >= b,
                Compare::Below => a < b,
                Compare::Above => a > b,
            })
        }
        Node::Texts(how, both) => {
            let same = text(&both.0, asked)? == text(&both.1, asked)?;
            Some(same == (*how == Compare::Equal))
        }
        Node::Bools(how, both) => {
            let same = bool(&both.0, asked)? == bool(&both.1, asked)?;
            Some(same == (*how == Compare::Equal))
        }
        Node::IntIn(what, list) => int(what, asked).map(|i| list.contains(&i)),
        Node::TextIn(what, list) => text(what, asked).map(|t| list.iter().any(|l| l == t)),
        Node::Int(_) | Node::Text(_) | Node::Get(_) | Node::Number(..) => None,
    }
}

/// The value that decides alone, if any part has it; unknown, if any part is; else the other.
fn fold(parts: &[Node], asked: &Asked<'_>, decides: bool) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match bool(part, asked) {
            Some(b) if b == decides => return Some(decides),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!decides)
}

fn int(node: &Node, asked: &Asked<'_>) -> Option<i64> {
    match node {
        Node::Int(i) => Some(*i),
        Node::Get(Source::Feature(place)) => asked.features.get(*place).copied().filter(|v| *v != MISSING),
        Node::Get(Source::Probability) => asked.probability.map(i64::from),
        Node::Get(Source::Attribute(name)) => match asked.facts.attributes.get(*name) {
            Some(Value::Int(i)) => Some(*i),
            _ => None,
        },
        Node::Number(how, both) => {
            let (a, b) = (int(&both.0, asked)?, int(&both.1, asked)?);
            match how {
                Number::Plus => a.checked_add(b),
                Number::Minus => a.checked_sub(b),
                Number::Times => a.checked_mul(b),
                Number::Over => a.checked_div(b),
                Number::Rest => a.checked_rem(b),
            }
        }
        _ => None,
    }
}

fn text<'a>(node: &'a Node, asked: &Asked<'a>) -> Option<&'a str> {
    match node {
        Node::Text(t) => Some(t),
        Node::Get(Source::Step) => Some(asked.facts.step.name()),
        Node::Get(Source::Attribute(name)) => match asked.facts.attributes.get(*name) {
            Some(Value::Text(t)) => Some(t),
            _ => None,
        },
        _ => None,
    }
}
