//! A schema as a compact table: a line for each type, slot and element. It is what is built in; a scenario compares it with
//! the published XSD.
//!
//! ```text
//! namespace urn:iso:std:iso:20022:tech:xsd:pain.001.001.09
//! root Document Document
//! text Max35Text string len 1 35
//! text ExternalX string in AAAA BBBB
//! text CountryCode string like [A-Z]{2,2}
//! with ActiveCurrencyAndAmount ActiveCurrencyAndAmount_SimpleType Ccy ActiveCurrencyCode
//! type Party
//! - Nm Max140Text 0 1
//! - Cd Code
//! | Prtry Max35Text      another choice for the place above
//! any
//! ```

use super::{Base, Element, Pattern, Schema, Simple, Slot, Type, TypeKind};
use std::collections::BTreeMap;
use std::fmt::Write;

impl Schema {
    /// The table of this schema.
    pub fn to_table(&self) -> String {
        let mut out = format!("namespace {}\n", self.namespace);
        let name = |ty: usize| self.types.get(ty).map_or("", |t| t.name.as_str());
        let _ = writeln!(out, "root {} {}", self.root.name, name(self.root.ty));
        for ty in &self.types {
            match &ty.kind {
                TypeKind::Simple(simple) => {
                    let _ = write!(out, "text {} {}", ty.name, simple.base.name());
                    if simple.min_len.is_some() || simple.max_len.is_some() {
                        let number = |n: Option<usize>| n.map_or("-".to_owned(), |n| n.to_string());
                        let _ = write!(out, " len {} {}", number(simple.min_len), number(simple.max_len));
                    }
                    for (word, digits) in
                        [("total", simple.total_digits), ("fraction", simple.fraction_digits)]
                    {
                        if let Some(digits) = digits {
                            let _ = write!(out, " {word} {digits}");
                        }
                    }
                    if simple.not_negative {
                        out += " positive";
                    }
                    for pattern in &simple.patterns {
                        let _ = write!(out, " like {}", pattern.source());
                    }
                    if !simple.values.is_empty() {
                        let _ = write!(out, " in {}", simple.values.join(" "));
                    }
                    out.push('\n');
                }
                TypeKind::Attributed(base, attributes) => {
                    let _ = write!(out, "with {} {}", ty.name, name(*base));
                    for (attribute, ty) in attributes {
                        let _ = write!(out, " {attribute} {}", name(*ty));
                    }
                    out.push('\n');
                }
                TypeKind::Sequence(slots) => {
                    let _ = writeln!(out, "type {}", ty.name);
                    for slot in slots {
                        if slot.any {
                            out += "any\n";
                        }
                        for (i, e) in slot.elements.iter().enumerate() {
                            let _ =
                                write!(out, "{} {} {}", if i == 0 { '-' } else { '|' }, e.name, name(e.ty));
                            match (e.min, e.max) {
                                (1, 1) => {}
                                (min, u32::MAX) => _ = write!(out, " {min} *"),
                                (min, max) => _ = write!(out, " {min} {max}"),
                            }
                            out.push('\n');
                        }
                    }
                }
            }
        }
        out
    }

    /// Reads a table. `None` if it has another form.
    pub fn from_table(table: &str) -> Option<Self> {
        let lines = || table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut index = BTreeMap::new();
        for line in lines() {
            let mut words = line.split(' ');
            if let (Some("text" | "with" | "type"), Some(name)) = (words.next(), words.next()) {
                index.insert(name, index.len());
            }
        }
        let find = |name: Option<&str>| name.and_then(|n| index.get(n)).copied();
        let mut schema = Self {
            namespace: String::new(),
            root: Element { name: String::new(), ty: 0, min: 1, max: 1 },
            types: Vec::with_capacity(index.len()),
        };
        for line in lines() {
            let mut words = line.split(' ');
            let (word, name) = (words.next()?, words.next().unwrap_or(""));
            let add = |schema: &mut Self, kind| schema.types.push(Type { name: name.to_owned(), kind });
            match word {
                "namespace" => name.clone_into(&mut schema.namespace),
                "root" => {
                    name.clone_into(&mut schema.root.name);
                    schema.root.ty = find(words.next())?;
                }
                "text" => add(&mut schema, TypeKind::Simple(simple(words)?)),
                "with" => {
                    let base = find(words.next())?;
                    let mut attributes = Vec::new();
                    while let Some(attribute) = words.next() {
                        attributes.push((attribute.to_owned(), find(words.next())?));
                    }
                    add(&mut schema, TypeKind::Attributed(base, attributes));
                }
                "type" => add(&mut schema, TypeKind::Sequence(Vec::new())),
                "any" | "-" | "|" => {
                    let TypeKind::Sequence(slots) = &mut schema.types.last_mut()?.kind else { return None };
                    if word == "any" {
                        slots.push(Slot { elements: Vec::new(), any: true });
                        continue;
                    }
                    let ty = find(words.next())?;
                    let (min, max) = match (words.next(), words.next()) {
                        (None, _) => (1, 1),
                        (Some(min), Some("*")) => (min.parse().ok()?, u32::MAX),
                        (Some(min), Some(max)) => (min.parse().ok()?, max.parse().ok()?),
                        _ => return None,
                    };
                    let element = Element { name: name.to_owned(), ty, min, max };
                    if word == "-" {
                        slots.push(Slot { elements: vec![element], any: false });
                    } else {
                        slots.last_mut()?.elements.push(element);
                    }
                }
                _ => return None,
            }
        }
        Some(schema)
    }
}

fn simple<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Simple> {
    let mut simple = Simple { base: Base::from_name(words.next()?)?, ..Simple::default() };
    let number = |word: Option<&str>| word.and_then(|w| w.parse().ok());
    while let Some(word) = words.next() {
        match word {
            "len" => (simple.min_len, simple.max_len) = (number(words.next()), number(words.next())),
            "total" => simple.total_digits = Some(number(words.next())?),
            "fraction" => simple.fraction_digits = Some(number(words.next())?),
            "positive" => simple.not_negative = true,
            "like" => simple.patterns.push(Pattern::parse(words.next()?)?),
            "in" => simple.values.extend(words.by_ref().map(str::to_owned)),
            _ => return None,
        }
    }
    Some(simple)
}
