//! How ids, times and days lie in columns.

use bytes::{BufMut, BytesMut};
use pmts_kernel::Timestamp;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A 128-bit id as `uuid`: its order is number order, and time-ordered ids lie side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Id(pub(super) u128);

impl Id {
    /// `None` for 0.
    pub(super) fn unless_zero(id: u128) -> Option<Self> {
        (id != 0).then_some(Self(id))
    }
}

impl ToSql for Id {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_u128(self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }

    to_sql_checked!();
}

impl FromSql<'_> for Id {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(u128::from_be_bytes(raw.try_into()?)))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }
}

/// Microseconds from 1970 to 2000, where the database's clock begins.
const EPOCH: i64 = 946_684_800_000_000;
/// The database's range: from 4714 BC to 294276 AD, in its own microseconds.
const RANGE: std::ops::Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;

/// A moment as `timestamptz`. The ends of our range are the database's infinities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time(pub(super) Timestamp);

impl Time {
    /// Whether the database can hold it.
    pub(super) fn fits(at: Timestamp) -> bool {
        let micros = at.as_micros();
        micros == i64::MAX
            || micros == i64::MIN
            || micros.checked_sub(EPOCH).is_some_and(|m| RANGE.contains(&m))
    }
}

impl ToSql for Time {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let micros = match self.0.as_micros() {
            end @ (i64::MAX | i64::MIN) => end,
            micros => micros.checked_sub(EPOCH).ok_or("a time out of range")?,
        };
        out.put_i64(micros);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }

    to_sql_checked!();
}

impl FromSql<'_> for Time {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let micros = match i64::from_be_bytes(raw.try_into()?) {
            end @ (i64::MAX | i64::MIN) => end,
            micros => micros.checked_add(EPOCH).ok_or("a time out of range")?,
        };
        Ok(Self(Timestamp::from_micros(micros)))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

/// Days from 1970 to 2000.
const EPOCH_DAY: i32 = 10_957;
/// The database's range of days, in its own count: from 4714 BC to 5874897 AD.
const DAYS: std::ops::Range<i32> = -2_451_545..2_145_031_949;

/// A day as `date`, in days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day(pub(super) i32);

impl Day {
    /// The first day that the database can hold.
    const FIRST: i32 = DAYS.start + EPOCH_DAY;
    /// The last.
    const LAST: i32 = DAYS.end - 1 + EPOCH_DAY;

    /// The day, or the nearest that the database can hold.
    pub(super) fn nearest(day: i32) -> Self {
        Self(day.clamp(Self::FIRST, Self::LAST))
    }

    /// Whether the database can hold it.
    pub(super) fn fits(day: i32) -> bool {
        day.checked_sub(EPOCH_DAY).is_some_and(|d| DAYS.contains(&d))
    }
}

impl ToSql for Day {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_i32(self.0.checked_sub(EPOCH_DAY).ok_or("a day out of range")?);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::DATE
    }

    to_sql_checked!();
}

impl FromSql<'_> for Day {
    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let day = i32::from_be_bytes(raw.try_into()?).checked_add(EPOCH_DAY);
        Ok(Self(day.ok_or("a day out of range")?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::DATE
    }
}
