//! Every refusal of the HTTP front, and how it looks to the caller.

use super::face::{Face, Kind};
use crate::engine::EngineError;
use pmts_identity::IdentityError;
use pmts_kernel::{CodeInfo, Coded};
use pmts_payments::PaymentsError;
use pmts_sensitive::SensitiveError;
use pmts_store::{CommitError, StoreError};
use std::time::Duration;

/// What is wrong with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamFault {
    /// No such parameter here.
    Unknown,
    /// It must be there.
    Missing,
    /// It is empty.
    Empty,
    /// Not a whole number.
    Integer,
    /// Lower than this.
    Small(i64),
    /// Higher than this.
    Large(i64),
    /// Not true or false.
    Bool,
    /// Not text.
    Text,
    /// Text with control characters.
    Control,
    /// Longer than so many characters.
    Long(usize),
    /// Not printable ASCII without spaces.
    Reference,
    /// Not an id of these kinds.
    Id(&'static [&'static str]),
    /// None of these words.
    Word(&'static [&'static str]),
    /// Not a currency in use.
    Currency,
    /// Not an object.
    Object,
    /// Not a list.
    List,
    /// More than so many items.
    ListLong(usize),
    /// A name in metadata is empty, too long or has control characters.
    MetadataName,
    /// Text that holds a card number.
    CardNumber,
    /// It does not go together with another one, or with the state of things: this says why.
    Combination(&'static str),
}

impl ParamFault {
    /// Every fault, with samples of limits.
    pub const ALL: &[Self] = &[
        Self::Unknown,
        Self::Missing,
        Self::Empty,
        Self::Integer,
        Self::Small(1),
        Self::Large(99_999_999),
        Self::Bool,
        Self::Text,
        Self::Control,
        Self::Long(500),
        Self::Reference,
        Self::Id(&["pi"]),
        Self::Word(&["automatic", "manual"]),
        Self::Currency,
        Self::Object,
        Self::List,
        Self::ListLong(60),
        Self::MetadataName,
        Self::CardNumber,
        Self::Combination("..."),
    ];

    /// The code the caller sees.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "parameter_unknown",
            Self::Missing => "parameter_missing",
            Self::Empty => "parameter_invalid_empty",
            Self::Integer => "parameter_invalid_integer",
            Self::Small(_) | Self::Large(_) => "parameter_invalid_range",
            Self::Bool => "parameter_invalid_bool",
            Self::Text | Self::Control | Self::Reference => "parameter_invalid_string",
            Self::Long(_) => "parameter_invalid_string_long",
            Self::Id(_) => "parameter_invalid_id",
            Self::Word(_) => "parameter_invalid_enum",
            Self::Currency => "parameter_invalid_currency",
            Self::Object => "parameter_invalid_object",
            Self::List => "parameter_invalid_list",
            Self::ListLong(_) => "parameter_invalid_list_long",
            Self::MetadataName => "parameter_invalid_metadata",
            Self::CardNumber => "parameter_invalid_card_number",
            Self::Combination(_) => "parameter_invalid_combination",
        }
    }
}

impl std::fmt::Display for ParamFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such parameter here"),
            Self::Missing => f.write_str("it must be there"),
            Self::Empty => f.write_str("it must not be empty"),
            Self::Integer => f.write_str("it must be a whole number"),
            Self::Small(min) => write!(f, "it must be at least {min}"),
            Self::Large(max) => write!(f, "it must be at most {max}"),
            Self::Bool => f.write_str("it must be true or false"),
            Self::Text => f.write_str("it must be text"),
            Self::Control => f.write_str("it must not hold control characters"),
            Self::Long(max) => write!(f, "it must have at most {max} characters"),
            Self::Reference => f.write_str("it must be printable ASCII without spaces"),
            Self::Id(prefixes) => write!(f, "it must be an id that begins with {}_", prefixes.join("_ or ")),
            Self::Word(words) => write!(f, "it must be one of {}", words.join(", ")),
            Self::Currency => f.write_str("it must be the three-letter code of a currency in use"),
            Self::Object => f.write_str("it must be an object of named values"),
            Self::List => f.write_str("it must be a list"),
            Self::ListLong(max) => write!(f, "it must have at most {max} items"),
            Self::MetadataName => f.write_str("its names must have 1 to 40 characters"),
            Self::CardNumber => f.write_str("it holds a card number: card numbers go into card[number] only"),
            Self::Combination(why) => f.write_str(why),
        }
    }
}

/// Why a request was refused or failed. No value that was sent is in it.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// A form that is not encoded well.
    #[error("the form or query cannot be read")]
    Form,
    /// A body that is not a JSON object.
    #[error("the body is not a JSON object (line {line}, column {column})")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Nested too deeply.
    #[error("the parameters are nested more than 8 levels deep")]
    TooDeep,
    /// Too many values.
    #[error("there are more than 1000 values in the request")]
    TooMany,
    /// A name twice.
    #[error("a parameter is there twice")]
    Duplicate(String),
    /// A parameter that is not good.
    #[error("{param}: {fault}")]
    Param {
        /// What is wrong with it.
        fault: ParamFault,
        /// Which one: `card[number]`.
        param: String,
    },
    /// A body of a type that is not read.
    #[error("the body must be application/x-www-form-urlencoded or application/json")]
    MediaType,
    /// A body that is too long.
    #[error("the body is longer than {0} bytes")]
    BodyLong(usize),
    /// A body that does not come.
    #[error("the body did not arrive in time")]
    BodySlow,
    /// The connection broke while the body came.
    #[error("the body did not arrive whole")]
    BodyCut,
    /// An address that is too long.
    #[error("the path and query are longer than {0} bytes")]
    AddressLong(usize),
    /// No such address.
    #[error("there is nothing at this address")]
    NoRoute,
    /// An address that does not take this method.
    #[error("this address takes {0} only")]
    Method(&'static str),
    /// No key was sent.
    #[error("send an API key: Authorization: Bearer sk_..., or as the user name of Basic authentication")]
    NoKey,
    /// The key is not taken.
    #[error(transparent)]
    Key(IdentityError),
    /// A key of the other mode.
    #[error("this server is in {0} mode and takes {0} keys only")]
    KeyMode(&'static str),
    /// A publishable key where a secret key is needed.
    #[error("this needs a secret key")]
    SecretKeyNeeded,
    /// Another key where one of the case team is needed.
    #[error("this needs a key of the case team")]
    CaseTeamKeyNeeded,
    /// A publishable key without the client secret of the payment.
    #[error("with a publishable key, send the client_secret of the payment")]
    ClientSecret,
    /// Nothing has this id.
    #[error("no {what} has this id")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// The parameter, or the place in the path.
        param: &'static str,
    },
    /// Too many requests.
    #[error("too many requests: wait {} ms", .wait.as_millis())]
    RateLimited {
        /// How long to wait.
        wait: Duration,
    },
    /// An idempotency key that is too long or has other than printable ASCII characters.
    #[error("an idempotency key is 1 to 255 printable ASCII characters")]
    IdempotencyKey,
    /// A key that was used with other parameters.
    #[error("the idempotency key was used before with other parameters")]
    IdempotencyMismatch,
    /// A key whose first request is still under way.
    #[error("a request with this idempotency key is still under way: ask again with the same key")]
    IdempotencyInUse,
    /// A `Stripe-Version` that cannot be one.
    #[error("a version is 1 to 40 printable ASCII characters")]
    Version,
    /// It takes too long; it is carried on.
    #[error(
        "this takes too long; it is carried on: ask again with the same idempotency key, or read the payment"
    )]
    Timeout,
    /// The server is about to stop.
    #[error("the server is about to stop")]
    Draining,
    /// Something broke inside; it is logged under the request id.
    #[error("something broke inside; the log has it under the request id")]
    Internal,
    /// The security code is not remembered any more, or there never was one.
    #[error("there is no payment method with this id")]
    NoMethod,
    /// Card data that is not good.
    #[error("{source}")]
    Card {
        /// What is wrong with it.
        source: SensitiveError,
        /// Which parameter.
        param: &'static str,
    },
    /// A date in the past.
    #[error("the card's expiry date is in the past or not a date")]
    Expiry,
    /// A payment could not be carried on.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<crate::risk::RiskError> for HttpError {
    fn from(error: crate::risk::RiskError) -> Self {
        Self::Engine(EngineError::Risk(error))
    }
}

impl From<crate::aml::AmlError> for HttpError {
    fn from(error: crate::aml::AmlError) -> Self {
        Self::Engine(EngineError::Aml(error))
    }
}

impl From<StoreError> for HttpError {
    fn from(error: StoreError) -> Self {
        Self::Engine(EngineError::Store(error))
    }
}

impl From<CommitError> for HttpError {
    fn from(error: CommitError) -> Self {
        Self::Engine(EngineError::Commit(error))
    }
}

impl From<PaymentsError> for HttpError {
    fn from(error: PaymentsError) -> Self {
        Self::Engine(EngineError::Payments(error))
    }
}

impl From<pmts_money::MoneyError> for HttpError {
    fn from(error: pmts_money::MoneyError) -> Self {
        Self::Engine(EngineError::Money(error))
    }
}

impl From<pmts_compliance::VaultError> for HttpError {
    fn from(error: pmts_compliance::VaultError) -> Self {
        Self::Engine(EngineError::Vault(error))
    }
}

impl HttpError {
    /// A parameter that does not go together with the rest.
    pub(crate) fn combination(param: &str, why: &'static str) -> Self {
        Self::Param { fault: ParamFault::Combination(why), param: param.into() }
    }

    /// A parameter that must be there after all.
    pub(crate) fn missing(param: &str) -> Self {
        Self::Param { fault: ParamFault::Missing, param: param.into() }
    }

    /// The parameter it is about.
    pub(crate) fn param(&self) -> Option<&str> {
        match self {
            Self::Param { param, .. } | Self::Duplicate(param) => Some(param),
            Self::NotFound { param, .. } | Self::Card { param, .. } => Some(param),
            Self::NoMethod => Some("payment_method"),
            Self::Expiry => Some("card[exp_month]"),
            Self::ClientSecret => Some("client_secret"),
            _ => None,
        }
    }

    /// How it looks to the caller.
    pub(crate) fn face(&self) -> Face {
        if let Self::Param { fault, .. } = self {
            return Face { status: 400, kind: Kind::InvalidRequest, code: fault.code() };
        }
        Face::of(self.code())
    }
}

impl Coded for HttpError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Form => &codes::FORM,
            Self::Json { .. } => &codes::JSON,
            Self::TooDeep => &codes::TOO_DEEP,
            Self::TooMany => &codes::TOO_MANY,
            Self::Duplicate(_) => &codes::DUPLICATE,
            Self::Param { .. } => &codes::PARAMETER,
            Self::MediaType => &codes::MEDIA_TYPE,
            Self::BodyLong(_) => &codes::BODY_LONG,
            Self::BodySlow => &codes::BODY_SLOW,
            Self::BodyCut => &codes::BODY_CUT,
            Self::AddressLong(_) => &codes::ADDRESS_LONG,
            Self::NoRoute => &codes::NO_ROUTE,
            Self::Method(_) => &codes::METHOD,
            Self::NoKey => &codes::NO_KEY,
            Self::Key(e) => e.code(),
            Self::KeyMode(_) => &codes::KEY_MODE,
            Self::SecretKeyNeeded => &codes::SECRET_KEY_NEEDED,
            Self::CaseTeamKeyNeeded => &codes::CASE_TEAM_KEY_NEEDED,
            Self::ClientSecret => &codes::CLIENT_SECRET,
            Self::NotFound { .. } => &codes::NOT_FOUND,
            Self::RateLimited { .. } => &codes::RATE_LIMITED,
            Self::IdempotencyKey => &codes::IDEMPOTENCY_KEY,
            Self::IdempotencyMismatch => &codes::IDEMPOTENCY_MISMATCH,
            Self::IdempotencyInUse => &codes::IDEMPOTENCY_IN_USE,
            Self::Version => &codes::VERSION,
            Self::Timeout => &codes::TIMEOUT,
            Self::Draining => &codes::DRAINING,
            Self::Internal => &codes::INTERNAL,
            Self::NoMethod => &codes::NO_METHOD,
            Self::Card { source, .. } => source.code(),
            Self::Expiry => &codes::EXPIRY,
            Self::Engine(e) => e.code(),
        }
    }
}

pmts_kernel::error_codes! {
    /// Form.
    FORM = "HTTP_FORM", Fix, "the form or query cannot be read";
    /// JSON.
    JSON = "HTTP_JSON", Fix, "the body is not a JSON object";
    /// Depth.
    TOO_DEEP = "HTTP_TOO_DEEP", Fix, "the parameters are nested too deeply";
    /// Count.
    TOO_MANY = "HTTP_TOO_MANY", Fix, "there are too many values in the request";
    /// Twice.
    DUPLICATE = "HTTP_DUPLICATE", Fix, "a parameter is there twice";
    /// Parameter.
    PARAMETER = "HTTP_PARAMETER", Fix, "a parameter is unknown, missing or not good: its own code says which";
    /// Type of a body.
    MEDIA_TYPE = "HTTP_MEDIA_TYPE", Fix, "the body is neither a form nor JSON";
    /// Long body.
    BODY_LONG = "HTTP_BODY_LONG", Fix, "the body is too long";
    /// Slow body.
    BODY_SLOW = "HTTP_BODY_SLOW", Retry, "the body did not arrive in time; nothing was done";
    /// Cut body.
    BODY_CUT = "HTTP_BODY_CUT", Retry, "the body did not arrive whole; nothing was done";
    /// Long address.
    ADDRESS_LONG = "HTTP_ADDRESS_LONG", Fix, "the path and query are too long";
    /// Address.
    NO_ROUTE = "HTTP_NO_ROUTE", Fix, "there is nothing at this address";
    /// Method.
    METHOD = "HTTP_METHOD", Fix, "this address does not take this method";
    /// No key.
    NO_KEY = "HTTP_NO_KEY", Fix, "no API key was sent";
    /// Mode.
    KEY_MODE = "HTTP_KEY_MODE", Fix, "a test key for a live server, or the other way round";
    /// Publishable key.
    SECRET_KEY_NEEDED = "HTTP_SECRET_KEY_NEEDED", Fix, "this needs a secret key";
    /// Case team.
    CASE_TEAM_KEY_NEEDED = "HTTP_CASE_TEAM_KEY_NEEDED", Fix, "this needs a key of the case team";
    /// Client secret.
    CLIENT_SECRET = "HTTP_CLIENT_SECRET", Fix, "with a publishable key, the client secret of the payment is needed";
    /// Not there.
    NOT_FOUND = "HTTP_NOT_FOUND", Fix, "nothing has this id";
    /// Rate.
    RATE_LIMITED = "HTTP_RATE_LIMITED", Retry, "too many requests; nothing was done";
    /// Form of an idempotency key.
    IDEMPOTENCY_KEY = "HTTP_IDEMPOTENCY_KEY", Fix, "an idempotency key is 1 to 255 printable ASCII characters";
    /// Other parameters.
    IDEMPOTENCY_MISMATCH = "HTTP_IDEMPOTENCY_MISMATCH", Fix, "the idempotency key was used before with other parameters";
    /// Twin.
    IDEMPOTENCY_IN_USE = "HTTP_IDEMPOTENCY_IN_USE", Retry, "a request with this idempotency key is still under way";
    /// Version.
    VERSION = "HTTP_VERSION", Fix, "the Stripe-Version header cannot be a version";
    /// Slow.
    TIMEOUT = "HTTP_TIMEOUT", Inquire, "it takes too long and is carried on: ask again with the same idempotency key";
    /// Stop.
    DRAINING = "HTTP_DRAINING", Retry, "the server is about to stop; nothing was done";
    /// Fault.
    INTERNAL = "HTTP_INTERNAL", Inquire, "something broke inside; the log has it under the request id";
    /// Method.
    NO_METHOD = "HTTP_NO_METHOD", Fix, "there is no payment method with this id";
    /// Expiry.
    EXPIRY = "HTTP_EXPIRY", Fix, "the card's expiry date is in the past or not a date";
}
