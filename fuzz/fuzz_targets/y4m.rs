#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| frosted_fuzz::y4m(bytes));
