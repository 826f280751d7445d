//! Who gets which part: our own `splits[]`, or Stripe's `transfer_data` and `application_fee_amount` for one seller.

use crate::http::HttpError;
use crate::http::input::{Kind, Param, Params};
use pmts_money::Money;
use pmts_payments::{Part, Payee, Split};

const AMOUNT: Kind = Kind::Integer { min: 1, max: super::intent_params::AMOUNT_MAX };

const SPLIT: Kind = Kind::Object(&[
    Param::must(
        "seller",
        Kind::Reference { max: 32 },
        "The seller, or `platform` for the marketplace itself.",
    ),
    Param::must("amount", AMOUNT, "The seller's part, in minor units."),
    Param::may(
        "commission",
        Kind::Integer { min: 0, max: super::intent_params::AMOUNT_MAX },
        "What the marketplace keeps of it, in minor units; nothing if it is left out.",
    ),
]);

const PART: Kind = Kind::Object(&[
    Param::must(
        "seller",
        Kind::Reference { max: 32 },
        "The seller, or `platform` for the marketplace itself.",
    ),
    Param::must("amount", AMOUNT, "How much of the seller's part, in minor units."),
]);

/// The splits of a payment.
pub(super) const SPLITS: Param = Param::may(
    "splits",
    Kind::List { of: &SPLIT, max: 60 },
    "Who gets which part; the marketplace itself gets the rest. Not together with `transfer_data`.",
);

/// The parts of a capture or refund.
pub(super) const PARTS: Param = Param::may(
    "splits",
    Kind::List { of: &PART, max: 60 },
    "Whose parts; they add up to the amount. If it is left out: all parts, in proportion to what is left of each.",
);

/// The seller of a payment with one.
pub(super) const TRANSFER_DATA: Param = Param::may(
    "transfer_data",
    Kind::Object(&[
        Param::must("destination", Kind::Reference { max: 32 }, "The seller that gets the money."),
        Param::may(
            "amount",
            AMOUNT,
            "How much of it; the rest is the marketplace's. Not together with `application_fee_amount`.",
        ),
    ]),
    "The seller of a payment with one seller.",
);

/// The commission of a payment with one seller.
pub(super) const APPLICATION_FEE: Param = Param::may(
    "application_fee_amount",
    AMOUNT,
    "What the marketplace keeps of the seller's part, in minor units. Only together with `transfer_data`.",
);

/// Reads the splits of a payment over `amount`; none: the marketplace gets all.
///
/// # Errors
/// [`HttpError::Param`] for combinations that make no sense, [`HttpError::Engine`] for parts that do not fit.
pub(super) fn read(params: Params<'_>, amount: Money) -> Result<Vec<Split>, HttpError> {
    let money = |minor| Money::new(minor, amount.currency());
    let fee = params.integer("application_fee_amount");
    let splits = match (params.objects("splits"), params.object("transfer_data")) {
        (Some(_), Some(_)) => {
            return Err(HttpError::combination("splits", "it does not go together with transfer_data"));
        }
        (None, None) if fee.is_some() => {
            return Err(HttpError::combination(
                "application_fee_amount",
                "it goes together with transfer_data only",
            ));
        }
        (None, None) => return Ok(vec![]),
        (Some(_), None) if fee.is_some() => {
            return Err(HttpError::combination(
                "application_fee_amount",
                "it does not go together with splits: each split has its commission",
            ));
        }
        (Some(list), None) => {
            let mut splits = Vec::with_capacity(list.len() + 1);
            for split in list {
                let gross = money(split.integer("amount").unwrap_or_default());
                let commission = money(split.integer("commission").unwrap_or_default());
                splits.push(Split::new(payee(split)?, gross, commission)?);
            }
            splits
        }
        (None, Some(data)) => {
            let seller = Payee::seller(data.text("destination").unwrap_or_default())?;
            let part = match data.integer("amount") {
                Some(_) if fee.is_some() => {
                    return Err(HttpError::combination(
                        "transfer_data[amount]",
                        "it does not go together with application_fee_amount",
                    ));
                }
                Some(part) => money(part),
                None => amount,
            };
            vec![Split::new(seller, part, money(fee.unwrap_or(0)))?]
        }
    };
    with_rest(splits, amount)
}

/// What nobody is named for is the marketplace's.
fn with_rest(mut splits: Vec<Split>, amount: Money) -> Result<Vec<Split>, HttpError> {
    let named = Money::sum(amount.currency(), splits.iter().map(|s| s.gross))?;
    let rest = amount.checked_sub(named)?;
    if rest.is_positive() {
        let own = splits.iter().position(|s| s.payee == Payee::Platform);
        let before = own.map(|at| splits.remove(at));
        let gross = before.map_or(Ok(rest), |s| s.gross.checked_add(rest))?;
        splits.push(Split::new(Payee::Platform, gross, Money::new(0, amount.currency()))?);
    }
    Ok(splits)
}

fn payee(split: Params<'_>) -> Result<Payee, HttpError> {
    match split.text("seller").unwrap_or_default() {
        Payee::PLATFORM => Ok(Payee::Platform),
        seller => Ok(Payee::seller(seller)?),
    }
}

/// Reads the parts of a capture or refund.
///
/// # Errors
/// [`HttpError::Engine`] for a seller that can be none.
pub(super) fn parts(params: Params<'_>, zero: Money) -> Result<Vec<Part>, HttpError> {
    let list = params.objects("splits").unwrap_or_default();
    let part = |p: Params<'_>| {
        let amount = Money::new(p.integer("amount").unwrap_or_default(), zero.currency());
        Ok(Part { payee: payee(p)?, amount })
    };
    list.into_iter().map(part).collect()
}
