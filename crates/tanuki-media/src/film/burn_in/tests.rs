use super::*;

const SIZE: (u32, u32) = (320, 180);
const PIXELS: usize = 320 * 180;

/// Frames in one colour.
fn frames(count: usize, (luma, chroma): (u8, u8)) -> Vec<u8> {
    let mut frame = vec![luma; PIXELS];
    frame.resize(PIXELS * 3 / 2, chroma);
    frame.repeat(count)
}

fn burnt(what: &BurnIn, frames: &[u8]) -> Vec<u8> {
    let mut burnt = Vec::new();
    let count = Burner::new(what, SIZE).copy(frames, &mut burnt).unwrap();
    assert_eq!(count as usize, frames.len() / (PIXELS * 3 / 2));
    burnt
}

/// The columns and rows between which a frame was changed: left, top, right and
/// bottom.
fn changed(before: &[u8], after: &[u8]) -> Option<[usize; 4]> {
    let places = (0..PIXELS).filter(|at| before[*at] != after[*at]);
    places.fold(None, |bounds: Option<[usize; 4]>, at| {
        let (x, y) = (at % 320, at / 320);
        let [left, top, right, bottom] = bounds.unwrap_or([x, y, x, y]);
        Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
    })
}

#[test]
fn a_title_is_white_on_dark_ground_at_the_top_left() {
    let title = BurnIn {
        title: "SQ01 / SH010  v3".into(),
        ..BurnIn::default()
    };
    let before = frames(1, (120, 90));
    let after = burnt(&title, &before);
    let [left, top, right, bottom] = changed(&before, &after).unwrap();
    assert_eq!((left, top), (4, 4));
    assert!(right < 192 && bottom < 24, "{right} {bottom}");
    let is_letter = |luma: &&u8| **luma > 200;
    assert!(after[..PIXELS].iter().filter(is_letter).count() > 20);
    assert!(after[..PIXELS].contains(&part_of_ground(120)));
    // No colour where the ground is: it is nearer to grey.
    assert!(
        after[PIXELS..]
            .iter()
            .any(|chroma| (100..=118).contains(chroma))
    );
}

/// The luma of the ground where the frame had that one.
fn part_of_ground(luma: u8) -> u8 {
    let kept = (0.45_f32 * 255.0) as u8;
    (u16::from(luma) * u16::from(kept) / 255) as u8 + (16.0_f32 * 0.55) as u8
}

#[test]
fn frames_are_counted_at_the_bottom_right() {
    let counter = BurnIn {
        first_frame: Some(1001),
        ..BurnIn::default()
    };
    let before = frames(11, (120, 128));
    let after = burnt(&counter, &before);
    let each = after.chunks_exact(PIXELS * 3 / 2);
    let each: Vec<&[u8]> = each.collect();
    for frame in &each {
        let [left, top, right, bottom] = changed(&before, frame).unwrap();
        assert!(left > 270 && top > 155, "{left} {top}");
        assert_eq!((right, bottom), (315, 175));
    }
    // 1001 and 1011 differ in one digit, 1001 and 1002 in another.
    let of = |a: usize, b: usize| changed(each[a], each[b]).unwrap();
    assert!(of(0, 10)[2] < of(0, 1)[2]);
    let again = burnt(&counter, &before);
    assert!(after == again);
}

#[test]
fn a_watermark_is_faint_and_in_the_middle() {
    let watermark = BurnIn {
        watermark: "For Jane Doe".into(),
        ..BurnIn::default()
    };
    for luma in [16, 120, 235] {
        let before = frames(1, (luma, 128));
        let after = burnt(&watermark, &before);
        let [left, top, right, bottom] = changed(&before, &after).unwrap();
        assert!((left + right).abs_diff(320) < 12, "{left} {right}");
        assert!((top + bottom).abs_diff(180) < 16, "{top} {bottom}");
        let furthest = after[..PIXELS].iter().map(|at| at.abs_diff(luma)).max();
        assert!((30..90).contains(&furthest.unwrap()), "{furthest:?}");
    }
}

#[test]
fn texts_stay_within_the_frame() {
    let long = BurnIn {
        title: "W".repeat(5000),
        first_frame: Some(u64::MAX),
        watermark: "長い名前 ".repeat(50),
    };
    let before = frames(1, (120, 128));
    let after = burnt(&long, &before);
    let [left, _, right, _] = changed(&before, &after).unwrap();
    assert!(left >= 4 && right < 320);
    for size in [(2, 2), (4, 2), (8192, 2)] {
        let frame = vec![0; (size.0 * size.1 * 3 / 2) as usize];
        let mut copied = Vec::new();
        let copy = Burner::new(&long, size).copy(frame.as_slice(), &mut copied);
        assert_eq!((copy.unwrap(), copied.len()), (1, frame.len()));
    }
}

#[test]
fn without_a_text_frames_stay_as_they_are() {
    let nothing = BurnIn {
        title: "  ".into(),
        ..BurnIn::default()
    };
    let mut sent = frames(2, (99, 77));
    // A part of a third one.
    sent.extend([1, 2, 3]);
    let mut copied = Vec::new();
    let count = Burner::new(&nothing, SIZE).copy(sent.as_slice(), &mut copied);
    assert_eq!(count.unwrap(), 2);
    assert!(copied == sent[..PIXELS * 3]);
}
