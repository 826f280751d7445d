//! Arabic with the letters of Persian, Urdu and Pashto, and Hebrew.
//!
//! Short vowels are not written. Letters that stand for a long vowel or for a consonant, as the word wants it, are given as capitals
//! (`sounds` knows them): `A` alef, `W` waw, `Y` ya, `E` ayn, `H` a final ha; `Q` and `V` are the heavy d and z.

/// The letters of one of an alphabet without vowels; `None` if it is none. Marks for short vowels give nothing.
pub(super) fn letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ا' | 'أ' | 'إ' | 'آ' | 'ٱ' | 'ى' | 'א' => "A",
        'ب' | 'ٻ' => "b",
        'ב' => "v",
        'ت' | 'ط' | 'ٹ' | 'ټ' | 'ת' | 'ט' => "t",
        'ث' => "T",
        'ج' | 'ځ' => "j",
        'ح' | 'ہ' | 'ھ' | 'ه' | 'ה' => "h",
        'خ' | 'ח' => "X",
        'د' | 'ڈ' | 'ډ' | 'ד' => "d",
        'ض' => "Q",
        'ذ' => "D",
        'ر' | 'ڑ' | 'ړ' | 'ר' => "r",
        'ظ' => "V",
        'ز' | 'ז' => "z",
        'ژ' | 'ږ' => "Z",
        'س' | 'ص' | 'ס' => "s",
        'ش' | 'ښ' | 'ש' => "S",
        'ע' | 'ع' => "E",
        'غ' => "G",
        'ف' | 'ڤ' => "f",
        'פ' | 'ף' | 'پ' => "p",
        'ق' | 'ק' => "q",
        'ك' | 'ک' | 'ڪ' | 'כ' | 'ך' => "k",
        'گ' | 'ګ' | 'ג' => "g",
        'ل' | 'ל' => "l",
        'م' | 'מ' | 'ם' => "m",
        'ن' | 'ں' | 'ڼ' | 'נ' | 'ן' => "n",
        'ة' | 'ۃ' | 'ۀ' => "H",
        'و' | 'ؤ' | 'ۇ' | 'ו' => "W",
        'ي' | 'ی' | 'ئ' | 'ې' | 'ۍ' | 'ے' | 'ۓ' | 'י' => "Y",
        'چ' | 'څ' => "C",
        'צ' | 'ץ' => "ts",
        'ء' | 'ـ' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{591}'..='\u{5c7}' => "",
        _ => return None,
    })
}
