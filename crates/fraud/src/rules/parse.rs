//! Words to an expression whose types are known.

use super::eval::{Compare, Expression, Node, Number};
use super::lexer::{Word, words};
use super::schema::{Schema, Source, Type};

/// The longest expression, in bytes; the most nodes; how deep.
const LIMITS: (usize, usize, usize) = (4_000, 500, 24);

/// What is wrong, and at which character, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) why: String,
}

impl Fault {
    pub(super) fn new(at: usize, why: impl Into<String>) -> Self {
        Self { at, why: why.into() }
    }
}

/// Reads an expression. It must be of type bool.
pub(super) fn parse(text: &str) -> Result<Expression, Fault> {
    if text.len() > LIMITS.0 {
        return Err(Fault::new(1, format!("longer than {} bytes", LIMITS.0)));
    }
    let words = words(text)?;
    let mut parser = Parser { words: &words, next: 0, nodes: 0, depth: 0, end: text.chars().count() + 1 };
    let (node, of) = parser.or()?;
    if parser.next < words.len() {
        return Err(Fault::new(parser.at(), "something is left over"));
    }
    want(1, of, Type::Bool)?;
    Ok(Expression { root: node })
}

struct Parser<'a> {
    words: &'a [(usize, Word)],
    next: usize,
    nodes: usize,
    depth: usize,
    end: usize,
}

type Typed = (Node, Type);

impl Parser<'_> {
    fn at(&self) -> usize {
        self.words.get(self.next).map_or(self.end, |w| w.0)
    }

    fn take(&mut self, sign: &str) -> bool {
        let is = matches!(self.words.get(self.next), Some((_, Word::Sign(s))) if *s == sign);
        self.next += usize::from(is);
        is
    }

    fn need(&mut self, sign: &str) -> Result<(), Fault> {
        if self.take(sign) { Ok(()) } else { Err(Fault::new(self.at(), format!("{sign} is missing here"))) }
    }

    fn node(&mut self, node: Node, of: Type) -> Result<Typed, Fault> {
        self.nodes += 1;
        if self.nodes > LIMITS.1 {
            return Err(Fault::new(self.at(), format!("more than {} parts", LIMITS.1)));
        }
        Ok((node, of))
    }

    fn or(&mut self) -> Result<Typed, Fault> {
        self.depth += 1;
        if self.depth > LIMITS.2 {
            return Err(Fault::new(self.at(), format!("deeper than {} levels", LIMITS.2)));
        }
        let first = self.chain("||", Self::and, Node::Any)?;
        self.depth -= 1;
        Ok(first)
    }

    fn and(&mut self) -> Result<Typed, Fault> {
        self.chain("&&", Self::compared, Node::All)
    }

    fn chain(
        &mut self,
        sign: &str,
        part: fn(&mut Self) -> Result<Typed, Fault>,
        make: fn(Vec<Node>) -> Node,
    ) -> Result<Typed, Fault> {
        let at = self.at();
        let (first, of) = part(self)?;
        let mut parts = vec![first];
        while self.take(sign) {
            want(at, of, Type::Bool)?;
            let at = self.at();
            let (next, of) = part(self)?;
            want(at, of, Type::Bool)?;
            parts.push(next);
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok((only, of)),
            Some(last) => {
                parts.push(last);
                self.node(make(parts), Type::Bool)
            }
            None => Err(Fault::new(at, "nothing here")),
        }
    }

    fn compared(&mut self) -> Result<Typed, Fault> {
        let (left, of) = self.sum()?;
        let at = self.at();
        if let Some((_, Word::Name(name))) = self.words.get(self.next)
            && name == "in"
        {
            self.next += 1;
            return self.listed(left, of);
        }
        let compare = [
            ("==", Compare::Equal),
            ("!=", Compare::Other),
            ("<=", Compare::AtMost),
            (">=", Compare::AtLeast),
            ("<", Compare::Below),
            (">", Compare::Above),
        ];
        let Some((_, compare)) = compare.into_iter().find(|(sign, _)| self.take(sign)) else {
            return Ok((left, of));
        };
        let (right, other) = self.sum()?;
        want(at, other, of)?;
        let ordered = !matches!(compare, Compare::Equal | Compare::Other);
        match of {
            Type::Int => self.node(Node::Ints(compare, Box::new((left, right))), Type::Bool),
            Type::Text if !ordered => self.node(Node::Texts(compare, Box::new((left, right))), Type::Bool),
            Type::Bool if !ordered => self.node(Node::Bools(compare, Box::new((left, right))), Type::Bool),
            _ => Err(Fault::new(at, format!("values of type {} have no order", of.name()))),
        }
    }

    fn listed(&mut self, what: Node, of: Type) -> Result<Typed, Fault> {
        self.need("[")?;
        let (mut ints, mut texts) = (Vec::new(), Vec::new());
        loop {
            let at = self.at();
            let negative = self.take("-");
            match (self.words.get(self.next), of) {
                (Some((_, Word::Int(i))), Type::Int) => ints.push(if negative { -*i } else { *i }),
                (Some((_, Word::Text(t))), Type::Text) if !negative => texts.push(t.clone()),
                _ => return Err(Fault::new(at, format!("the list must have values of type {}", of.name()))),
            }
            self.next += 1;
            if self.take("]") {
                break;
            }
            self.need(",")?;
        }
        if of == Type::Int {
            self.node(Node::IntIn(Box::new(what), ints), Type::Bool)
        } else {
            self.node(Node::TextIn(Box::new(what), texts), Type::Bool)
        }
    }

    fn sum(&mut self) -> Result<Typed, Fault> {
        self.numbers(&[("+", Number::Plus), ("-", Number::Minus)], Self::product)
    }

    fn product(&mut self) -> Result<Typed, Fault> {
        self.numbers(&[("*", Number::Times), ("/", Number::Over), ("%", Number::Rest)], Self::unary)
    }

    fn numbers(
        &mut self,
        signs: &[(&str, Number)],
        part: fn(&mut Self) -> Result<Typed, Fault>,
    ) -> Result<Typed, Fault> {
        let at = self.at();
        let mut left = part(self)?;
        let mut chained = 0;
        while let Some((_, number)) = signs.iter().find(|(sign, _)| self.take(sign)) {
            chained += 1;
            if chained > LIMITS.2 {
                return Err(Fault::new(self.at(), format!("more than {} in a row", LIMITS.2)));
            }
            want(at, left.1, Type::Int)?;
            let at = self.at();
            let (right, of) = part(self)?;
            want(at, of, Type::Int)?;
            left = self.node(Node::Number(*number, Box::new((left.0, right))), Type::Int)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Typed, Fault> {
        let mut nots = 0;
        let at = self.at();
        while self.take("!") {
            nots += 1;
        }
        if nots > 0 {
            let (node, of) = self.value()?;
            want(at, of, Type::Bool)?;
            return if nots % 2 == 0 {
                Ok((node, of))
            } else {
                self.node(Node::Not(Box::new(node)), Type::Bool)
            };
        }
        if self.take("-") {
            let (node, of) = self.value()?;
            want(at, of, Type::Int)?;
            return self.node(Node::Number(Number::Minus, Box::new((Node::Int(0), node))), Type::Int);
        }
        self.value()
    }

    fn value(&mut self) -> Result<Typed, Fault> {
        let at = self.at();
        if self.take("(") {
            let inner = self.or()?;
            self.need(")")?;
            return Ok(inner);
        }
        let Some((_, word)) = self.words.get(self.next) else {
            return Err(Fault::new(at, "a value is missing here"));
        };
        self.next += 1;
        match word {
            Word::Int(i) => self.node(Node::Int(*i), Type::Int),
            Word::Text(t) => self.node(Node::Text(t.clone()), Type::Text),
            Word::Name(name) if name == "true" || name == "false" => {
                self.node(Node::Bool(name == "true"), Type::Bool)
            }
            Word::Name(name) if name == "has" => {
                self.need("(")?;
                let at = self.at();
                let Some((_, Word::Name(name))) = self.words.get(self.next) else {
                    return Err(Fault::new(at, "has() asks for the name of a value"));
                };
                self.next += 1;
                let (source, _) = known(at, name)?;
                self.need(")")?;
                self.node(Node::Has(source), Type::Bool)
            }
            Word::Name(name) => {
                let (source, of) = known(at, name)?;
                self.node(Node::Get(source), of)
            }
            Word::Sign(sign) => Err(Fault::new(at, format!("a value is missing before {sign}"))),
        }
    }
}

fn known(at: usize, name: &str) -> Result<(Source, Type), Fault> {
    Schema::find(name).ok_or_else(|| Fault::new(at, format!("{name} is not known")))
}

fn want(at: usize, is: Type, want: Type) -> Result<(), Fault> {
    if is == want {
        return Ok(());
    }
    Err(Fault::new(at, format!("this is of type {}, not {}", is.name(), want.name())))
}
