//! An endpoint: its address, who may call it, its parameters, and what it does. One list of them makes the routes, the
//! checks and the OpenAPI document.

use super::HttpError;
use super::call::Call;
use super::input::Param;
use super::reply::Reply;
use super::shape::Shape;
use pmts_identity::KeyKind;
use std::pin::Pin;

/// The methods there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Does.
    Post,
    /// Removes.
    Delete,
}

impl Method {
    /// The word in the request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// Who may call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a key.
    Open,
    /// Secret keys; those of the case team, too, if it only reads.
    Secret,
    /// Secret and publishable keys.
    Publishable,
    /// Keys of the case team. Neither log nor metrics tell which of these endpoints was called.
    CaseTeam,
}

impl Access {
    /// Whether a key of this kind may call with this method; `None`: no key. The matrix in `docs/reference/roles.md` is made from this.
    pub const fn admits(self, key: Option<KeyKind>, method: Method) -> bool {
        match (self, key) {
            (Self::Open, _) | (Self::Publishable, Some(KeyKind::Secret | KeyKind::Publishable)) => true,
            (_, None) | (Self::Secret, Some(KeyKind::Publishable)) => false,
            (Self::Secret, Some(KeyKind::Secret)) | (Self::CaseTeam, Some(KeyKind::CaseTeam)) => true,
            (Self::CaseTeam, Some(KeyKind::Secret | KeyKind::Publishable)) => false,
            (Self::Secret | Self::Publishable, Some(KeyKind::CaseTeam)) => matches!(method, Method::Get),
        }
    }
}

/// How much of the limits a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// A call like others.
    Normal,
    /// One that a card tester would make: from a publishable key it is counted by address as well.
    Card,
}

/// What an endpoint answers when all is well.
#[derive(Debug, Clone, Copy)]
pub enum Gives {
    /// An object.
    Object(&'static Shape),
    /// A page of a list of objects.
    Page(&'static Shape),
    /// An object whose fields depend on what it is about.
    Free(&'static str),
    /// Plain text.
    Text(&'static str),
}

/// What a handler is doing while it runs.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Reply, HttpError>> + Send>>;

/// An endpoint.
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path; `{id}` stands for one part.
    pub path: &'static str,
    /// Its name in the OpenAPI document.
    pub name: &'static str,
    /// What it does, a sentence.
    pub about: &'static str,
    /// Who may call it.
    pub access: Access,
    /// How much it takes.
    pub weight: Weight,
    /// Its parameters: in the query for GET, in the body for POST.
    pub params: &'static [Param],
    /// What it answers when all is well.
    pub gives: Gives,
    /// The longest body, in bytes.
    pub body_max: usize,
    pub(crate) run: fn(Call) -> Running,
}

/// The longest body of most endpoints, in bytes.
pub(crate) const BODY_MAX: usize = 64 * 1024;

impl Endpoint {
    /// The words of the path.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').skip(1)
    }

    /// Whether it answers this path; gives the parts that stand for `{...}`.
    pub(crate) fn matches(&self, path: &[&str]) -> Option<Vec<String>> {
        let mut ids = Vec::new();
        let mut parts = self.parts();
        for found in path {
            match parts.next()? {
                part if part.starts_with('{') => ids.push((*found).to_owned()),
                part if part == *found => {}
                _ => return None,
            }
        }
        parts.next().is_none().then_some(ids)
    }
}
