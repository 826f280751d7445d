//! A mistake put right.

use crate::error::codes;
use crate::{Entry, Metadata, MetadataError, Transfer, TransferCode, TransferKind};
use pmts_kernel::{CodeInfo, Coded};

/// Takes a recorded transfer back and posts what is right, in one journal. Nothing recorded is changed. The reversal and what
/// is right carry the metadata `corrects` (the id of the wrong transfer) and `why`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    reversal: Transfer,
    right: Vec<Transfer>,
    right_first: bool,
}

/// The correction cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionError {
    /// The entry moved nothing (a reservation, or the end of one), or is itself a reversal: post what is right instead.
    #[error("only what was posted can be taken back, and no reversal")]
    NotPosted,
    /// The reason, or what the right transfer already carries, cannot be metadata together.
    #[error("the reason cannot be kept as metadata")]
    Why(#[source] MetadataError),
}

impl Coded for CorrectionError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::NotPosted => &codes::CORRECTION_NOT_POSTED,
            Self::Why(error) => error.code(),
        }
    }
}

impl Correction {
    /// Takes back the transfer of an entry, for a reason in a few words.
    ///
    /// # Errors
    /// [`CorrectionError`].
    pub fn of(wrong: &Entry, code: TransferCode, why: &str) -> Result<Self, CorrectionError> {
        if wrong.posted_minor() == 0 || matches!(wrong.transfer.kind, TransferKind::Reverse { .. }) {
            return Err(CorrectionError::NotPosted);
        }
        let corrects = [("corrects", wrong.transfer.id.to_string()), ("why", why.to_owned())];
        let metadata = Metadata::try_new(corrects).map_err(CorrectionError::Why)?;
        let reversal = Transfer::reverse(&wrong.transfer, code).with_metadata(metadata);
        Ok(Self { reversal, right: Vec::new(), right_first: false })
    }

    /// With a transfer that is right. Without a reference of its own it gets that of the wrong one.
    ///
    /// # Errors
    /// [`CorrectionError::Why`] if it carries too much metadata already.
    pub fn with(mut self, mut right: Transfer) -> Result<Self, CorrectionError> {
        for (key, value) in self.reversal.metadata.pairs() {
            right.metadata = right.metadata.with(key, value).map_err(CorrectionError::Why)?;
        }
        if right.reference == 0 {
            right.reference = self.reversal.reference;
        }
        self.right.push(right);
        Ok(self)
    }

    /// The reversal counts for a day (days since 1970-01-01): that of the wrong transfer while its period is open.
    #[must_use]
    pub fn effective_on(mut self, day: i32) -> Self {
        self.reversal.effective_day = Some(day);
        self
    }

    /// What is right is posted before the wrong is taken back: for an account that has spent what it got by mistake.
    #[must_use]
    pub fn right_first(mut self) -> Self {
        self.right_first = true;
        self
    }

    /// Its transfers, of one journal.
    pub fn transfers(&self) -> Vec<Transfer> {
        let reversal = std::iter::once(self.reversal.clone());
        let right = self.right.iter().cloned();
        if self.right_first { right.chain(reversal).collect() } else { reversal.chain(right).collect() }
    }
}
