#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pmts_cards::fuzz::fuzz_tlv(bytes));
