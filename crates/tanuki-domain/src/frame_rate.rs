//! Frame rates, which projects store as strings.

/// Parses a frame rate, in frames per second. `None` unless it is a finite
/// number greater than zero. A decimal comma is accepted (`23,976`), as Zou
/// does when it encodes movies.
pub fn parse(text: &str) -> Option<f64> {
    let text = text.trim().replacen(',', ".", 1);
    let is_decimal = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let rate: f64 = text.parse().ok()?;
    (text.bytes().all(is_decimal) && rate.is_finite() && rate > 0.0).then_some(rate)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_comma_is_a_point_and_nonsense_is_no_rate() {
        assert_eq!(parse("23,976"), Some(23.976));
        assert_eq!(parse("23.976"), Some(23.976));
        assert_eq!(parse(" 25 "), Some(25.0));
        for text in [
            "", "0", "0,0", "-25", "+25", "abc", "nan", "inf", "infinity", "1e3", "1e999",
            "24 fps", "23,976,1", "1.000,5", ",", ".", "²4",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
