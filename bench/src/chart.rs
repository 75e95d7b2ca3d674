//! Charts as SVG: bars in groups, on a scale of powers of ten.

use std::fmt::Write as _;

/// What a chart shows.
#[derive(Debug)]
pub struct Bars {
    pub title: &'static str,
    pub unit: &'static str,
    /// Each group has a bar for each named value.
    pub groups: Vec<(String, Vec<(&'static str, f64)>)>,
}

const WIDTH: f64 = 860.0;
const LABELS: f64 = 210.0;
const BAR: f64 = 14.0;
const GAP: f64 = 12.0;
const TOP: f64 = 64.0;
const COLOURS: [(&str, &str); 3] = [
    ("Zou 1.0.97", "#9aa3ad"),
    ("Tanuki, PostgreSQL", "#c8553d"),
    ("Tanuki, SQLite", "#e6a15c"),
];

pub fn svg(chart: &Bars) -> String {
    let values = chart
        .groups
        .iter()
        .flat_map(|(_, bars)| bars)
        .map(|(_, value)| *value);
    let most = values.clone().fold(1.0_f64, f64::max).log10().ceil();
    let least = values
        .filter(|value| *value > 0.0)
        .fold(f64::MAX, f64::min)
        .log10()
        .floor()
        .min(most - 1.0);
    let scale = (WIDTH - LABELS - 90.0) / (most - least);
    let length = |value: f64| ((value.log10() - least) * scale).max(1.0);
    let bars: usize = chart.groups.iter().map(|(_, bars)| bars.len()).sum();
    let height = TOP + bars as f64 * BAR + chart.groups.len() as f64 * GAP + 10.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>{} ({})</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"10\" y=\"22\" font-size=\"15\" font-weight=\"bold\">{} ({}, logarithmic)</text>\n",
        chart.title, chart.unit, chart.title, chart.unit
    );
    for (place, (name, colour)) in COLOURS.iter().enumerate() {
        let x = 10.0 + place as f64 * 170.0;
        let _infallible = writeln!(
            out,
            "<rect x=\"{x}\" y=\"34\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"44\">{name}</text>",
            x + 17.0
        );
    }
    let mut y = TOP;
    for (label, bars) in &chart.groups {
        let middle = y + bars.len() as f64 * BAR / 2.0 + 4.0;
        let _infallible = writeln!(
            out,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{label}</text>",
            LABELS - 8.0
        );
        for (name, value) in bars {
            let colour = COLOURS
                .iter()
                .find(|(known, _)| known == name)
                .map_or("#000000", |(_, colour)| colour);
            let (width, text) = if *value > 0.0 {
                (length(*value), number(*value))
            } else {
                (1.0, "missing".into())
            };
            let _infallible = writeln!(
                out,
                "<rect x=\"{LABELS}\" y=\"{y}\" width=\"{width:.1}\" height=\"{}\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"{}\" font-size=\"10\">{text}</text>",
                BAR - 2.0,
                LABELS + width + 4.0,
                y + BAR - 4.0
            );
            y += BAR;
        }
        y += GAP;
    }
    out.push_str("</svg>\n");
    out
}

fn number(value: f64) -> String {
    let digits = usize::from(value < 100.0) + usize::from(value < 10.0);
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_bars_stand_for_larger_values() {
        let groups = vec![(
            "who am I".to_owned(),
            vec![
                ("Zou 1.0.97", 80.0),
                ("Tanuki, PostgreSQL", 8000.0),
                ("Tanuki, SQLite", 0.0),
            ],
        )];
        let drawn = svg(&Bars {
            title: "Small answers",
            unit: "requests a second",
            groups,
        });
        let widths: Vec<f64> = drawn
            .split("width=\"")
            .skip(5)
            .filter_map(|text| text.split('"').next()?.parse().ok())
            .collect();
        let [reference, ours, missing] = widths[..] else {
            panic!("{drawn}")
        };
        assert!(ours > 2.0 * reference && reference > missing, "{widths:?}");
        assert!(drawn.contains(">missing<") && drawn.contains(">8000<"));
    }
}
