#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pmts_fx::fuzz::fuzz_rates(bytes));
