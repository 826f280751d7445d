//! The subset of XML Schema that ISO 20022 messages are published in, read into a [`Schema`].

use super::{Base, Element, Pattern, Schema, Simple, Slot, Type, TypeKind};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// A type while it is read: references are names.
enum Draft {
    Simple(Simple),
    Attributed(String, Vec<(String, String)>),
    Sequence(Vec<DraftSlot>),
}

#[derive(Default)]
struct DraftSlot {
    elements: Vec<(String, String, u32, u32)>,
    any: bool,
}

impl Schema {
    /// Reads a schema as it is published. Types are sorted by name.
    ///
    /// # Errors
    /// What is not understood, in words: anything beyond the subset that ISO 20022 uses.
    pub fn from_xsd(xsd: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(xsd);
        let mut read = Reading::default();
        loop {
            match reader.read_event().map_err(|e| e.to_string())? {
                Event::Start(tag) => read.open(&tag, false)?,
                Event::Empty(tag) => read.open(&tag, true)?,
                Event::End(_) => read.close(),
                Event::Eof => break,
                Event::DocType(_) => return Err("a document type".to_owned()),
                _ => {}
            }
        }
        read.finish()
    }
}

#[derive(Default)]
struct Reading {
    namespace: String,
    root: Option<(String, String)>,
    types: BTreeMap<String, Draft>,
    /// The name of the type that is open.
    name: Option<String>,
    /// Depth inside of the open choice.
    stack: Vec<String>,
    in_choice: bool,
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok().flatten()?;
    Some(found.value.into_owned())
}

impl Reading {
    fn open(&mut self, tag: &BytesStart<'_>, empty: bool) -> Result<(), String> {
        let local = tag.local_name();
        let kind = local.as_ref().to_owned();
        let get = |name: &str| attribute(tag, name);
        let need = |name: &str| get(name).ok_or_else(|| format!("{kind} without {name}"));
        let occurs = || -> Result<(u32, u32), String> {
            let min = get("minOccurs").map_or(Ok(1), |n| n.parse()).map_err(|_| "minOccurs")?;
            let max = match get("maxOccurs").as_deref() {
                None => 1,
                Some("unbounded") => u32::MAX,
                Some(n) => n.parse().map_err(|_| "maxOccurs")?,
            };
            Ok((min, max))
        };
        match kind.as_str() {
            "schema" => self.namespace = need("targetNamespace")?,
            "simpleType" => {
                let name = need("name")?;
                self.types.insert(name.clone(), Draft::Simple(Simple::default()));
                self.name = Some(name);
            }
            "complexType" => {
                let name = need("name")?;
                self.types.insert(name.clone(), Draft::Sequence(Vec::new()));
                self.name = Some(name);
            }
            "element" if self.name.is_none() => self.root = Some((need("name")?, need("type")?)),
            "element" => {
                let (min, max) = occurs()?;
                let element = (need("name")?, need("type")?, min, max);
                let joins = self.in_choice;
                let slots = self.slots()?;
                match slots.last_mut() {
                    Some(slot) if joins => slot.elements.push(element),
                    _ => slots.push(DraftSlot { elements: vec![element], any: false }),
                }
            }
            "any" => self.slots()?.push(DraftSlot { elements: Vec::new(), any: true }),
            "sequence" if self.in_choice => return Err("a sequence in a choice".to_owned()),
            "sequence" => {}
            "choice" => {
                if occurs()? != (1, 1) {
                    return Err("a choice that may repeat".to_owned());
                }
                self.slots()?.push(DraftSlot::default());
                self.in_choice = true;
            }
            "restriction" => {
                let base = need("base")?;
                let base = base.strip_prefix("xs:").and_then(Base::from_name);
                self.simple()?.base = base.ok_or("a base that is not known")?;
            }
            "simpleContent" => {}
            "extension" => {
                let (name, base) = (self.name.clone().ok_or("extension outside of a type")?, need("base")?);
                self.types.insert(name, Draft::Attributed(base, Vec::new()));
            }
            "attribute" => {
                if get("use").as_deref() != Some("required") {
                    return Err("an attribute that may be missing".to_owned());
                }
                let pair = (need("name")?, need("type")?);
                match self.name.as_ref().and_then(|n| self.types.get_mut(n)) {
                    Some(Draft::Attributed(_, attributes)) => attributes.push(pair),
                    _ => return Err("an attribute of elements".to_owned()),
                }
            }
            facet => {
                let value = need("value")?;
                self.facet(facet, value)?;
            }
        }
        if !empty {
            self.stack.push(kind);
        }
        Ok(())
    }

    fn facet(&mut self, facet: &str, value: String) -> Result<(), String> {
        let number = || value.parse::<usize>().map_err(|_| format!("{facet} of {value}"));
        let simple = self.simple()?;
        match facet {
            "enumeration" => simple.values.push(value),
            "pattern" => {
                simple.patterns.push(Pattern::parse(&value).ok_or_else(|| format!("pattern {value}"))?);
            }
            "minLength" => simple.min_len = Some(number()?),
            "maxLength" => simple.max_len = Some(number()?),
            "totalDigits" => simple.total_digits = Some(number()?),
            "fractionDigits" => simple.fraction_digits = Some(number()?),
            "minInclusive" if value == "0" => simple.not_negative = true,
            _ => return Err(format!("{facet} of {value}")),
        }
        Ok(())
    }

    fn close(&mut self) {
        match self.stack.pop().as_deref() {
            Some("choice") => self.in_choice = false,
            Some("simpleType" | "complexType") => self.name = None,
            _ => {}
        }
    }

    fn slots(&mut self) -> Result<&mut Vec<DraftSlot>, String> {
        match self.name.as_ref().and_then(|n| self.types.get_mut(n)) {
            Some(Draft::Sequence(slots)) => Ok(slots),
            _ => Err("elements outside of a complex type".to_owned()),
        }
    }

    fn simple(&mut self) -> Result<&mut Simple, String> {
        match self.name.as_ref().and_then(|n| self.types.get_mut(n)) {
            Some(Draft::Simple(simple)) => Ok(simple),
            _ => Err("a restriction outside of a simple type".to_owned()),
        }
    }

    fn finish(self) -> Result<Schema, String> {
        let index: BTreeMap<&str, usize> =
            self.types.keys().enumerate().map(|(i, name)| (name.as_str(), i)).collect();
        let find = |name: &str| index.get(name).copied().ok_or_else(|| format!("no type {name}"));
        let mut types = Vec::with_capacity(self.types.len());
        for (name, draft) in &self.types {
            let kind = match draft {
                Draft::Simple(simple) => TypeKind::Simple(simple.clone()),
                Draft::Attributed(base, attributes) => {
                    let attributes: Result<_, String> =
                        attributes.iter().map(|(n, t)| Ok((n.clone(), find(t)?))).collect();
                    TypeKind::Attributed(find(base)?, attributes?)
                }
                Draft::Sequence(slots) => {
                    let element = |(name, ty, min, max): &(String, String, u32, u32)| {
                        Ok::<_, String>(Element { name: name.clone(), ty: find(ty)?, min: *min, max: *max })
                    };
                    let slot = |slot: &DraftSlot| {
                        let elements: Result<_, String> = slot.elements.iter().map(element).collect();
                        Ok::<_, String>(Slot { elements: elements?, any: slot.any })
                    };
                    TypeKind::Sequence(slots.iter().map(slot).collect::<Result<_, _>>()?)
                }
            };
            types.push(Type { name: name.clone(), kind });
        }
        let (name, ty) = self.root.ok_or("no outermost element")?;
        let root = Element { name, ty: find(&ty)?, min: 1, max: 1 };
        Ok(Schema { namespace: self.namespace, root, types })
    }
}
