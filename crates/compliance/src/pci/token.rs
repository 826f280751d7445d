//! What stands for a card number everywhere outside the vault.

pmts_kernel::typed_id! {
    /// Stands for a card number: `tok_` and 26 characters of base 32. It says nothing about the number it stands for,
    /// and cannot be taken for one: no card number has letters or an underscore.
    pub struct CardToken("tok");
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_sensitive::Pan;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_token_is_a_card_number(raw: u128) {
            prop_assert!(Pan::parse(&CardToken::from_raw(raw).to_string()).is_err());
        }
    }
}
