//! The audit: who did which privileged action, on a chain of hashes.
//!
//! [`AuditedStore`] lies between the platform and its store. It writes an [`AuditRow`] into every commit that issues or revokes keys, decides about
//! people, money or rules, or closes the books: the row is there if and only if the action is. Each row has the hash of the one before, so that a row that is
//! changed, removed or put elsewhere is seen by [`verify`], and so is a record that was changed past the platform. Who cuts rows off at the end, or writes the
//! whole chain anew, is seen by a [`Checkpoint`] that was signed before and is kept outside.
//!
//! | file | what |
//! | --- | --- |
//! | `row.rs` | a row and its hash |
//! | `store.rs` | which commits are privileged actions, and the rows in them |
//! | `verify.rs` | all rows, and the records they tell of |
//! | `checkpoint.rs` | signed checkpoints |

mod checkpoint;
mod row;
mod store;
#[cfg(test)]
mod tests;
mod verify;

pub use checkpoint::{Checkpoint, KEY_FILE, Signer, key_file};
pub use row::{AuditRow, Change, Head};
pub use store::AuditedStore;
pub use verify::{AuditReport, verify};

use pmts_store::{Store, StoreError};

/// How far the audit of a store has come.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub async fn head(store: &dyn Store) -> Result<Head, StoreError> {
    store::head(store).await
}
