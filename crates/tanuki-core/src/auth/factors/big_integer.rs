//! Bytes as an integer of any size in decimal: Zou stores the ids and keys of
//! security keys like that.

use serde_json::{Number, Value};

/// Returns big-endian bytes as a JSON integer with all its digits.
pub(super) fn of_bytes(bytes: &[u8]) -> Value {
    // Least significant digits first, nine in each.
    let mut parts: Vec<u64> = vec![0];
    for byte in bytes {
        let mut carry = u64::from(*byte);
        for part in &mut parts {
            let value = *part * 256 + carry;
            *part = value % GROUP;
            carry = value / GROUP;
        }
        if carry > 0 {
            parts.push(carry);
        }
    }
    let mut parts = parts.into_iter().rev();
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        text.push_str(&format!("{part:09}"));
    }
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// Nine decimal digits.
const GROUP: u64 = 1_000_000_000;

/// Numbers with more digits are read as none: 1,023 bytes, which the longest id
/// of a key has, are 2,464 digits.
const MAX_DIGITS: usize = 2_500;

/// Returns the big-endian bytes of a JSON integer, without zeros in front;
/// `None` if it is none, or negative.
pub(super) fn to_bytes(value: &Value) -> Option<Vec<u8>> {
    let Value::Number(number) = value else {
        return None;
    };
    let digits = number.as_str();
    if digits.len() > MAX_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    // Least significant byte first.
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in &mut bytes {
            let value = u32::from(*byte) * 10 + carry;
            *byte = (value & 0xff) as u8;
            carry = value >> 8;
        }
        if carry > 0 {
            bytes.push((carry & 0xff) as u8);
        }
    }
    bytes.reverse();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bit_is_lost() {
        for (bytes, decimal) in [
            (vec![], "0"),
            (vec![7], "7"),
            (vec![1, 0], "256"),
            (vec![0xff; 8], "18446744073709551615"),
            (vec![0x3b, 0x9a, 0xca, 0x00], "1000000000"),
            (
                vec![0xff; 32],
                "115792089237316195423570985008687907853269984665640564039457584007913129639935",
            ),
        ] {
            let number = of_bytes(&bytes);
            assert_eq!(number.to_string(), decimal);
            assert_eq!(to_bytes(&number), Some(bytes));
        }
        let long: Vec<u8> = (1..=255).cycle().take(1023).collect();
        assert_eq!(to_bytes(&of_bytes(&long)), Some(long));
    }

    #[test]
    fn zeros_in_front_are_not_kept() {
        assert_eq!(to_bytes(&of_bytes(&[0, 0, 5])), Some(vec![5]));
    }

    #[test]
    fn only_integers_are_read() {
        for text in ["-1", "1.5", "1e3", "\"1\"", "null"] {
            assert_eq!(
                to_bytes(&serde_json::from_str(text).unwrap()),
                None,
                "{text}"
            );
        }
    }
}
