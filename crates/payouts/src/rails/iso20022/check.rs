//! Whether a file of ISO 20022 messages is valid, and where not: one pass, memory independent of the file's size.

use super::rules::Rules;
use super::schema::{Element, Schema, TypeKind, built_in};
use super::xml::{Bounded, DEPTH_MAX};
use crate::error::codes;
use crate::{Finding, Findings, PayoutsError, Severity};
use pmts_kernel::CodeInfo;
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, PrefixDeclaration, ResolveResult};
use std::io::BufRead;

/// What the namespaces of messages begin with.
const PREFIX: &str = "urn:iso:std:iso:20022:tech:xsd:";
/// The namespace of `xsi:schemaLocation`, which may stand on any element.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The messages, in order: `head.001.001.02`, `pacs.008.001.08`. At most 100 are named.
    pub messages: Vec<String>,
    /// Transactions or entries counted.
    pub items: u64,
}

/// Checks a file from beginning to end and adds what is wrong to `findings`. Messages may stand in an envelope of another
/// namespace.
///
/// # Errors
/// [`PayoutsError::Io`] if the file cannot be read. Whatever is wrong with its content is a finding.
pub fn check(input: impl BufRead, findings: &mut Findings) -> Result<Summary, PayoutsError> {
    let mut reader = NsReader::from_reader(Bounded::new(input));
    reader.config_mut().check_comments = true;
    let mut walk = Walk::new(findings);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().renew();
        let (namespace, event) = match reader.read_resolved_event_into(&mut buffer) {
            Ok(read) => read,
            Err(quick_xml::Error::Io(e)) if e.kind() != std::io::ErrorKind::Other => {
                return Err(std::io::Error::new(e.kind(), e.to_string()).into());
            }
            Err(e) => {
                walk.broken(&codes::XML_MALFORMED, e.to_string());
                break;
            }
        };
        if !walk.event(&namespace, &event) {
            break;
        }
    }
    Ok(walk.finish())
}

/// An element of a message that is open.
pub(super) struct Frame {
    pub(super) name: &'static str,
    pub(super) line: u64,
    ty: usize,
    slot: usize,
    chosen: usize,
    count: u32,
    has_children: bool,
}

struct Walk<'a> {
    findings: &'a mut Findings,
    line: u64,
    schema: Option<&'static Schema>,
    frames: Vec<Frame>,
    /// Elements that are open outside of messages: envelopes.
    outside: usize,
    /// Elements that are open inside of one that is skipped.
    skipped: usize,
    text: String,
    currency: Option<String>,
    rules: Rules,
    summary: Summary,
    header: Option<(u64, String)>,
    roots: u64,
    done: bool,
}

impl<'a> Walk<'a> {
    fn new(findings: &'a mut Findings) -> Self {
        Self {
            findings,
            line: 1,
            schema: None,
            frames: Vec::new(),
            outside: 0,
            skipped: 0,
            text: String::new(),
            currency: None,
            rules: Rules::default(),
            summary: Summary::default(),
            header: None,
            roots: 0,
            done: false,
        }
    }

    fn path(&self) -> String {
        self.frames.iter().map(|f| f.name).collect::<Vec<_>>().join("/")
    }

    fn say(&mut self, severity: Severity, code: &'static CodeInfo, line: u64, field: &str, message: String) {
        let record = self.path();
        self.findings.add(Finding {
            severity,
            code,
            line,
            record: if record.is_empty() { "file".into() } else { record.into() },
            field: field.to_owned().into(),
            message,
        });
    }

    fn error(&mut self, code: &'static CodeInfo, field: &str, message: impl Into<String>) {
        self.say(Severity::Error, code, self.line, field, message.into());
    }

    /// Nothing more can be read.
    fn broken(&mut self, code: &'static CodeInfo, message: String) {
        self.error(code, "", message);
        self.done = true;
    }

    /// Takes an event. False if nothing more is to be read.
    fn event(&mut self, namespace: &ResolveResult<'_>, event: &Event<'_>) -> bool {
        let lines = |text: &str| text.bytes().filter(|b| *b == b'\n').count() as u64;
        match event {
            Event::Start(tag) => {
                self.open(namespace, tag);
                self.line += lines(tag);
            }
            Event::Empty(tag) => {
                self.open(namespace, tag);
                self.close();
                self.line += lines(tag);
            }
            Event::End(tag) => {
                self.close();
                self.line += lines(tag);
            }
            Event::Text(text) => {
                self.add_text(text);
                self.line += lines(text);
            }
            Event::CData(text) => {
                self.add_text(text);
                self.line += lines(text);
            }
            Event::GeneralRef(name) => self.reference(name),
            Event::DocType(_) => {
                self.broken(&codes::XML_FORBIDDEN, "a document type is not allowed".to_owned())
            }
            Event::Comment(text) => self.line += lines(text),
            Event::PI(text) => self.line += lines(text),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok);
                if encoding.is_some_and(|e| {
                    !matches!(e.to_ascii_uppercase().as_str(), "UTF-8" | "US-ASCII" | "UTF8")
                }) {
                    self.broken(&codes::XML_MALFORMED, "only UTF-8 is read".to_owned());
                }
                self.line += lines(declaration);
            }
            Event::Eof => self.done = true,
        }
        !self.done
    }

    fn add_text(&mut self, text: &str) {
        if self.skipped > 0 || self.frames.is_empty() {
            let outside = self.frames.is_empty() && self.outside == 0 && self.skipped == 0;
            if outside && text.bytes().any(|b| !b.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(&b)) {
                self.broken(&codes::XML_MALFORMED, "text outside of any element".to_owned());
            }
            return;
        }
        // A text is bounded by its type, but comes in pieces: no more is kept than any type allows.
        if self.text.len() + text.len() <= super::xml::TOKEN_MAX {
            self.text.push_str(text);
        } else {
            self.broken(&codes::XML_FORBIDDEN, "a text has more than 1 MiB".to_owned());
        }
    }

    fn reference(&mut self, name: &str) {
        let character = super::xml::reference(name);
        match character {
            Some(c) => self.add_text(c.encode_utf8(&mut [0; 4])),
            None => self
                .broken(&codes::XML_FORBIDDEN, "an entity or a character that XML does not have".to_owned()),
        }
    }

    fn open(&mut self, namespace: &ResolveResult<'_>, tag: &BytesStart<'_>) {
        if self.frames.len() + self.outside + self.skipped >= DEPTH_MAX {
            self.broken(&codes::XML_FORBIDDEN, format!("elements are nested more than {DEPTH_MAX} deep"));
            return;
        }
        let local = tag.local_name();
        let name = local.as_ref();
        let namespace = match namespace {
            ResolveResult::Bound(Namespace(namespace)) => *namespace,
            ResolveResult::Unbound => "",
            ResolveResult::Unknown(_) => {
                self.broken(&codes::XML_MALFORMED, "a prefix without a namespace".to_owned());
                return;
            }
        };
        if tag.attributes().any(|a| a.is_err()) {
            self.broken(&codes::XML_MALFORMED, "an attribute is malformed or stands twice".to_owned());
            return;
        }
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        let Some(parent) = self.frames.last_mut() else {
            self.open_outside(namespace, name, tag);
            return;
        };
        parent.has_children = true;
        let schema = self.schema;
        let has_text = !self.text.trim_matches([' ', '\t', '\n', '\r']).is_empty();
        self.text.clear();
        if has_text {
            self.error(&codes::ISO_ELEMENT_UNEXPECTED, name, "text stands beside an element");
        }
        let Some(schema) = schema else { return };
        match self.place(schema, namespace, name) {
            Some(element) => self.enter(schema, element, tag),
            None => self.skipped = 1,
        }
    }

    /// An element outside of any message: a message begins, or an envelope.
    fn open_outside(&mut self, namespace: &str, name: &str, tag: &BytesStart<'_>) {
        if self.outside == 0 {
            self.roots += 1;
            if self.roots > 1 {
                self.broken(&codes::XML_MALFORMED, "a file has one outermost element".to_owned());
                return;
            }
        }
        let Some(short) = namespace.strip_prefix(PREFIX) else {
            self.outside += 1;
            return;
        };
        let Some(schema) = built_in(namespace) else {
            let short: String = short.chars().take(40).collect();
            self.error(&codes::ISO_MESSAGE_UNKNOWN, "", format!("the schema of {short} is not known here"));
            self.skipped = 1;
            return;
        };
        if schema.root.name != name {
            let message = format!("the message begins with {}", schema.root.name);
            self.error(&codes::ISO_ELEMENT_UNEXPECTED, name, message);
            self.skipped = 1;
            return;
        }
        self.schema = Some(schema);
        if self.summary.messages.len() < 100 {
            self.summary.messages.push(short.to_owned());
        }
        let expected = self.header.take_if(|_| !short.starts_with("head."));
        self.rules = Rules::of(schema.name());
        self.enter(schema, &schema.root, tag);
        if let Some((line, expected)) = expected
            && expected != short
        {
            let message = format!("it says {expected}, the message is {short}");
            self.say(Severity::Error, &codes::ISO_HEADER, line, "MsgDefIdr", message);
        }
    }

    /// Finds the place of a child among those its parent may have. `None` if it is to be skipped; what is wrong is said.
    fn place(&mut self, schema: &'static Schema, namespace: &str, name: &str) -> Option<&'static Element> {
        let same = namespace == schema.namespace;
        let frame = self.frames.last_mut()?;
        let TypeKind::Sequence(slots) = &schema.types.get(frame.ty)?.kind else {
            self.error(&codes::ISO_ELEMENT_UNEXPECTED, name, "an element stands where only text may be");
            return None;
        };
        let find = |slot: usize| slots[slot].elements.iter().position(|e| same && e.name == name);
        let (at, count, chosen) = (frame.slot, frame.count, frame.chosen);
        if let Some(here) = slots.get(at).and_then(|_| find(at)) {
            let element = &slots[at].elements[here];
            if count == 0 || here == chosen && count < element.max {
                frame.chosen = here;
                frame.count += 1;
                return Some(element);
            }
            let message = if here == chosen {
                format!("it may stand here {} times only", element.max)
            } else {
                format!("it may not stand beside {}: one of them", slots[at].elements[chosen].name)
            };
            self.error(&codes::ISO_ELEMENT_UNEXPECTED, name, message);
            return None;
        }
        let next =
            (at..slots.len()).skip(1).chain((at == 0).then_some(0)).filter(|s| *s > at).find_map(|s| {
                find(s).map(|here| (s, Some(here))).or_else(|| slots[s].any.then_some((s, None)))
            });
        let any_here = slots.get(at).is_some_and(|slot| slot.any && count == 0);
        if any_here {
            frame.count = 1;
            return None;
        }
        let Some((to, here)) = next else {
            let known = same && slots.iter().any(|slot| slot.elements.iter().any(|e| e.name == name));
            let message = if known {
                "it stands in the wrong place: after what must come behind it, or a second time"
            } else if !same {
                "it is of another namespace"
            } else {
                "there is no such element here"
            };
            self.error(&codes::ISO_ELEMENT_UNEXPECTED, name, message);
            return None;
        };
        let missing: Vec<String> = (at..to)
            .filter(|s| !(slots[*s].is_optional() || *s == at && count > 0))
            .map(|s| one_of(&slots[s]))
            .collect();
        frame.slot = to;
        frame.chosen = here.unwrap_or(0);
        frame.count = 1;
        for what in missing {
            self.error(&codes::ISO_ELEMENT_MISSING, &what, format!("it is missing before {name}"));
        }
        here.map(|here| &slots[to].elements[here])
    }

    fn enter(&mut self, schema: &'static Schema, element: &'static Element, tag: &BytesStart<'_>) {
        self.text.clear();
        self.currency = None;
        self.frames.push(Frame {
            name: &element.name,
            line: self.line,
            ty: element.ty,
            slot: 0,
            chosen: 0,
            count: 0,
            has_children: false,
        });
        self.attributes(schema, element, tag);
        self.rules.open(&self.frames);
    }

    fn attributes(&mut self, schema: &'static Schema, element: &'static Element, tag: &BytesStart<'_>) {
        let allowed = match &schema.types[element.ty].kind {
            TypeKind::Attributed(_, attributes) => &attributes[..],
            _ => &[],
        };
        let mut seen = 0;
        for attribute in tag.attributes().flatten() {
            let key = attribute.key;
            let is_declaration = matches!(
                key.as_namespace_binding(),
                Some(PrefixDeclaration::Default | PrefixDeclaration::Named(_))
            );
            if is_declaration || key.prefix().is_some() {
                // xsi:schemaLocation and xsi:nil; others of a namespace are not in any schema.
                let is_xsi = key.prefix().is_some_and(|p| p.as_ref() == "xsi");
                if !is_declaration && !is_xsi {
                    let message = format!("only attributes of {XSI} may stand here");
                    self.error(&codes::ISO_ATTRIBUTE, key.as_ref(), message);
                }
                continue;
            }
            let Some((name, ty)) = allowed.iter().find(|(name, _)| *name == key.as_ref()) else {
                self.error(&codes::ISO_ATTRIBUTE, key.as_ref(), "there is no such attribute here");
                continue;
            };
            seen += 1;
            if let TypeKind::Simple(simple) = &schema.types[*ty].kind
                && let Some(message) = simple.fault(&attribute.value)
            {
                self.error(&codes::ISO_VALUE, name, message);
            }
            if name == "Ccy" {
                self.currency = Some(attribute.value.into_owned());
            }
        }
        if seen < allowed.len() {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| name.as_str()).collect();
            self.error(&codes::ISO_ATTRIBUTE, &names.join(" "), "the attribute is missing");
        }
    }

    fn close(&mut self) {
        if self.done {
            return;
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let (Some(frame), Some(schema)) = (self.frames.last(), self.schema) else {
            self.outside = self.outside.saturating_sub(1);
            return;
        };
        let text = std::mem::take(&mut self.text);
        let ty = &schema.types[frame.ty];
        let line = frame.line;
        let simple = match &ty.kind {
            TypeKind::Simple(simple) => Some(simple),
            TypeKind::Attributed(base, _) => match &schema.types[*base].kind {
                TypeKind::Simple(simple) => Some(simple),
                _ => None,
            },
            TypeKind::Sequence(slots) => {
                let mut missing: Vec<String> = Vec::new();
                for (i, slot) in slots.iter().enumerate().skip(frame.slot) {
                    if !(slot.is_optional() || i == frame.slot && frame.count > 0) {
                        missing.push(one_of(slot));
                    }
                }
                let blank = text.trim_matches([' ', '\t', '\n', '\r']).is_empty();
                if !blank {
                    self.say(
                        Severity::Error,
                        &codes::ISO_ELEMENT_UNEXPECTED,
                        line,
                        "",
                        "text stands beside elements".to_owned(),
                    );
                }
                for what in missing {
                    self.say(
                        Severity::Error,
                        &codes::ISO_ELEMENT_MISSING,
                        line,
                        &what,
                        "it is missing".to_owned(),
                    );
                }
                None
            }
        };
        if let Some(simple) = simple {
            let fault = simple.fault(&text);
            let good = fault.is_none();
            if let Some(message) = fault {
                self.say(Severity::Error, &codes::ISO_VALUE, line, "", message);
            }
            if good {
                let currency = self.currency.take();
                self.value(&ty.name, &text, currency.as_deref());
            }
        }
        if self.rules.has_findings(&self.frames) {
            for (severity, code, line, field, message) in self.rules.close(&self.frames) {
                self.say(severity, code, line, field, message);
            }
        }
        self.frames.pop();
        if self.frames.is_empty() {
            self.summary.items += self.rules.items();
            self.schema = None;
        }
    }

    fn value(&mut self, ty: &str, text: &str, currency: Option<&str>) {
        let is_header = self.frames.first().is_some_and(|f| f.name == "AppHdr");
        if is_header && self.frames.len() == 2 && self.frames[1].name == "MsgDefIdr" {
            self.header = Some((self.line, text.to_owned()));
        }
        let line = self.line;
        for (severity, code, message) in self.rules.value(&self.frames, ty, text, currency) {
            self.say(severity, code, line, "", message);
        }
    }

    fn finish(mut self) -> Summary {
        if self.findings.is_valid() {
            if !self.frames.is_empty() || self.outside > 0 || self.skipped > 0 {
                self.error(&codes::XML_MALFORMED, "", "the file ends inside of an element");
            } else if self.summary.messages.is_empty() {
                self.error(&codes::ISO_MESSAGE_UNKNOWN, "", "there is no message of ISO 20022");
            }
        }
        self.summary
    }
}

/// The names that may stand in a slot.
fn one_of(slot: &super::schema::Slot) -> String {
    slot.elements.iter().map(|e| e.name.as_str()).collect::<Vec<_>>().join(" or ")
}
