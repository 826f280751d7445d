//! Names written with the characters that a rail takes.

/// The characters that SEPA takes: Latin letters, digits, space and `/ - ? : ( ) . , ' +` (EPC217-08).
pub fn to_sepa(text: &str) -> String {
    let mut out = to_ascii(text, |b| b.is_ascii_alphanumeric() || b" /-?:().,'+".contains(&b));
    // A slash may not begin or end it, nor stand twice in a row.
    while out.contains("//") {
        out = out.replace("//", "/");
    }
    out.trim_matches(['/', ' ']).to_owned()
}

/// The characters that NACHA files take: printable ASCII.
pub fn to_nacha(text: &str) -> String {
    to_ascii(text, |b| matches!(b, b' '..=b'~')).trim().to_owned()
}

/// Writes a text with ASCII: letters lose their marks or become several; what has no like becomes a space or a dot.
fn to_ascii(text: &str, takes: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    // Greek writes one sound with these two letters.
    let text = text.replace("ου", "ou").replace("Ου", "Ou").replace("ΟΥ", "OU").replace("ού", "ou");
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let like = match u8::try_from(c) {
            Ok(byte) if c.is_ascii() && takes(byte) => {
                out.push(c);
                continue;
            }
            _ => like(c),
        };
        // `Shch` before a small letter, `SHCH` else.
        let small = characters.peek().is_some_and(|next| next.is_lowercase());
        for (i, part) in like.chars().enumerate() {
            let part = if small && i > 0 { part.to_ascii_lowercase() } else { part };
            out.push(if u8::try_from(part).is_ok_and(&takes) { part } else { '.' });
        }
    }
    out
}

/// The Latin letters a character is written with.
fn like(c: char) -> &'static str {
    let found = LIKE.iter().find(|(all, _)| all.contains(c));
    match (found, c) {
        (Some((_, like)), _) => like,
        (None, c) if c.is_whitespace() || c.is_control() => " ",
        // Marks that combine with the letter before.
        (None, '\u{300}'..='\u{36f}') => "",
        (None, '&') => "+",
        (None, '_' | '–' | '—' | '‑' | '~') => "-",
        (None, '’' | '‘' | '`' | '´' | '"' | '“' | '”' | '„') => "'",
        (None, '[' | '{' | '<' | '«') => "(",
        (None, ']' | '}' | '>' | '»') => ")",
        (None, '\\' | '|') => "/",
        (None, ';') => ",",
        (None, '!') => ".",
        _ => ".",
    }
}

/// Latin letters with marks, Greek and Cyrillic (Greek by ELOT 743, Cyrillic by ICAO 9303 in most letters).
const LIKE: &[(&str, &str)] = &[
    ("ÀÁÂÃÅĀĂĄǍΑΆА", "A"),
    ("àáâãåāăąǎαάа", "a"),
    ("ÄÆ", "AE"),
    ("äæ", "ae"),
    ("ΒВ", "V"),
    ("βв", "v"),
    ("Б", "B"),
    ("б", "b"),
    ("ÇĆĈĊČ", "C"),
    ("çćĉċč", "c"),
    ("ÐĎĐΔДЂ", "D"),
    ("ðďđδдђ", "d"),
    ("ÈÉÊËĒĔĖĘĚΕΈЕЁЭЄ", "E"),
    ("èéêëēĕėęěεέеёэє", "e"),
    ("ФΦ", "F"),
    ("фφ", "f"),
    ("ĜĞĠĢΓГҐ", "G"),
    ("ĝğġģγгґ", "g"),
    ("ĤĦ", "H"),
    ("ĥħ", "h"),
    ("ÌÍÎÏĨĪĬĮİΙΊΪΗΉИІЫЙЇ", "I"),
    ("ìíîïĩīĭįıιίϊΐηήиіыйї", "i"),
    ("ĴЈ", "J"),
    ("ĵј", "j"),
    ("ĶΚКЌ", "K"),
    ("ķκкќ", "k"),
    ("ĹĻĽĿŁΛЛ", "L"),
    ("ĺļľŀłλл", "l"),
    ("ΜМ", "M"),
    ("μм", "m"),
    ("ÑŃŅŇΝН", "N"),
    ("ñńņňνн", "n"),
    ("ÒÓÔÕŌŎŐΟΌΩΏО", "O"),
    ("òóôõōŏőοόωώо", "o"),
    ("ÖØŒ", "OE"),
    ("öøœ", "oe"),
    ("ΠП", "P"),
    ("πп", "p"),
    ("ŔŖŘΡР", "R"),
    ("ŕŗřρр", "r"),
    ("ŚŜŞŠȘΣС", "S"),
    ("śŝşšșσςс", "s"),
    ("ß", "ss"),
    ("ẞ", "SS"),
    ("ŢŤŦȚΤТ", "T"),
    ("ţťŧțτт", "t"),
    ("Þ", "TH"),
    ("þ", "th"),
    ("Θ", "TH"),
    ("θ", "th"),
    ("ÙÚÛŨŪŬŮŰŲУ", "U"),
    ("ùúûũūŭůűųу", "u"),
    ("Ü", "UE"),
    ("ü", "ue"),
    ("Ŵ", "W"),
    ("ŵ", "w"),
    ("Ξ", "X"),
    ("ξ", "x"),
    ("ÝŶŸΥΎΫ", "Y"),
    ("ýŷÿυύϋΰ", "y"),
    ("ŹŻŽΖЗ", "Z"),
    ("źżžζз", "z"),
    ("Ж", "ZH"),
    ("ж", "zh"),
    ("Х", "KH"),
    ("х", "kh"),
    ("Χ", "CH"),
    ("χ", "ch"),
    ("Ц", "TS"),
    ("ц", "ts"),
    ("Ч", "CH"),
    ("ч", "ch"),
    ("Ш", "SH"),
    ("ш", "sh"),
    ("Щ", "SHCH"),
    ("щ", "shch"),
    ("Ю", "IU"),
    ("ю", "iu"),
    ("Я", "IA"),
    ("я", "ia"),
    ("Ψ", "PS"),
    ("ψ", "ps"),
    ("ЪЬъь", ""),
    ("€", "E"),
    ("£", "L"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_readable() {
        for (name, sepa) in [
            ("Müller & Söhne GmbH", "Mueller + Soehne GmbH"),
            ("Łódź Żółw", "Lodz Zolw"),
            ("Παπαδόπουλος", "Papadopoulos"),
            ("Дмитрий Щукин", "Dmitrii Shchukin"),
            ("//Fiancée_Øst//x/", "Fiancee-Oest/x"),
            ("e\u{301}tude", "etude"),
            ("株式会社", "...."),
            ("Straße", "Strasse"),
        ] {
            assert_eq!(to_sepa(name), sepa);
        }
        assert_eq!(to_nacha("Müller & Söhne #1"), "Mueller & Soehne #1");
    }

    proptest! {
        #[test]
        fn only_allowed_characters_come_out_and_twice_is_once(text in "\\PC{0,60}") {
            let sepa = to_sepa(&text);
            prop_assert!(sepa.bytes().all(|b| b.is_ascii_alphanumeric() || b" /-?:().,'+".contains(&b)));
            prop_assert!(!sepa.starts_with('/') && !sepa.contains("//"));
            prop_assert_eq!(to_sepa(&sepa), sepa);
            let nacha = to_nacha(&text);
            prop_assert!(nacha.bytes().all(|b| matches!(b, b' '..=b'~')));
            prop_assert_eq!(to_nacha(&nacha), nacha);
        }
    }
}
