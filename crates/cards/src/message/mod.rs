//! Our dialect: which fields of ISO 8583:1987 each request and answer carries.
//!
//! | message | type | field 3 | refers to |
//! | --- | --- | --- | --- |
//! | sign-on, sign-off, echo | 0800 | - (field 70: 001, 002, 301) | - |
//! | authorization | 0100 | 000000 | - |
//! | capture (completion advice) | 0220, repeat 0221 | 000000 | the authorization |
//! | refund | 0200, repeat 0201 | 200000 | the authorization or the capture |
//! | reversal (advice) | 0420, repeat 0421 | 000000 | the authorization |
//!
//! | field | content | in |
//! | --- | --- | --- |
//! | 2, 14 | card number, expiry YYMM | all but 0800 |
//! | 3, 4, 49 | processing code, amount in minor units, numeric currency | all but 0800; 4 of a partial approval is what was approved |
//! | 7, 11 | transmission time (GMT), trace number | all; an answer repeats them and is matched by them |
//! | 12, 13 | local time and date: here GMT too | all but 0800 |
//! | 18, 19, 22, 25 | merchant category, acquirer's country, entry mode 810 (e-commerce), condition 59 (e-commerce) | requests but 0800 |
//! | 32, 37, 41, 42 | acquirer, retrieval reference, terminal, merchant | all but 0800 |
//! | 38 | approval code | approvals; requests that refer to one |
//! | 39 | response code | answers |
//! | 43 | name 25, city 13, country 2 characters | requests but 0800 |
//! | 48 | subelement 92, `92` `03` `123`: tag, length and digits of the security code | authorization with a code |
//! | 54 | `00` `57` currency `D` and the amount asked for | partial approval |
//! | 70 | network management code | 0800, 0810 |
//! | 90 | type, trace number, time, acquirer and forwarder of the original (4, 6, 10, 11, 11; zeros on the left) | capture, refund, reversal |
//! | 95 | what stays authorized (12), then zeros | partial reversal |

mod answer;
mod elements;
mod incoming;
mod network;
mod outgoing;

pub use answer::{Asked, Verdict, answer, network_answer, read_answer};
pub use incoming::{CardOperation, CardRequest, HostRequest, OriginalRef};
pub use network::NetworkCode;
pub use outgoing::{Acquirer, authorization, capture, network_request, refund, reversal};
