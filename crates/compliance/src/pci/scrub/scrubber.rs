//! Card numbers are looked for over a text.

use super::base64::{around, put, three_digits};
use super::context::{Says, field, says};
use super::digits::{Digit, Written, digit, separator};
use super::ranges::is_issued;
use pmts_sensitive::luhn_valid_digits;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use zeroize::{Zeroize, Zeroizing};

/// What becomes of a bare row of digits that passes for a card number and may be a number of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caution {
    /// It is taken out: for what must not hold card numbers, whatever else is lost.
    Any,
    /// It is left if it stands where numbers of another kind stand: after a word that says so (`order_id=`), as a fraction, within a long hexadecimal number, or
    /// in a field most of whose numbers have wrong check digits. Rows in groups or in other forms, and whatever a word like `card` stands before, are
    /// taken out all the same.
    InContext,
}

/// How a card number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// Digits in a row.
    Plain,
    /// In groups.
    Grouped,
    /// With digits of another script.
    Unicode,
    /// Percent-encoded.
    Percent,
    /// Within base64.
    Base64,
}

/// A card number in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its bytes; of base64 those of the letters that hold it.
    pub at: Range<usize>,
    /// How it is written.
    pub form: Form,
    /// The first six and last four digits, `*` between them.
    pub masked: String,
}

/// Numbers of a field: how many there were, and how many had a wrong check digit.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    all: u32,
    wrong: u32,
}

/// So many numbers of a field have to be seen before it is known what it is.
const SEEN_MIN: u32 = 12;
/// So many fields are remembered.
const FIELDS_MAX: usize = 4_096;
/// The most groups of digits that are looked at together.
const GROUPS_MAX: usize = 24;
/// Of so many of them a number that begins there is seen whole, each digit a group of its own.
const LOOKED_AT: usize = GROUPS_MAX - 19;
/// Fewest and most digits of a card number.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// From so many hexadecimal digits on a word is a hash or the like.
const HEX_MIN: usize = 24;

/// Looks for card numbers. What it learns of fields it keeps from text to text: use one for texts of one kind.
#[derive(Clone)]
pub struct Scrubber {
    caution: Caution,
    fields: HashMap<u64, Seen>,
    row: Row,
}

/// What it read last stays out.
impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrubber")
            .field("caution", &self.caution)
            .field("fields", &self.fields.len())
            .finish_non_exhaustive()
    }
}

/// A group of digits.
#[derive(Clone)]
struct Group {
    /// Its bytes.
    at: Range<usize>,
    /// Its digits among those of the row.
    digits: Range<usize>,
    /// What stands between it and the next: what it stands for, and how many.
    gap: Option<(u8, usize)>,
}

/// Groups of digits with single separators between them.
#[derive(Default, Clone)]
struct Row {
    digits: Zeroizing<Vec<u8>>,
    /// Where each digit begins, and how it is written.
    places: Vec<(usize, Digit)>,
    groups: Vec<Group>,
    /// Whether there are more groups than are looked at together.
    cut: bool,
}

/// What replaces a number: places of masked digits, each with its length.
type Holes = Vec<(usize, usize)>;

impl Scrubber {
    /// One that has seen nothing yet.
    pub fn new(caution: Caution) -> Self {
        Self { caution, fields: HashMap::new(), row: Row::default() }
    }

    /// The card numbers in a text, in its order.
    pub fn find(&mut self, text: &[u8]) -> Vec<Finding> {
        let mut found = Vec::new();
        self.each(text, true, |finding, _| found.push(finding));
        found
    }

    /// The text with all digits of card numbers but the first six and last four taken out; the same text if there are none.
    pub fn scrub<'a>(&mut self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let mut all = Vec::new();
        self.each(text, true, |finding, holes| all.push((finding, holes)));
        if all.is_empty() {
            return Cow::Borrowed(text);
        }
        // Letters of base64 are replaced where they are: two numbers may have one in common.
        let mut text = text.to_vec();
        let mut plain = Vec::new();
        for (finding, holes) in all {
            if finding.form == Form::Base64 {
                let letters = &mut text[finding.at];
                holes.into_iter().flat_map(|(at, len)| at..at + len).for_each(|at| put(letters, at, b'*'));
            } else {
                plain.extend(holes);
            }
        }
        let (mut out, mut done) = (Vec::with_capacity(text.len()), 0);
        for (at, len) in plain {
            out.extend(&text[done..at]);
            out.push(b'*');
            done = at + len;
        }
        out.extend(&text[done..]);
        Cow::Owned(out)
    }

    /// Gives each number with its holes; of base64 only if it is looked into.
    fn each(&mut self, text: &[u8], base64: bool, mut take: impl FnMut(Finding, Holes)) {
        // Where it is, and up to where something was found in base64.
        let (mut at, mut told_to) = (0, 0);
        let mut row = std::mem::take(&mut self.row);
        while let Some(next) = next_place(text, at) {
            at = next;
            if matches!(text[at], b'M'..=b'O') {
                if base64 && at >= told_to && three_digits(&text[at..]) {
                    for (finding, holes) in within(text, at) {
                        // Looking back finds again what was found before.
                        if finding.at.end > told_to {
                            told_to = finding.at.end;
                            take(finding, holes);
                        }
                    }
                }
                at += 1;
                continue;
            }
            match glance(text, at) {
                Glance::Nothing(end) => {
                    at = end;
                    continue;
                }
                Glance::Bare(end) if !self.may_be_card(text, at..end) => {
                    at = end;
                    continue;
                }
                Glance::Bare(_) | Glance::Look => {}
            }
            let Some(first) = digit(&text[at..]) else {
                at += 1;
                continue;
            };
            let end = row.read(text, at, first);
            let found_to = match row.digits.len() >= *DIGITS.start() {
                true => self.judge(text, &row, &mut take),
                false => at,
            };
            at = if row.cut { row.groups[LOOKED_AT].at.start.max(found_to) } else { end };
        }
        row.digits.zeroize();
        self.row = row;
    }

    /// Whether a bare row of 13 digits or more may be a card number: a quick look, which learns what fields hold.
    fn may_be_card(&mut self, text: &[u8], at: Range<usize>) -> bool {
        let mut digits = [0_u8; 19];
        let Some(digits) = digits.get_mut(..at.len()) else { return false };
        for (digit, byte) in digits.iter_mut().zip(&text[at.clone()]) {
            *digit = byte - b'0';
        }
        let issued = is_issued(digits);
        let right = issued && luhn_valid_digits(digits);
        digits.zeroize();
        if issued && !right && self.caution == Caution::InContext {
            self.learn(field(text, at.start), false);
        }
        right
    }

    /// Counts a number of a field; gives whether most of what it holds are no card numbers.
    fn learn(&mut self, field: u64, right: bool) -> bool {
        if self.fields.len() >= FIELDS_MAX && !self.fields.contains_key(&field) {
            self.fields.clear();
        }
        let seen = self.fields.entry(field).or_default();
        seen.all = seen.all.saturating_add(1);
        seen.wrong = seen.wrong.saturating_add(u32::from(!right));
        // Of numbers made up at random nine of ten are wrong.
        seen.all >= SEEN_MIN && seen.wrong >= seen.all / 2
    }

    /// Looks at the numbers of a row: from each group on, the longest that is one. Gives where the last of them ends.
    fn judge(&mut self, text: &[u8], row: &Row, take: &mut impl FnMut(Finding, Holes)) -> usize {
        let (mut from, mut found_to) = (0, 0);
        // Of a row that goes on, those that begin in its last groups are looked at with what follows.
        let until = if row.cut { LOOKED_AT } else { row.groups.len() };
        'groups: while from < until {
            for to in (from..row.groups.len()).rev() {
                let (first, last) = (&row.groups[from], &row.groups[to]);
                let digits = first.digits.start..last.digits.end;
                if !DIGITS.contains(&digits.len()) || !fits(&row.groups[from..=to]) {
                    continue;
                }
                if let Some((finding, holes)) = self.number(text, row, from, to) {
                    found_to = finding.at.end;
                    take(finding, holes);
                    from = to + 1;
                    continue 'groups;
                }
            }
            from += 1;
        }
        found_to
    }

    fn number(&mut self, text: &[u8], row: &Row, from: usize, to: usize) -> Option<(Finding, Holes)> {
        let (first, last) = (&row.groups[from], &row.groups[to]);
        let range = first.digits.start..last.digits.end;
        let digits = &row.digits[range.clone()];
        let places = &row.places[range];
        let at = first.at.start..last.at.end;
        let form = match places.iter().map(|(_, d)| d.written).find(|w| *w != Written::Plain) {
            Some(Written::Unicode) => Form::Unicode,
            Some(_) => Form::Percent,
            None if from == to => Form::Plain,
            None => Form::Grouped,
        };
        let right = luhn_valid_digits(digits);
        let is_card = match form {
            Form::Plain => self.is_bare_card(text, row, from, &at, digits, right),
            Form::Grouped if self.caution == Caution::InContext => {
                right && is_issued(digits) && !is_phone(text, row, from, digits)
            }
            _ => right && is_issued(digits),
        };
        if !is_card {
            return None;
        }
        let kept_to = digits.len() - 4;
        let holes = places[6..kept_to].iter().map(|(at, d)| (*at, d.len)).collect();
        let shown = |digits: &[u8]| digits.iter().map(|d| char::from(b'0' + d)).collect::<String>();
        let masked =
            format!("{}{}{}", shown(&digits[..6]), "*".repeat(kept_to - 6), shown(&digits[kept_to..]));
        Some((Finding { at, form, masked }, holes))
    }

    /// Whether a bare row of digits is taken for a card number.
    fn is_bare_card(
        &mut self,
        text: &[u8],
        row: &Row,
        from: usize,
        at: &Range<usize>,
        digits: &[u8],
        right: bool,
    ) -> bool {
        if self.caution == Caution::Any {
            return right && is_issued(digits);
        }
        if !is_issued(digits) {
            return false;
        }
        let of_another_kind = self.learn(field(text, at.start), right);
        if !right {
            return false;
        }
        // Letters of a hash may look like a word.
        if in_hex(text, at) {
            return false;
        }
        match says(text, at.start) {
            Says::Card => return true,
            Says::Other => return false,
            Says::Nothing if of_another_kind => return false,
            Says::Nothing => {}
        }
        let fraction = from > 0 && row.groups[from - 1].gap == Some((b'.', 1));
        !fraction && !is_phone(text, row, from, digits)
    }
}

/// What is found in base64 around a place.
fn within(text: &[u8], at: usize) -> Vec<(Finding, Holes)> {
    let within = around(text, at);
    let plain = Zeroizing::new(within.plain);
    // What stands there is not learned from, and no word before it is trusted to say that it is something else.
    let mut found = Vec::new();
    Scrubber::new(Caution::Any).each(&plain, false, |finding, holes| found.push((finding, holes)));
    let letters = |(finding, holes): (Finding, Holes)| {
        let first = finding.at.start / 3;
        let end = within.from + 4 * finding.at.end.div_ceil(3);
        let at = within.from + 4 * first..end.min(text.len());
        let holes = holes.into_iter().map(|(at, len)| (at - 3 * first, len)).collect();
        (Finding { at, form: Form::Base64, masked: finding.masked }, holes)
    };
    found.into_iter().map(letters).collect()
}

impl Row {
    /// Reads digits and single separators from a place at which a digit stands. Gives where it ends.
    fn read(&mut self, text: &[u8], from: usize, first: Digit) -> usize {
        self.digits.clear();
        self.places.clear();
        self.groups.clear();
        self.cut = false;
        let (mut at, mut next) = (from, Some(first));
        loop {
            let (begin, start) = (at, self.digits.len());
            while let Some(digit) = next {
                self.digits.push(digit.value);
                self.places.push((at, digit));
                at += digit.len;
                next = self::digit(&text[at..]);
            }
            let end = at;
            let mut gap: Option<(u8, usize)> = None;
            while let Some((kind, len)) = separator(&text[at..]) {
                match &mut gap {
                    None => gap = Some((kind, 1)),
                    Some((_, 3..)) => break,
                    Some((known, count)) => {
                        // A dash between spaces is a dash.
                        *known = if *known == b' ' { kind } else { *known };
                        *count += 1;
                    }
                }
                at += len;
            }
            next = digit(&text[at..]);
            let goes_on = gap.is_some() && next.is_some();
            self.groups.push(Group {
                at: begin..end,
                digits: start..self.digits.len(),
                gap: gap.filter(|_| goes_on),
            });
            self.cut = goes_on && self.groups.len() == GROUPS_MAX;
            if !goes_on || self.cut {
                return end;
            }
        }
    }
}

/// Whether groups stand as those of one number do: the same between all of them, or spaces and dashes; not as lists of numbers do.
fn fits(groups: &[Group]) -> bool {
    let Some((last, before)) = groups.split_last() else { return false };
    let Some(first) = before.first().and_then(|g| g.gap) else { return true };
    let plain = |gap: (u8, usize)| matches!(gap, (b' ' | b'-', 1));
    let same = before.iter().all(|g| g.gap == Some(first)) || before.iter().all(|g| g.gap.is_some_and(plain));
    // Groups of one length but for the last, or 4-6-4 and 4-6-5.
    let len = |g: &Group| g.digits.len();
    let even = before.iter().all(|g| len(g) == len(&before[0])) && len(last) <= len(&before[0]).max(4);
    let uneven = match groups {
        [a, b] => len(a) == 6 && (7..=13).contains(&len(b)),
        [a, b, c] => len(a) == 4 && len(b) == 6 && matches!(len(c), 4 | 5),
        _ => false,
    };
    same && (even || uneven)
}

/// Whether it is a telephone number: `+` and at most 15 digits (ITU-T E.164).
fn is_phone(text: &[u8], row: &Row, from: usize, digits: &[u8]) -> bool {
    let begin = row.groups[from].at.start;
    from == 0 && digits.len() <= 15 && begin > 0 && text[begin - 1] == b'+'
}

/// Whether digits stand in a long hexadecimal number.
fn in_hex(text: &[u8], at: &Range<usize>) -> bool {
    let hex = |b: &&u8| b.is_ascii_hexdigit();
    let before = text[..at.start].iter().rev().take(HEX_MIN).take_while(hex).count();
    let after = text[at.end..].iter().take(HEX_MIN).take_while(hex).count();
    before + after > 0 && before + (at.end - at.start) + after >= HEX_MIN
}

/// What a first look at digits says.
enum Glance {
    /// No card number; it ends here.
    Nothing(usize),
    /// One group of 13 or more plain digits, up to here.
    Bare(usize),
    /// It has to be read.
    Look,
}

/// Looks at plain digits and plain separators. Most rows end here: they have too few.
fn glance(text: &[u8], from: usize) -> Glance {
    let (mut at, mut digits, mut gap, mut first_end) = (from, 0, 0, None);
    while let Some(byte) = text.get(at) {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                gap = 0;
                // Long lists of numbers are read piece by piece: they are not looked through for each piece.
                if first_end.is_some() && digits >= *DIGITS.start() {
                    return Glance::Look;
                }
            }
            b' ' | b'-' | b'.' | b'_' | b'/' | b',' | b'\t' | b'+' if gap < 3 => {
                first_end = first_end.or(Some(at));
                gap += 1;
            }
            b'%' | 0x80.. => return Glance::Look,
            _ => break,
        }
        at += 1;
    }
    match first_end {
        _ if digits < *DIGITS.start() => Glance::Nothing(at),
        // One group: more digits after it would have ended the look.
        first => Glance::Bare(first.unwrap_or(at)),
    }
}

/// Bytes at which something may begin: a digit in any form, or base64.
const BEGINS: [bool; 256] = {
    let mut begins = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        begins[byte] = matches!(byte as u8, b'0'..=b'9' | b'%' | b'M'..=b'O' | 0xD9 | 0xDB | 0xDF | 0xE0..=0xE1 | 0xEA | 0xEF | 0xF0);
        byte += 1;
    }
    begins
};

fn next_place(text: &[u8], from: usize) -> Option<usize> {
    text[from..].iter().position(|b| BEGINS[usize::from(*b)]).map(|n| from + n)
}
