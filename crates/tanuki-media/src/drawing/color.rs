//! Colours as CSS writes them.

use std::str::FromStr as _;

use serde_json::Value;

/// A colour, with 8 bits a channel, not multiplied with its alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Color {
    pub red: u8,
    pub green: u8,
    pub blue: u8,
    pub alpha: u8,
}

impl Color {
    /// What a canvas draws with where a colour is not understood.
    pub const BLACK: Self = Self {
        red: 0,
        green: 0,
        blue: 0,
        alpha: 255,
    };

    /// Returns the colour of a paint; `None` if there is none: it is missing,
    /// empty, transparent or a gradient.
    pub fn of(paint: Option<&Value>) -> Option<Self> {
        let text = paint?.as_str()?.trim();
        if text.is_empty() {
            return None;
        }
        Some(Self::parse(text)).filter(|color| color.alpha > 0)
    }

    /// Parses a colour; black if it is none.
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        let parsed = match function(&text) {
            Some(("rgb" | "rgba", parts, alpha)) => rgb(&parts, alpha),
            Some(("hsl" | "hsla", parts, alpha)) => hsl(&parts, alpha),
            Some(("hwb", parts, alpha)) => hwb(&parts, alpha),
            Some(_) => None,
            // The one name that CSS has and SVG has not.
            None if text == "rebeccapurple" => Some(Self {
                red: 102,
                green: 51,
                blue: 153,
                alpha: 255,
            }),
            None => svgtypes::Color::from_str(&text).ok().map(|color| Self {
                red: color.red,
                green: color.green,
                blue: color.blue,
                alpha: color.alpha,
            }),
        };
        parsed.unwrap_or(Self::BLACK)
    }
}

/// Splits `name(1, 2, 3, 0.5)` or `name(1 2 3 / 50%)` into name, numbers and
/// alpha; `None` if it is no function.
fn function(text: &str) -> Option<(&str, [&str; 3], f64)> {
    let (name, arguments) = text.strip_suffix(')')?.split_once('(')?;
    let separators = |letter: char| matches!(letter, ',' | '/') || letter.is_ascii_whitespace();
    let mut parts = arguments.split(separators).filter(|part| !part.is_empty());
    let numbers = [parts.next()?, parts.next()?, parts.next()?];
    let alpha = parts.next().map_or(Some(1.0), fraction)?;
    Some((name, numbers, alpha))
}

fn rgb(parts: &[&str; 3], alpha: f64) -> Option<Color> {
    let channel = |text: &str| match text.strip_suffix('%') {
        Some(_) => fraction(text),
        None => Some(text.parse::<f64>().ok()?.clamp(0.0, 255.0) / 255.0),
    };
    let [red, green, blue] = parts;
    Some(Color::of_channels(
        [channel(red)?, channel(green)?, channel(blue)?],
        alpha,
    ))
}

fn hsl([hue, saturation, lightness]: &[&str; 3], alpha: f64) -> Option<Color> {
    let (saturation, lightness) = (fraction(saturation)?, fraction(lightness)?);
    let strength = saturation * (1.0 - (2.0 * lightness - 1.0).abs());
    let pure = pure(degrees(hue)?);
    let channels = pure.map(|channel| lightness + strength * (channel - 0.5));
    Some(Color::of_channels(channels, alpha))
}

fn hwb([hue, white, black]: &[&str; 3], alpha: f64) -> Option<Color> {
    let (white, black) = (fraction(white)?, fraction(black)?);
    let sum = (white + black).max(1.0);
    let (white, black) = (white / sum, black / sum);
    let pure = pure(degrees(hue)?);
    let channels = pure.map(|channel| channel * (1.0 - white - black) + white);
    Some(Color::of_channels(channels, alpha))
}

/// Returns red, green and blue, from 0 to 1, of the pure colour of a hue.
fn pure(hue: f64) -> [f64; 3] {
    [5.0, 3.0, 1.0].map(|offset| {
        let place = (hue / 60.0 + offset).rem_euclid(6.0);
        1.0 - place.min(4.0 - place).clamp(0.0, 1.0)
    })
}

/// Parses a hue in degrees.
fn degrees(text: &str) -> Option<f64> {
    let hue: f64 = text.trim_end_matches("deg").parse().ok()?;
    hue.is_finite().then_some(hue)
}

/// Parses a number from 0 to 1, or a percentage.
fn fraction(text: &str) -> Option<f64> {
    let number: f64 = match text.strip_suffix('%') {
        Some(text) => text.parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    Some(number.clamp(0.0, 1.0))
}

impl Color {
    /// Returns the colour of channels and alpha from 0 to 1.
    fn of_channels([red, green, blue]: [f64; 3], alpha: f64) -> Self {
        Self {
            red: byte(red),
            green: byte(green),
            blue: byte(blue),
            alpha: byte(alpha),
        }
    }
}

fn byte(fraction: f64) -> u8 {
    (fraction * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_colour_is_read() {
        for (text, red, green, blue, alpha) in [
            ("#f80", 255, 136, 0, 255),
            ("#F808", 255, 136, 0, 136),
            ("#ff3860", 255, 56, 96, 255),
            ("#ff386080", 255, 56, 96, 128),
            ("rgb(1,2,3)", 1, 2, 3, 255),
            ("rgb(1 2 3 / 50%)", 1, 2, 3, 128),
            ("rgb(100%, 0%, 50%)", 255, 0, 128, 255),
            ("rgba(255,255,255, 0.8)", 255, 255, 255, 204),
            ("RGBA(255, 255, 255, 0)", 255, 255, 255, 0),
            ("hsl(120, 100%, 25%)", 0, 128, 0, 255),
            ("hsla(240, 100%, 50%, 0.5)", 0, 0, 255, 128),
            ("hwb(0 0% 0%)", 255, 0, 0, 255),
            ("hwb(120 20% 40% / 0.5)", 51, 153, 51, 128),
            ("hwb(60deg 0% 0%)", 255, 255, 0, 255),
            ("RebeccaPurple", 102, 51, 153, 255),
            ("transparent", 0, 0, 0, 0),
            ("no colour", 0, 0, 0, 255),
        ] {
            let color = Color::parse(text);
            let read = (color.red, color.green, color.blue, color.alpha);
            assert_eq!(read, (red, green, blue, alpha), "{text}");
        }
    }

    #[test]
    fn what_is_no_paint_is_not_drawn() {
        for paint in [
            serde_json::json!(null),
            serde_json::json!(""),
            serde_json::json!("transparent"),
            serde_json::json!("rgba(0,0,0,0)"),
            serde_json::json!({"type": "linear"}),
            serde_json::json!(7),
        ] {
            assert_eq!(Color::of(Some(&paint)), None, "{paint}");
        }
        assert_eq!(Color::of(None), None);
    }
}
