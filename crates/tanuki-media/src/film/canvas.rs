//! The size at which a film is encoded.

/// The greatest width and height of an encoded film, in pixels.
const LONGEST_SIDE: u32 = 8192;

/// The width that a low definition film has at most, in pixels; its height if
/// it is higher than wide.
const LOWDEF_SIDE: u32 = 1280;

/// The default height of a film, in pixels.
const DEFAULT_HEIGHT: u32 = 1080;

/// The frame size of a production, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canvas {
    /// `None`: what the film's aspect ratio makes of the height.
    pub width: Option<u32>,
    pub height: u32,
}

/// Where a film's picture is in the encoded frame, which is centred and black
/// around it. All numbers are even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub frame: (u32, u32),
    pub picture: (u32, u32),
}

impl Canvas {
    /// Reads the resolution of a production or shot: `1920x1080`, or `x1080`
    /// for a height alone, with numbers of three or four digits. Anything else
    /// is a height of 1080.
    pub fn of_resolution(text: &str) -> Self {
        let number = |text: &str| {
            let is_number =
                (3..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|number| is_number && *number >= 2)
        };
        let default = Self {
            width: None,
            height: DEFAULT_HEIGHT,
        };
        match text.split_once('x') {
            Some(("", height)) => Self {
                width: None,
                height: number(height).unwrap_or(DEFAULT_HEIGHT),
            },
            Some((width, height)) => match (number(width), number(height)) {
                (Some(width), Some(height)) => Self {
                    width: Some(width),
                    height,
                },
                _ => default,
            },
            None => default,
        }
    }

    /// The size of the frame of a film that is joined from others, given the
    /// display size of the first. All numbers are even.
    pub fn frame(self, (width, height): (u32, u32)) -> (u32, u32) {
        let width = self.width.unwrap_or_else(|| {
            let aspect = f64::from(width.max(1)) / f64::from(height.max(1));
            (aspect * f64::from(self.height)) as u32
        });
        (even_up(width), even_up(self.height))
    }

    /// Fits a film, given its display size. A film that is higher than wide is
    /// not put between broad bars of a wide production: its frame is its own
    /// shape, within the production's size turned by 90 degrees.
    pub(super) fn layout(self, (width, height): (u32, u32)) -> Layout {
        let aspect = f64::from(width.max(1)) / f64::from(height.max(1));
        let is_turned = height > width && self.width.is_some_and(|width| width > self.height);
        let frame = match self.width {
            Some(own) if is_turned => (self.height, own),
            Some(own) => (own, self.height),
            None => ((aspect * f64::from(self.height)) as u32, self.height),
        };
        let frame = (even_up(frame.0), even_up(frame.1));
        let Layout { picture, .. } = Layout::within(frame, (width, height));
        Layout {
            frame: if is_turned { picture } else { frame },
            picture,
        }
    }
}

impl Layout {
    /// The largest picture of a film, given its display size, within a frame.
    pub fn within(frame: (u32, u32), (width, height): (u32, u32)) -> Self {
        let aspect = f64::from(width.max(1)) / f64::from(height.max(1));
        let scale = (f64::from(frame.0) / aspect).min(f64::from(frame.1));
        let picture = (even_down(scale * aspect), even_down(scale));
        Self {
            frame,
            picture: (picture.0.min(frame.0), picture.1.min(frame.1)),
        }
    }
}

/// The size of the low definition film: 1280 wide, or high, unless the frame is
/// smaller.
pub(super) fn lowdef_size((width, height): (u32, u32)) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= LOWDEF_SIDE {
        return (width, height);
    }
    let scale = f64::from(LOWDEF_SIDE) / f64::from(longest);
    let scaled = |side: u32| even_up((f64::from(side) * scale) as u32);
    (scaled(width), scaled(height))
}

fn even_up(side: u32) -> u32 {
    let side = side.clamp(2, LONGEST_SIDE);
    side + side % 2
}

fn even_down(side: f64) -> u32 {
    // Half a thousandth, so that 1079.9999 is 1080.
    let side = (side + 0.0005) as u32;
    (side - side % 2).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_are_read_as_zou_reads_them() {
        let canvas = |width, height| Canvas { width, height };
        let cases = [
            ("1920x1080", canvas(Some(1920), 1080)),
            ("x720", canvas(None, 720)),
            ("", canvas(None, 1080)),
            ("12x40", canvas(None, 1080)),
            ("1920X1080", canvas(None, 1080)),
            ("1920x1080x3", canvas(None, 1080)),
            ("99999x100", canvas(None, 1080)),
        ];
        for (text, expected) in cases {
            assert_eq!(Canvas::of_resolution(text), expected, "{text}");
        }
    }

    #[test]
    fn films_are_fitted_into_the_frame() {
        let hd = Canvas::of_resolution("1920x1080");
        let layout = |frame, picture| Layout { frame, picture };
        assert_eq!(hd.layout((3840, 2160)), layout((1920, 1080), (1920, 1080)));
        assert_eq!(hd.layout((2048, 858)), layout((1920, 1080), (1920, 804)));
        assert_eq!(hd.layout((640, 480)), layout((1920, 1080), (1440, 1080)));
        assert_eq!(hd.layout((1080, 1920)), layout((1080, 1920), (1080, 1920)));
        assert_eq!(hd.layout((720, 960)), layout((1080, 1440), (1080, 1440)));
        let free = Canvas::of_resolution("x1080");
        assert_eq!(free.layout((2048, 858)), layout((2578, 1080), (2576, 1080)));
        assert_eq!(free.layout((100_000, 10)).frame, (8192, 1080));
        assert_eq!(free.layout((1, 1)).frame, (1080, 1080));
        let odd = Canvas::of_resolution("333x111");
        assert_eq!(odd.layout((333, 111)).frame, (334, 112));
    }

    #[test]
    fn films_that_are_joined_share_a_frame() {
        let hd = Canvas::of_resolution("1920x1080");
        assert_eq!(hd.frame((1080, 1920)), (1920, 1080));
        let portrait = Layout::within((1920, 1080), (1080, 1920));
        assert_eq!(portrait.picture, (606, 1080));
        assert_eq!(
            Canvas::of_resolution("x1080").frame((2048, 858)),
            (2578, 1080)
        );
    }

    #[test]
    fn low_definition_is_never_larger() {
        assert_eq!(lowdef_size((1920, 1080)), (1280, 720));
        assert_eq!(lowdef_size((1080, 1920)), (720, 1280));
        assert_eq!(lowdef_size((320, 180)), (320, 180));
        assert_eq!(lowdef_size((2578, 1080)), (1280, 536));
    }
}
