//! Anything else that stays inside: keys, passwords, tokens.

use serde::{Serialize, Serializer};
use std::fmt;
use zeroize::Zeroize;

const SHOWN: &str = "[secret]";

/// A value that prints and serializes as `[secret]` and is overwritten on drop.
///
/// There is no `Eq`: compare secrets with a function made for it, one that takes equally long whatever differs. There
/// is no `Deserialize`: a secret is read where it is meant to be read, and put in here.
///
/// A fixed array (`Secret<[u8; 32]>`) is copied when it moves and the old place is not overwritten; put it in a `Box`
/// where that matters.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value: the one way to it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SHOWN)
    }
}

impl<T: Zeroize> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SHOWN)
    }
}

/// Writes `[secret]`.
impl<T: Zeroize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(SHOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Counted(Arc<AtomicUsize>);

    impl Zeroize for Counted {
        fn zeroize(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn is_wiped_once_on_drop() {
        let wiped = Arc::new(AtomicUsize::new(0));
        let secret = Secret::new(Counted(wiped.clone()));
        assert_eq!(wiped.load(Ordering::SeqCst), 0);
        drop(secret);
        assert_eq!(wiped.load(Ordering::SeqCst), 1);
    }
}
