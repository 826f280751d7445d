//! Where the API differs from Stripe's: for the reference page.

/// What, there, here.
pub const DEVIATIONS: &[(&str, &str, &str)] = &[
    (
        "outcome of an operation that is not known yet",
        "not shown",
        "payment `processing`, charge and refund `pending`; the answer to the request says so, and the object changes when it is known",
    ),
    ("amounts in ISK and UGX", "two digits", "as ISO 4217 has it: no digits"),
    ("ids", "letters and digits of various lengths", "a prefix and 26 digits of base 32, in order of time"),
    (
        "fixed payment methods (`pm_card_visa`)",
        "each use makes a new payment method",
        "the payment shows the fixed name",
    ),
    ("`billing_details`", "kept and shown", "the address is compared by the issuer, nothing of it is kept"),
    ("`customer`", "an object `cus_...`", "any reference of the caller's own; there is no such object yet"),
    (
        "`splits[]`",
        "none",
        "several sellers in one payment, capture or refund; `transfer_data` and `application_fee_amount` for one seller work as well",
    ),
    (
        "`transfer_data[destination]`",
        "an account `acct_...`",
        "the seller, in the marketplace's own numbering",
    ),
    ("`expand[]`", "most ids", "`latest_charge` of a payment intent"),
    ("unknown parameters", "refused", "refused, with `parameter_unknown`"),
    (
        "parameters in the query of a POST",
        "taken",
        "refused: what is in an address ends up in logs of others",
    ),
    (
        "balance",
        "`available` when paid out by the acquirer",
        "all is `pending` until bank lines are read; it is the sum of the balance transactions",
    ),
    ("fees", "what was charged", "an estimate, corrected when the acquirer's file comes"),
    ("`data.object` of an event", "the whole object as it was", "its id and the facts of the event"),
    ("`capture_method=automatic_async`", "captured later", "the same as `automatic`"),
    (
        "cancelling a payment of which a part is captured",
        "refused",
        "gives up the rest of the hold; the payment ends `succeeded`",
    ),
    ("customers, setup intents, disputes, payouts, webhook endpoints, `search`", "there", "not there yet"),
];
