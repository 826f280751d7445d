//! The parameters of payment intents.

use super::risk_params::RISK;
use super::splits::{APPLICATION_FEE, PARTS, SPLITS, TRANSFER_DATA};
use crate::http::input::{Kind, Param};

/// The highest amount, in minor units.
pub(super) const AMOUNT_MAX: i64 = 99_999_999_999;

const AMOUNT: Kind = Kind::Integer { min: 1, max: AMOUNT_MAX };

const METHOD: Param = Param::may("payment_method", Kind::Id(&["pm"]), "How it is paid.");

/// A card, or in test mode the token of one.
pub(super) const CARD: Kind = Kind::Object(&[
    Param::may(
        "number",
        Kind::CardData { max: 32 },
        "The card number: digits; spaces and dashes are left out.",
    ),
    Param::may("exp_month", Kind::Integer { min: 1, max: 12 }, "The last month in which it is valid."),
    Param::may(
        "exp_year",
        Kind::Integer { min: 0, max: 9_999 },
        "The year of that month, two or four digits.",
    ),
    Param::may(
        "cvc",
        Kind::CardData { max: 8 },
        "The security code. It is kept in memory only, until it is used or a few minutes have passed.",
    ),
    Param::may(
        "token",
        Kind::Id(&["tok"]),
        "In test mode: the token of a fixed test card, in the place of the card.",
    ),
]);

/// What the cardholder gave beside the card. Only the address is used: the issuer compares it. Nothing of it is kept.
pub(super) const BILLING: Param = Param::may(
    "billing_details",
    Kind::Object(&[
        Param::may(
            "address",
            Kind::Object(&[
                Param::may("line1", Kind::TextOrNothing { max: 200 }, "Street and number."),
                Param::may("line2", Kind::TextOrNothing { max: 200 }, "Not used."),
                Param::may("city", Kind::TextOrNothing { max: 200 }, "Not used."),
                Param::may("state", Kind::TextOrNothing { max: 200 }, "Not used."),
                Param::may("postal_code", Kind::TextOrNothing { max: 20 }, "Postal code."),
                Param::may("country", Kind::TextOrNothing { max: 2 }, "Not used."),
            ]),
            "The billing address: the issuer compares it. It is not kept.",
        ),
        Param::may("name", Kind::TextOrNothing { max: 200 }, "Not used and not kept."),
        Param::may("email", Kind::TextOrNothing { max: 512 }, "Not used and not kept."),
        Param::may("phone", Kind::TextOrNothing { max: 40 }, "Not used and not kept."),
    ]),
    "What the cardholder gave beside the card.",
);

const METHOD_DATA: Param = Param::may(
    "payment_method_data",
    Kind::Object(&[
        Param::must("type", Kind::OneOf(&["card"]), "What it is."),
        Param::may("card", CARD, "The card."),
        BILLING,
        Param::may("metadata", Kind::Metadata, "Names and values of your own."),
    ]),
    "How it is paid, handed in with the request.",
);

const METHOD_OPTIONS: Param = Param::may(
    "payment_method_options",
    Kind::Object(&[Param::may(
        "card",
        Kind::Object(&[Param::may(
            "request_partial_authorization",
            Kind::OneOf(&["if_available", "never"]),
            "Whether less than the whole amount is taken too.",
        )]),
        "For cards.",
    )]),
    "How the payment method is used.",
);

const EXPAND: Param = Param::may(
    "expand",
    Kind::List { of: &Kind::OneOf(&["latest_charge", "data.latest_charge"]), max: 4 },
    "Objects to be answered whole in the place of their id.",
);

const CLIENT_SECRET: Param = Param::may(
    "client_secret",
    Kind::Text { max: 200 },
    "The client secret of the payment: needed with a publishable key.",
);

const RETURN_URL: Param =
    Param::may("return_url", Kind::Text { max: 2_048 }, "Taken and not used: no method redirects.");
const SDK: Param = Param::may("use_stripe_sdk", Kind::Bool, "Taken and not used.");
const OFF_SESSION: Param = Param::may(
    "off_session",
    Kind::Bool,
    "The payer is not there: what the risk screen wants challenged is declined with `authentication_required`.",
);
const ACTION: Param = Param::may(
    "error_on_requires_action",
    Kind::Bool,
    "Decline with `authentication_required` what the risk screen wants challenged.",
);
const METADATA: Param = Param::may(
    "metadata",
    Kind::Metadata,
    "Names and values of your own. Never put card or personal data there.",
);
const DESCRIPTION: Param =
    Param::may("description", Kind::TextOrNothing { max: 1_000 }, "A sentence for people.");
const DESCRIPTOR: Param =
    Param::may("statement_descriptor", Kind::Text { max: 22 }, "What stands on the customer's statement.");
const CUSTOMER: Param = Param::may(
    "customer",
    Kind::Reference { max: 64 },
    "Who pays, in your own numbering: never a name or address.",
);
const TYPES: Param = Param::may(
    "payment_method_types",
    Kind::List { of: &Kind::OneOf(&["card"]), max: 1 },
    "How it may be paid.",
);
const CAPTURE_METHOD: Param = Param::may(
    "capture_method",
    Kind::OneOf(&["automatic", "automatic_async", "manual"]),
    "When it is captured: with the approval, or when you say so.",
);

/// Of creating.
pub(super) const CREATE: &[Param] = &[
    Param::must("amount", AMOUNT, "How much, in minor units."),
    Param::must("currency", Kind::Currency, "In which currency."),
    METHOD,
    METHOD_DATA,
    METHOD_OPTIONS,
    TYPES,
    Param::may(
        "automatic_payment_methods",
        Kind::Object(&[
            Param::must("enabled", Kind::Bool, "Taken and not used: cards are all there is."),
            Param::may("allow_redirects", Kind::OneOf(&["always", "never"]), "Taken and not used."),
        ]),
        "Taken and not used.",
    ),
    CAPTURE_METHOD,
    Param::may("confirm", Kind::Bool, "Confirm it at once."),
    Param::may("confirmation_method", Kind::OneOf(&["automatic", "manual"]), "Taken and not used."),
    CUSTOMER,
    Param::may("order", Kind::Reference { max: 64 }, "What is paid for, in your own numbering."),
    DESCRIPTION,
    DESCRIPTOR,
    METADATA,
    SPLITS,
    TRANSFER_DATA,
    APPLICATION_FEE,
    RISK,
    RETURN_URL,
    OFF_SESSION,
    ACTION,
    SDK,
    EXPAND,
];

/// Of changing.
pub(super) const UPDATE: &[Param] = &[
    Param::may("amount", AMOUNT, "How much, in minor units: before it is sent."),
    Param::may("currency", Kind::Currency, "It must be the one there is."),
    METHOD,
    METHOD_DATA,
    TYPES,
    CAPTURE_METHOD,
    CUSTOMER,
    DESCRIPTION,
    DESCRIPTOR,
    METADATA,
    SPLITS,
    TRANSFER_DATA,
    APPLICATION_FEE,
    EXPAND,
];

/// Of confirming.
pub(super) const CONFIRM: &[Param] = &[
    METHOD,
    METHOD_DATA,
    METHOD_OPTIONS,
    TYPES,
    CLIENT_SECRET,
    RISK,
    RETURN_URL,
    OFF_SESSION,
    ACTION,
    SDK,
    EXPAND,
];

/// Of the end of a challenge.
pub(super) const CHALLENGE: &[Param] = &[
    Param::must("challenge", Kind::Id(&["chal"]), "Which challenge: `next_action[challenge][id]`."),
    Param::must("result", Kind::OneOf(&["passed", "failed"]), "What came of it."),
    Param::may(
        "factor",
        Kind::OneOf(&["three_ds", "totp", "passkey", "other"]),
        "What the payer passed. With `three_ds` the payment counts as authenticated.",
    ),
    EXPAND,
];

/// Of capturing.
pub(super) const CAPTURE: &[Param] = &[
    Param::may("amount_to_capture", AMOUNT, "How much, in minor units; all that is held if it is left out."),
    Param::may(
        "final_capture",
        Kind::Bool,
        "Whether it is the last capture: then the rest of the hold is given up. True if it is left out.",
    ),
    PARTS,
    EXPAND,
];

/// Of canceling.
pub(super) const CANCEL: &[Param] = &[
    Param::may(
        "cancellation_reason",
        Kind::OneOf(&["duplicate", "fraudulent", "requested_by_customer", "abandoned"]),
        "Why.",
    ),
    EXPAND,
];

/// Of holding more.
pub(super) const INCREMENT: &[Param] =
    &[Param::must("amount", AMOUNT, "How much is to be held in all, in minor units."), EXPAND];

/// Of reading one.
pub(super) const READ: &[Param] = &[CLIENT_SECRET, EXPAND];

/// Of listing.
pub(super) const LIST: &[Param] = {
    let [after, before] = super::list::cursors!("pi");
    &[
        super::list::LIMIT,
        after,
        before,
        Param::may("customer", Kind::Reference { max: 64 }, "Only payments of this customer."),
        EXPAND,
    ]
};
