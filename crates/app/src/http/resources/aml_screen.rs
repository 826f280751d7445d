//! `/v1/aml/screen`: a name against the lists, or two names against each other; nothing is kept. `/v1/aml/lists`: what is screened against.

use super::aml_parties::{KINDS, SUBJECT, desk, kind, lists, subject};
use super::risk_people::endpoint;
use crate::aml::{AmlError, comparable};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, Gives, Method};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use pmts_compliance::aml::matching::compare_texts;
use pmts_compliance::aml::{Found, Subject};
use serde_json::{Value, json};

/// A name against the lists.
static SCREENING: Shape = Shape {
    name: "AmlScreening",
    about: "What was found about a name. Nothing of it is kept, and nobody is held for it.",
    fields: &[
        Field::is("object", Of::Word(&["aml_screening"]), "What it is."),
        Field::is("hit", Of::Bool, "Whether a person must look at it."),
        Field::is("lists", Of::Texts, "The lists it was screened against, each with its version."),
        Field::is("matches", Of::List(&MATCH), "Entries that are like it, the likeliest first."),
        Field::is("score", Of::Integer, "How alike the likeliest is, 0 to 1,000; 0 if there is none."),
    ],
};

static MATCH: Shape = Shape {
    name: "AmlMatch",
    about: "An entry of a list that is like a name.",
    fields: &[
        Field::is("entry", Of::Text, "Which entry, by the list's own id."),
        Field::is("hit", Of::Bool, "Whether a person must look at it."),
        Field::is("kind", Of::Word(KINDS), "What it is."),
        Field::is("list", Of::Text, "Which list."),
        Field::is("listed_name", Of::Text, "Its name that is most alike."),
        Field::is("score", Of::Integer, "How alike, 0 to 1,000."),
        Field::is("version", Of::Text, "Which version of the list."),
        Field::may("why", Of::Free, "What the score is made of."),
    ],
};

/// Two names.
static PAIR: Shape = Shape {
    name: "AmlPair",
    about: "How alike two names are.",
    fields: &[
        Field::is("object", Of::Word(&["aml_pair"]), "What it is."),
        Field::is("hit", Of::Bool, "Whether they are taken for one."),
        Field::is("kind", Of::Word(KINDS), "As what they were compared."),
        Field::is("score", Of::Integer, "How alike, 0 to 1,000."),
        Field::is("why", Of::Free, "What the score is made of."),
    ],
};

/// A list in force.
static LIST: Shape = Shape {
    name: "AmlList",
    about: "A list that is screened against.",
    fields: &[
        Field::is("object", Of::Word(&["aml_list"]), "What it is."),
        Field::is("list", Of::Text, "Its name."),
        Field::is("version", Of::Text, "Which version of it is in force."),
    ],
};

/// The most matches shown.
const MATCHES: i64 = 100;
const NAME: Kind = Kind::Text { max: 500 };

const PARAMS: &[Param] = &{
    let [name, kind, birth_date, countries, identifiers, address] = SUBJECT;
    let limit = Kind::Integer { min: 1, max: MATCHES };
    let limit = Param::may("limit", limit, "The most matches shown; 10 if it is left out.");
    [name, kind, birth_date, countries, identifiers, address, limit]
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Method::Post,
        "/v1/aml/screen",
        "PostAmlScreen",
        "Screen a name without keeping it.",
        PARAMS,
        Gives::Object(&SCREENING),
        |call| Box::pin(screen(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/aml/screen/pair",
        "PostAmlScreenPair",
        "Compare two names with each other, without any list.",
        &[
            Param::must("name1", NAME, "A name."),
            Param::must("name2", NAME, "Another one."),
            Param::may(
                "kind",
                Kind::OneOf(KINDS),
                "What bears them; if it is left out, a company if one of them has a legal form, else a person.",
            ),
        ],
        Gives::Object(&PAIR),
        |call| Box::pin(pair(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/aml/lists",
        "GetAmlLists",
        "List what is screened against.",
        &[],
        Gives::Page(&LIST),
        |call| Box::pin(in_force(call)),
    ),
];

fn shown(found: &Found) -> Value {
    let why = found.why.as_ref().map(|(name, details)| json!({ "name": name, "details": details }));
    json!({
        "entry": found.id, "hit": found.hit, "kind": found.kind, "list": found.list, "listed_name": found.name,
        "score": found.score, "version": found.version, "why": why,
    })
}

async fn screen(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let subject = subject(params)?;
    // A name that cannot be compared would pass for a clean one.
    comparable(&subject)?;
    let limit = params.integer("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(10);
    let screened = desk(&call)?.screening.screen(&subject).await.map_err(AmlError::from)?;
    Ok(Reply::ok(&json!({
        "object": "aml_screening",
        "hit": screened.is_hit(),
        "lists": lists(&screened.lists),
        "matches": screened.found.iter().take(limit).map(shown).collect::<Vec<_>>(),
        "score": screened.found.first().map_or(0, |found| found.score),
    })))
}

async fn pair(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let [first, second] = ["name1", "name2"].map(|name| params.text(name).unwrap_or_default());
    let pair = compare_texts(first, second, kind(params));
    Ok(Reply::ok(&json!({
        "object": "aml_pair", "hit": pair.hit, "kind": pair.kind, "score": pair.score, "why": pair.why,
    })))
}

async fn in_force(call: Call) -> Result<Reply, HttpError> {
    let screened = desk(&call)?.screening.screen(&Subject::default()).await.map_err(AmlError::from)?;
    let shown = screened
        .lists
        .iter()
        .map(|(list, version)| json!({ "object": "aml_list", "list": list, "version": version }));
    Ok(super::risk_people::list_of("/v1/aml/lists", shown.collect()))
}
