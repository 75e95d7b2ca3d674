//! QR codes as SVG.

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of white around a code, without which readers do not find it.
const BORDER: i32 = 4;

/// The squares of a QR code.
#[derive(Debug)]
pub(crate) struct Squares {
    /// The side of the picture, with its border, in squares.
    pub side: i32,
    /// The dark squares, as the path of an SVG.
    pub path: String,
}

/// Draws a text as a QR code; `None` if it is too long for one.
pub(crate) fn draw(text: &str) -> Option<Squares> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let all = 0..code.size();
    let mut path = String::new();
    for y in all.clone() {
        for x in all.clone().filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + BORDER, y + BORDER));
        }
    }
    Some(Squares {
        side: code.size() + 2 * BORDER,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_border_and_corners() {
        let squares = draw("otpauth://totp/Kitsu:a?secret=ABC").unwrap();
        assert_eq!((squares.side - 2 * BORDER) % 4, 1);
        assert!(squares.path.starts_with("M4 4h1v1h-1z"));
        assert!(draw(&"x".repeat(3000)).is_none());
    }
}
