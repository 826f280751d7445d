//! Our dialect: which fields of ISO 8583:1987 each request and answer carries.
//!
//! | message | type | field 3 | refers to |
//! | --- | --- | --- | --- |
//! | sign-on, sign-off, key change, echo | 0800 | - (field 70: 001, 002, 101, 301) | - |
//! | authorization | 0100 | 000000 | - |
//! | authorization advice (stand-in) | 0120, repeat 0121 | 000000 | - |
//! | increment | 0100 with field 90 | 000000 | the authorization |
//! | capture (completion advice) | 0220, repeat 0221 | 000000 | the authorization |
//! | refund | 0200, repeat 0201 | 200000 | the authorization or the capture |
//! | void (reversal request) | 0400, repeat 0401 | 000000 | the authorization |
//! | reversal (advice) | 0420, repeat 0421 | 000000 | the authorization or the increment |
//!
//! | field | content | in |
//! | --- | --- | --- |
//! | 2, 14 | card number, expiry YYMM | all but 0800 |
//! | 3, 4, 49 | processing code, amount in minor units, numeric currency | all but 0800; 4 of a partial approval is what was approved |
//! | 7, 11 | transmission time (GMT), trace number | all; an answer repeats them and is matched by them |
//! | 12, 13 | local time and date: here GMT too | all but 0800 |
//! | 18, 19, 22, 25 | merchant category, acquirer's country, entry mode 810 (e-commerce), condition 59 (e-commerce) | requests but 0800 |
//! | 32, 37, 41, 42 | acquirer, retrieval reference, terminal, merchant | all but 0800 |
//! | 38 | approval code | approvals; requests that refer to one; authorization advice: our own |
//! | 39 | response code | answers |
//! | 43 | name 25, city 13, country 2 characters | requests but 0800 |
//! | 48 | subelements, see below | authorization, capture, answers |
//! | 54 | `00` `57` currency `D` and the amount asked for | partial approval |
//! | 54 | `00` `80` currency `D` and the amount held with this one | increment |
//! | 60 | why it was approved in the host's place: 1003 unavailable, 1007 by the acquirer | authorization advice |
//! | 70 | network management code | 0800, 0810 |
//! | 90 | type, trace number, time, acquirer and forwarder of the original (4, 6, 10, 11, 11; zeros on the left) | increment, capture, void, refund, reversal |
//! | 95 | what stays authorized (12), then zeros | partial reversal |
//! | 123 | postal code 9, house number and street 20 characters | authorization with an address |
//!
//! Field 48 is a list of tag (2), length (2 digits) and value: `92` `03` `123`. The tags are Mastercard's, but for 70.
//!
//! | subelement | content | in |
//! | --- | --- | --- |
//! | 61 | `10000`: an approval of less is taken | authorization that allows it |
//! | 70 | `1`: no further capture follows | last capture |
//! | 82 | `52`: compare the address in field 123 | authorization with an address |
//! | 83 | letter of address verification: Y both right, A address, Z postal code, N none, U cannot compare, ... | answer to it |
//! | 84 | advice code: 01 new data, 02 later, 03 and 21 never, 24 to 30 after 1 hour to 10 days | declines |
//! | 87 | letter of the security code: M right, N wrong, P not compared, U cannot compare | answer to it |
//! | 92 | digits of the security code | authorization with a code |

mod answer;
mod elements;
mod incoming;
mod network;
mod outgoing;
mod subelements;

pub use answer::{Asked, Remarks, Verdict, answer, network_answer, read_answer, read_response};
pub use incoming::{AddressGiven, CardOperation, CardRequest, HostRequest, OriginalRef};
pub use network::NetworkCode;
pub use outgoing::{
    Acquirer, advice, authorization, capture, increment, network_request, refund, reversal, void,
};
