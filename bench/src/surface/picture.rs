//! Every read as a dot: how long the reference takes, and how long Tanuki.

use std::fmt::Write as _;

const SIZE: f64 = 640.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 56.0;

/// Milliseconds at the ends of both axes.
const LEAST: f64 = 0.1;
const MOST: f64 = 10_000.0;

/// Lines at which Tanuki takes this part of the reference's time.
const RATIOS: [f64; 4] = [1.0, 10.0, 25.0, 100.0];

/// Draws pairs of the reference's milliseconds and Tanuki's.
pub fn svg(dots: &[(f64, f64)]) -> String {
    let scale = SIZE / (MOST / LEAST).log10();
    let across = |value: f64| LEFT + (value.clamp(LEAST, MOST) / LEAST).log10() * scale;
    let down = |value: f64| TOP + SIZE - (value.clamp(LEAST, MOST) / LEAST).log10() * scale;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>Every read: milliseconds of Zou and of Tanuki</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"10\" y=\"22\" font-size=\"15\" font-weight=\"bold\">\
         Every read: milliseconds of Zou (across) and of Tanuki on PostgreSQL (up)</text>\n",
        SIZE + LEFT + 50.0,
        SIZE + TOP + 36.0
    );
    let mut tick = LEAST;
    while tick <= MOST {
        let (x, y) = (across(tick), down(tick));
        let _infallible = writeln!(
            out,
            "<path d=\"M{x:.1} {TOP}V{0}M{LEFT} {y:.1}H{1}\" stroke=\"#e4e7ea\"/>\
             <text x=\"{x:.1}\" y=\"{2}\" text-anchor=\"middle\">{tick}</text>\
             <text x=\"{3}\" y=\"{4:.1}\" text-anchor=\"end\">{tick}</text>",
            TOP + SIZE,
            LEFT + SIZE,
            TOP + SIZE + 18.0,
            LEFT - 6.0,
            y + 4.0
        );
        tick *= 10.0;
    }
    for ratio in RATIOS {
        let _infallible = writeln!(
            out,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"#9aa3ad\" stroke-dasharray=\"4 4\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\">{ratio}×</text>",
            across(LEAST * ratio),
            down(LEAST),
            across(MOST),
            down(MOST / ratio),
            LEFT + SIZE + 6.0,
            down(MOST / ratio) + 4.0
        );
    }
    for (reference, ours) in dots {
        let _infallible = writeln!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\" fill=\"#c8553d\" fill-opacity=\"0.55\"/>",
            across(*reference),
            down(*ours)
        );
    }
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_faster_answer_is_lower() {
        let drawn = super::svg(&[(100.0, 50.0), (100.0, 5.0)]);
        let heights: Vec<f64> = drawn
            .split("cy=\"")
            .skip(1)
            .filter_map(|text| text.split('"').next()?.parse().ok())
            .collect();
        let [slow, fast] = heights[..] else {
            panic!("{drawn}")
        };
        assert!(fast > slow, "{heights:?}");
    }
}
