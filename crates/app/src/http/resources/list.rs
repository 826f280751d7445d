//! Lists: newest first, page by page, in the manner of Stripe.

use crate::http::HttpError;
use crate::http::call::read_id;
use crate::http::input::{Kind, Param, Params};
use serde_json::{Value, json};

/// How many objects on a page.
pub(super) const LIMIT: Param = Param::may(
    "limit",
    Kind::Integer { min: 1, max: 100 },
    "How many objects on a page; 10 if it is left out.",
);

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// How many.
    pub(super) limit: usize,
    /// Beyond this id.
    pub(super) cursor: Option<u128>,
    /// Towards newer objects.
    pub(super) backwards: bool,
}

impl Page {
    /// Reads `limit`, `starting_after` and `ending_before`.
    ///
    /// # Errors
    /// [`HttpError::Param`] when both cursors are there; [`HttpError::NotFound`] for one that is no id.
    pub(super) fn read(
        params: Params<'_>,
        prefix: &'static str,
        what: &'static str,
    ) -> Result<Self, HttpError> {
        let limit = params.integer("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(10);
        let (after, before) = (params.text("starting_after"), params.text("ending_before"));
        let (text, param) = match (after, before) {
            (Some(_), Some(_)) => {
                return Err(HttpError::combination(
                    "ending_before",
                    "it does not go together with starting_after",
                ));
            }
            (Some(text), None) => (text, "starting_after"),
            (None, Some(text)) => (text, "ending_before"),
            (None, None) => return Ok(Self { limit, cursor: None, backwards: false }),
        };
        let cursor = read_id(prefix, text).ok_or(HttpError::NotFound { what, param })?;
        Ok(Self { limit, cursor: Some(cursor), backwards: before.is_some() })
    }

    /// The page's part of all objects, the newest first, and one more if there are more.
    ///
    /// # Errors
    /// [`HttpError::NotFound`] for a cursor that is none of them.
    pub(super) fn part<T>(
        &self,
        mut all: Vec<T>,
        id: impl Fn(&T) -> u128,
        what: &'static str,
    ) -> Result<Vec<T>, HttpError> {
        if self.backwards {
            all.reverse();
        }
        if let Some(cursor) = self.cursor {
            let param = if self.backwards { "ending_before" } else { "starting_after" };
            let place = all.iter().position(|item| id(item) == cursor);
            all.drain(..=place.ok_or(HttpError::NotFound { what, param })?);
        }
        all.truncate(self.limit + 1);
        Ok(all)
    }

    /// The list object of a page for which one more than the limit was asked for. `items` are in the order in which they
    /// were asked for.
    pub(super) fn envelope<T>(&self, mut items: Vec<T>, url: &str, render: impl Fn(T) -> Value) -> Value {
        let has_more = items.len() > self.limit;
        items.truncate(self.limit);
        if self.backwards {
            items.reverse();
        }
        let data: Vec<Value> = items.into_iter().map(render).collect();
        json!({ "object": "list", "url": url, "has_more": has_more, "data": data })
    }
}

/// The two cursors of a list.
macro_rules! cursors {
    ($prefix:literal) => {
        [
            crate::http::input::Param::may(
                "starting_after",
                crate::http::input::Kind::Id(&[$prefix]),
                "Older than this object.",
            ),
            crate::http::input::Param::may(
                "ending_before",
                crate::http::input::Kind::Id(&[$prefix]),
                "Newer than this object.",
            ),
        ]
    };
}
pub(super) use cursors;
