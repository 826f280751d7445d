#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pmts_payouts::fuzz::fuzz_check(bytes));
