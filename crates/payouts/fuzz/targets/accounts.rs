#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| pmts_payouts::fuzz::fuzz_accounts(text));
