//! The frames of a film, by the times that the web client stores for what is
//! drawn on them.

/// How exactly the web client writes times, in seconds.
const PRECISION: f64 = 0.0001;

/// The frames of a film of a rate.
///
/// The web client takes the duration of a frame rounded to four decimals for
/// the time between frames: at 24 frames a second it is half a frame off after
/// 26 seconds. Older clients and other programs store exact times.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameGrid {
    /// Frames per second.
    rate: f64,
}

impl FrameGrid {
    /// Creates the grid of a frame rate, in frames per second.
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }

    /// The duration of a frame as the web client rounds it, in seconds.
    fn step(self) -> f64 {
        (1.0 / self.rate / PRECISION).round() * PRECISION
    }

    /// Returns the frame at a time, counted from 0.
    pub fn frame_at(self, time: f64) -> u64 {
        let time = time.max(0.0);
        let by_client = (time / self.step()).round();
        if by_client.is_finite() && (by_client * self.step() - time).abs() <= PRECISION {
            return by_client as u64;
        }
        (time * self.rate).round_ties_even() as u64
    }

    /// Returns the frame of one of the times, in seconds: `frame` if it is among
    /// them, otherwise that of the closest time within half a frame. `None` if
    /// no time is that close.
    pub fn find(self, times: &[Option<f64>], frame: u64) -> Option<u64> {
        let times = || times.iter().flatten().copied();
        if times().any(|time| self.frame_at(time) == frame) {
            return Some(frame);
        }
        let at = frame as f64 / self.rate;
        let distances = times().map(|time| (self.frame_at(time), (time - at).abs()));
        distances
            .filter(|(_, distance)| *distance <= 0.5 / self.rate)
            .min_by(|(_, one), (_, other)| one.total_cmp(other))
            .map(|(frame, _)| frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_client_are_those_of_their_frame() {
        for rate in [12.0, 23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 60.0] {
            let grid = FrameGrid::new(rate);
            let step = (1.0 / rate * 10_000.0).round() / 10_000.0;
            for frame in [0, 1, 7, 100, 239, 240, 1000, 5000] {
                let stored = (frame as f64 * step * 10_000.0).round() / 10_000.0;
                assert_eq!(grid.frame_at(stored), frame, "{rate}: {stored}");
            }
            for frame in [0_u64, 1, 7, 100, 239] {
                let exact = frame as f64 / rate;
                assert_eq!(grid.frame_at(exact), frame, "{rate}: {exact}");
                assert_eq!(grid.find(&[Some(exact)], frame), Some(frame));
            }
        }
    }

    #[test]
    fn a_time_between_frames_is_of_the_closest_within_half_a_frame() {
        let grid = FrameGrid::new(25.0);
        assert_eq!(grid.frame_at(0.616), 15);
        assert_eq!(grid.find(&[Some(0.616)], 15), Some(15));
        assert_eq!(grid.find(&[None, Some(0.62)], 16), Some(16));
        assert_eq!(grid.find(&[Some(0.65)], 15), None);
        // The web client's frame 700, which is nearer to 701.
        assert_eq!(FrameGrid::new(24.0).find(&[Some(29.19)], 700), Some(700));
        assert_eq!(FrameGrid::new(24.0).find(&[Some(29.19)], 701), Some(700));
        assert_eq!(grid.find(&[None], 0), None);
        assert_eq!(grid.find(&[Some(-3.0)], 0), Some(0));
        assert_eq!(grid.find(&[Some(1e300)], 7), None);
    }

    #[test]
    fn a_rate_beyond_reason_is_no_fault() {
        for rate in [1e-9, 1e9] {
            let grid = FrameGrid::new(rate);
            assert_eq!(grid.frame_at(0.0), 0);
            let _ = grid.frame_at(1e300);
        }
    }
}
