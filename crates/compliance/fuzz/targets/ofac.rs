#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pmts_compliance::fuzz::fuzz_ofac(bytes));
