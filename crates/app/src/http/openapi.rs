//! The OpenAPI 3.1 document, made from the list of endpoints.

use super::api::VERSION;
use super::endpoint::{Access, Endpoint, Gives, Method};
use super::input::{Kind, Param};
use super::routes;
use super::shape::{Field, Of, Shape};
use pmts_money::Currency;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The document.
pub fn document() -> Value {
    let mut shapes: BTreeMap<&str, &'static Shape> = BTreeMap::new();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in routes::all() {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_ascii_lowercase()] = operation(endpoint);
        if let Gives::Object(shape) | Gives::Page(shape) = endpoint.gives {
            collect(shape, &mut shapes);
        }
    }
    let mut schemas: Map<String, Value> =
        shapes.values().map(|shape| (shape.name.to_owned(), object(shape))).collect();
    schemas.insert("Error".into(), error());
    let codes: Vec<String> = Currency::active().map(|c| c.code().to_ascii_lowercase()).collect();
    schemas.insert(
        "Currency".into(),
        json!({ "type": "string", "enum": codes, "description": "A currency in use; capital letters are taken, too." }),
    );
    for endpoint in routes::all().iter().filter(|e| e.method == Method::Post) {
        schemas.insert(request_name(endpoint), parameters_of(endpoint.params));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "PMTS",
            "version": VERSION,
            "description": format!(
                "Payments in the manner of version {VERSION} of Stripe's public API, and the ledger beside them. Amounts are whole \
                 numbers of minor units of ISO 4217. An outcome that is not known yet is `processing` or `pending`."
            ),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "An API key: `sk_...`, or `pk_...` where publishable keys are taken." },
                "basic": { "type": "http", "scheme": "basic", "description": "The API key as user name, without a password." },
            },
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let mut parameters: Vec<Value> = endpoint
        .parts()
        .filter_map(|p| p.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }))
        .collect();
    let mut out = json!({
        "operationId": endpoint.name,
        "summary": endpoint.about,
        "responses": responses(endpoint),
    });
    match endpoint.method {
        Method::Get | Method::Delete => parameters.extend(endpoint.params.iter().map(query)),
        Method::Post => {
            parameters.push(json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "The same key with the same request has one effect and one answer.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$" },
            }));
            let schema = reference(&request_name(endpoint));
            let required = endpoint.params.iter().any(|p| p.required);
            // Lists and objects have names with brackets in a form: `card[number]`, `expand[]`.
            let deep = json!({ "schema": schema, "encoding": encoding(endpoint.params) });
            let mut content = Map::new();
            content.insert("application/json".into(), json!({ "schema": schema }));
            content.insert("application/x-www-form-urlencoded".into(), deep);
            out["requestBody"] = json!({ "required": required, "content": content });
        }
    }
    if !parameters.is_empty() {
        out["parameters"] = json!(parameters);
    }
    out["security"] = match endpoint.access {
        Access::Open => json!([]),
        Access::Secret | Access::Publishable | Access::CaseTeam => json!([{ "bearer": [] }, { "basic": [] }]),
    };
    match endpoint.access {
        Access::Publishable => out["description"] = json!("Publishable keys are taken."),
        Access::CaseTeam => out["description"] = json!("Only keys of the case team are taken."),
        Access::Open | Access::Secret => {}
    }
    out
}

/// The name of what is sent to it.
fn request_name(endpoint: &Endpoint) -> String {
    format!("{}Request", endpoint.name)
}

fn query(param: &Param) -> Value {
    let mut out = json!({
        "name": param.name, "in": "query", "required": param.required, "description": param.about, "schema": schema(&param.kind),
    });
    if let Kind::List { .. } = param.kind {
        out["name"] = json!(format!("{}[]", param.name));
        (out["style"], out["explode"]) = (json!("form"), json!(true));
    }
    out
}

fn encoding(params: &[Param]) -> Value {
    let nested =
        params.iter().filter(|p| matches!(p.kind, Kind::Object(_) | Kind::List { .. } | Kind::Metadata));
    nested
        .map(|p| (p.name.to_owned(), json!({ "style": "deepObject", "explode": true })))
        .collect::<Map<_, _>>()
        .into()
}

fn parameters_of(params: &[Param]) -> Value {
    let mut properties = Map::new();
    for param in params {
        let mut of = schema(&param.kind);
        of["description"] = json!(param.about);
        properties.insert(param.name.into(), of);
    }
    let mut out = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let required: Vec<&str> = params.iter().filter(|p| p.required).map(|p| p.name).collect();
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    out
}

/// Text without control characters other than tab and line end.
const NO_CONTROL: &str = "^[^\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F]*$";

fn schema(kind: &Kind) -> Value {
    match kind {
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Moment => json!({ "type": "integer", "minimum": 0, "maximum": 253_402_300_799_i64 }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Text { max } => {
            json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": NO_CONTROL })
        }
        Kind::TextOrNothing { max } => json!({ "type": "string", "maxLength": max, "pattern": NO_CONTROL }),
        Kind::Reference { max } => {
            json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": "^[!-~]+$" })
        }
        Kind::CardData { max } => {
            json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": "^[0-9 -]+$" })
        }
        Kind::Id(prefixes) => {
            let mut out = json!({ "type": "string", "maxLength": 128, "pattern": format!("^({})_[!-~]+$", prefixes.join("|")) });
            if *prefixes == ["pm"] {
                out["examples"] = json!(["pm_card_visa"]);
            }
            out
        }
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
        Kind::Currency => reference("Currency"),
        Kind::Metadata => json!({
            "type": "object",
            "maxProperties": super::input::METADATA_NAMES,
            "propertyNames": { "minLength": 1, "maxLength": super::input::METADATA_NAME },
            "additionalProperties": { "type": "string", "maxLength": super::input::METADATA_VALUE, "pattern": NO_CONTROL },
        }),
        Kind::Object(params) => parameters_of(params),
        Kind::List { of, max } => json!({ "type": "array", "items": schema(of), "maxItems": max }),
    }
}

fn responses(endpoint: &Endpoint) -> Value {
    let good = match endpoint.gives {
        Gives::Object(shape) => {
            json!({ "description": shape.about, "content": { "application/json": { "schema": reference(shape.name) } } })
        }
        Gives::Page(shape) => json!({
            "description": format!("A page of a list. {}", shape.about),
            "content": { "application/json": { "schema": {
                "type": "object",
                "properties": {
                    "object": { "const": "list" },
                    "url": { "type": "string" },
                    "has_more": { "type": "boolean" },
                    "data": { "type": "array", "items": reference(shape.name) },
                },
                "required": ["object", "url", "has_more", "data"],
            } } },
        }),
        Gives::Free(about) => {
            json!({ "description": about, "content": { "application/json": { "schema": { "type": "object" } } } })
        }
        Gives::Text(about) => {
            json!({ "description": about, "content": { "text/plain": { "schema": { "type": "string" } } } })
        }
    };
    let mut good = good;
    let links = links(endpoint);
    if !links.is_empty() {
        good["links"] = json!(links);
    }
    json!({
        "200": good,
        "default": { "description": "Refused or failed.", "content": { "application/json": { "schema": reference("Error") } } },
    })
}

/// What can be done with the object that was made, or with the first of a list.
fn links(endpoint: &Endpoint) -> Map<String, Value> {
    let id = match (endpoint.method, endpoint.gives) {
        (Method::Post, Gives::Object(_)) => "$response.body#/id",
        (Method::Get, Gives::Page(_)) => "$response.body#/data/0/id",
        _ => return Map::new(),
    };
    let below = format!("{}/{{id}}", endpoint.path);
    let found = routes::all().iter().filter(|e| e.path.starts_with(&below));
    found.map(|e| (e.name.to_owned(), json!({ "operationId": e.name, "parameters": { "id": id } }))).collect()
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn collect(shape: &'static Shape, into: &mut BTreeMap<&str, &'static Shape>) {
    if into.insert(shape.name, shape).is_some() {
        return;
    }
    for field in shape.fields {
        if let Of::Object(below) | Of::List(below) | Of::Expandable(below) = field.of {
            collect(below, into);
        }
    }
}

fn object(shape: &Shape) -> Value {
    let properties: Map<String, Value> =
        shape.fields.iter().map(|f| (f.name.to_owned(), property(f))).collect();
    json!({ "type": "object", "description": shape.about, "properties": properties })
}

fn property(field: &Field) -> Value {
    let mut out = match field.of {
        Of::Text => json!({ "type": "string" }),
        Of::Word(words) => json!({ "type": "string", "enum": words }),
        Of::Integer => json!({ "type": "integer" }),
        Of::Moment => json!({ "type": "integer", "minimum": 0 }),
        Of::Bool => json!({ "type": "boolean" }),
        Of::Texts => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Of::TextList => json!({ "type": "array", "items": { "type": "string" } }),
        Of::Free => json!({ "type": "object" }),
        Of::Object(shape) => reference(shape.name),
        Of::Expandable(shape) => json!({ "anyOf": [{ "type": "string" }, reference(shape.name)] }),
        Of::List(shape) => json!({ "type": "array", "items": reference(shape.name) }),
    };
    if field.nullable {
        out = json!({ "anyOf": [out, { "type": "null" }] });
    }
    out["description"] = json!(field.about);
    out
}

fn error() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    json!({
        "type": "object",
        "description": "Why a request was refused or failed.",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {
                "type": {
                    "type": "string",
                    "enum": ["api_error", "card_error", "idempotency_error", "invalid_request_error"],
                    "description": "Whose fault it is.",
                },
                "code": text("The code that programs match on."),
                "decline_code": text("Of a decline: why the issuer refused."),
                "param": text("The parameter it is about."),
                "message": text("The same for people."),
                "doc_url": text("Where the code is explained."),
                "pmts_code": text("The code under which it is explained."),
                "request_id": text("The name of the request in the log."),
                "payment_intent": { "$ref": "#/components/schemas/PaymentIntent" },
            },
        } },
    })
}
