//! What answers look like: the list of fields of each object, for the OpenAPI document and for a test that holds real
//! answers against it.

/// An object that is answered.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the OpenAPI document: `PaymentIntent`.
    pub name: &'static str,
    /// What it is, a sentence.
    pub about: &'static str,
    /// Its fields; all of them are always there.
    pub fields: &'static [Field],
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub of: Of,
    /// Whether it can be `null`.
    pub nullable: bool,
    /// What it means, a sentence.
    pub about: &'static str,
}

/// What is in a field.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// Text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Bool,
    /// Seconds since 1970.
    Moment,
    /// Texts by name.
    Texts,
    /// An object of this shape.
    Object(&'static Shape),
    /// The id of an object, or with `expand[]` the object itself.
    Expandable(&'static Shape),
    /// A list of objects of this shape.
    List(&'static Shape),
    /// A list of texts.
    TextList,
    /// An object whose fields depend on what it is about.
    Free,
}

impl Field {
    /// One that is always filled.
    pub const fn is(name: &'static str, of: Of, about: &'static str) -> Self {
        Self { name, of, nullable: false, about }
    }

    /// One that can be `null`.
    pub const fn may(name: &'static str, of: Of, about: &'static str) -> Self {
        Self { name, of, nullable: true, about }
    }
}

/// Compares an answer with its shape: says what is missing, what is too much, and what has another type.
#[cfg(test)]
pub(crate) fn differences(value: &serde_json::Value, shape: &Shape) -> Vec<String> {
    let mut out = Vec::new();
    compare(value, shape, shape.name, &mut out);
    out
}

#[cfg(test)]
fn compare(value: &serde_json::Value, shape: &Shape, place: &str, out: &mut Vec<String>) {
    let Some(map) = value.as_object() else { return out.push(format!("{place} is no object")) };
    for name in map.keys().filter(|n| shape.fields.iter().all(|f| f.name != **n)) {
        out.push(format!("{place}.{name} is not described"));
    }
    for field in shape.fields {
        let place = format!("{place}.{}", field.name);
        let Some(value) = map.get(field.name) else {
            out.push(format!("{place} is missing"));
            continue;
        };
        if value.is_null() {
            if !field.nullable {
                out.push(format!("{place} is null"));
            }
            continue;
        }
        let good = match field.of {
            Of::Text => value.is_string(),
            Of::Word(words) => value.as_str().is_some_and(|w| words.contains(&w)),
            Of::Integer | Of::Moment => value.is_i64(),
            Of::Bool => value.is_boolean(),
            Of::Texts => value.as_object().is_some_and(|o| o.values().all(serde_json::Value::is_string)),
            Of::TextList => value.as_array().is_some_and(|a| a.iter().all(serde_json::Value::is_string)),
            Of::Free => value.is_object(),
            Of::Expandable(_) if value.is_string() => true,
            Of::Object(shape) | Of::Expandable(shape) => {
                compare(value, shape, &place, out);
                true
            }
            Of::List(shape) => match value.as_array() {
                Some(items) => {
                    items
                        .iter()
                        .enumerate()
                        .for_each(|(i, v)| compare(v, shape, &format!("{place}[{i}]"), out));
                    true
                }
                None => false,
            },
        };
        if !good {
            out.push(format!("{place} has another type"));
        }
    }
}
