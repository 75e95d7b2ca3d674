//! Films that browsers play as they are, without ffmpeg: H.264 with 8 bit 4:2:0
//! and AAC or no sound, in an MP4 or QuickTime file (ISO/IEC 14496-12).

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::{FilmError, Rate};

/// The largest index (`moov`) that is read, in bytes. That of a film of an hour
/// is some megabytes.
const MAX_INDEX: u64 = 128 << 20;

/// Boxes at the top of a file, and tracks, at most.
const MAX_BOXES: usize = 4096;

/// H.264 profiles of 8 bit 4:2:0: baseline, main and high.
const PROFILES: [u8; 3] = [66, 77, 100];

/// What the index of a film says.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The size in pixels at which it is shown.
    pub size: (u32, u32),
    /// Frames per second; the average if it varies.
    pub rate: Rate,
    pub frames: u64,
    /// In seconds.
    pub duration: f64,
    pub has_sound: bool,
}

/// A film whose index was read.
#[derive(Debug)]
pub struct PlayableFilm<F> {
    file: F,
    boxes: Vec<TopBox>,
    /// The box `moov` with its header.
    index: Vec<u8>,
    facts: Facts,
}

/// A box at the top of a file.
#[derive(Debug, Clone, PartialEq)]
struct TopBox {
    kind: [u8; 4],
    range: Range<u64>,
}

impl<F: Read + Seek> PlayableFilm<F> {
    /// Reads the index of a film.
    ///
    /// # Errors
    /// [`FilmError::Unusable`] if browsers may not play it, with the reason.
    pub fn read(mut file: F) -> Result<Self, FilmError> {
        let boxes = top_boxes(&mut file)?;
        if boxes.iter().any(|found| found.kind == *b"moof") {
            return Err(unplayable("it is fragmented"));
        }
        let find = |kind: &[u8; 4]| {
            let found = boxes.iter().find(|found| found.kind == *kind);
            found.ok_or_else(|| unplayable("it is no MP4 or QuickTime file, or was cut off"))
        };
        find(b"mdat")?;
        let place = find(b"moov")?;
        let length = place.range.end - place.range.start;
        if length > MAX_INDEX {
            return Err(unplayable("its index is too long"));
        }
        file.seek(SeekFrom::Start(place.range.start))?;
        let mut index = vec![0; length as usize];
        file.read_exact(&mut index)?;
        let facts = facts(&index)?;
        Ok(Self {
            file,
            boxes,
            index,
            facts,
        })
    }

    /// What the index says.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Writes the film with its index before the pictures, so that players may
    /// begin before they have read all of it.
    ///
    /// # Errors
    /// If reading or writing fails.
    pub fn write(mut self, target: &mut impl Write) -> io::Result<()> {
        let order = if self.begins_with_index() {
            self.boxes.clone()
        } else {
            let first = |found: &TopBox| match &found.kind {
                b"ftyp" => 0,
                b"moov" => 1,
                _ => 2,
            };
            let mut order = self.boxes.clone();
            order.sort_by_key(first);
            // A film just under 4 GiB has no room in its numbers; it plays as it
            // is, only not at once.
            match moved_index(&self.index, &order) {
                Some(index) => {
                    self.index = index;
                    order
                }
                None => self.boxes.clone(),
            }
        };
        for part in order {
            if part.kind == *b"moov" {
                target.write_all(&self.index)?;
                continue;
            }
            self.file.seek(SeekFrom::Start(part.range.start))?;
            let length = part.range.end - part.range.start;
            let copied = io::copy(&mut (&mut self.file).take(length), target)?;
            if copied != length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    fn begins_with_index(&self) -> bool {
        let place = |kind: &[u8; 4]| self.boxes.iter().position(|found| found.kind == *kind);
        place(b"moov") < place(b"mdat")
    }
}

fn unplayable(why: &str) -> FilmError {
    FilmError::Unusable(why.to_owned())
}

/// Lists the boxes of a file.
fn top_boxes(file: &mut (impl Read + Seek)) -> Result<Vec<TopBox>, FilmError> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut boxes = Vec::new();
    let mut start = 0;
    while end - start >= 8 {
        if boxes.len() == MAX_BOXES {
            return Err(unplayable("it has too many parts"));
        }
        file.seek(SeekFrom::Start(start))?;
        let mut header = [0; 16];
        let length = usize::try_from(end - start).unwrap_or(16).min(16);
        file.read_exact(header.get_mut(..length).unwrap_or_default())?;
        let (size, _) = box_size(&header, end - start)
            .ok_or_else(|| unplayable("it is no MP4 or QuickTime file, or was cut off"))?;
        let mut kind = [0; 4];
        kind.copy_from_slice(&header[4..8]);
        boxes.push(TopBox {
            kind,
            range: start..start + size,
        });
        start += size;
    }
    Ok(boxes)
}

/// Returns the size of a box and that of its header, given the bytes that are
/// left; `None` if it reaches beyond them.
fn box_size(header: &[u8], left: u64) -> Option<(u64, u64)> {
    let (size, own) = match u64::from(u32_at(header, 0)?) {
        0 => (left, 8),
        1 => (u64_at(header, 8)?, 16),
        size => (size, 8),
    };
    (own <= size && size <= left).then_some((size, own))
}

/// Lists the boxes within a part of the index, by kind and the place of what
/// they hold. Ends at the first that is not whole.
fn children(index: &[u8], within: Range<usize>) -> Vec<([u8; 4], Range<usize>)> {
    let mut found = Vec::new();
    let mut start = within.start;
    while let Some(rest) = index.get(start..within.end).filter(|rest| rest.len() >= 8) {
        let Some((size, header)) = box_size(rest, rest.len() as u64) else {
            break;
        };
        let mut kind = [0; 4];
        kind.copy_from_slice(&rest[4..8]);
        // Both are at most the length of `rest`.
        found.push((kind, start + header as usize..start + size as usize));
        start += size as usize;
        if found.len() == MAX_BOXES {
            break;
        }
    }
    found
}

/// Returns the place of what the box at the end of a path holds.
fn find(index: &[u8], within: Range<usize>, path: &[&[u8; 4]]) -> Option<Range<usize>> {
    let mut place = within;
    for kind in path {
        let found = children(index, place);
        place = found.into_iter().find(|(own, _)| own == *kind)?.1;
    }
    Some(place)
}

fn tracks(index: &[u8]) -> Vec<Range<usize>> {
    let inside = find(index, 0..index.len(), &[b"moov"]).unwrap_or_default();
    let boxes = children(index, inside).into_iter();
    boxes
        .filter(|(kind, _)| kind == b"trak")
        .map(|(_, at)| at)
        .collect()
}

/// Reads the facts from the box `moov`.
fn facts(index: &[u8]) -> Result<Facts, FilmError> {
    let mut picture = None;
    let mut has_sound = false;
    for track in tracks(index) {
        let Some(handler) = find(index, track.clone(), &[b"mdia", b"hdlr"]) else {
            continue;
        };
        let entry = find(index, track.clone(), &[b"mdia", b"minf", b"stbl", b"stsd"]);
        // A version, flags, and how many entries there are.
        let entry = entry.and_then(|at| children(index, at.start + 8..at.end).into_iter().next());
        match index.get(handler.start + 8..handler.start + 12) {
            Some(b"vide") if picture.is_none() => {
                let (kind, at) = entry.ok_or_else(|| unplayable("its picture has no format"))?;
                if kind != *b"avc1" {
                    return Err(unplayable("its picture is not H.264"));
                }
                picture = Some(picture_facts(index, track, at)?);
            }
            Some(b"soun") => {
                if entry.is_none_or(|(kind, _)| kind != *b"mp4a") {
                    return Err(unplayable("its sound is not AAC"));
                }
                has_sound = true;
            }
            _ => {}
        }
    }
    let facts = picture.ok_or_else(|| unplayable("it holds no picture"))?;
    Ok(Facts { has_sound, ..facts })
}

fn picture_facts(
    index: &[u8],
    track: Range<usize>,
    entry: Range<usize>,
) -> Result<Facts, FilmError> {
    let broken = || unplayable("its index is damaged");
    // What precedes the boxes of the format.
    let configuration = find(index, entry.start + 78..entry.end, &[b"avcC"]).ok_or_else(broken)?;
    let profile = index.get(configuration.start + 1).ok_or_else(broken)?;
    if !PROFILES.contains(profile) {
        return Err(unplayable(
            "its picture is H.264 of more than 8 bit or 4:2:0",
        ));
    }
    let coded = (
        u32::from(u16_at(index, entry.start + 24).ok_or_else(broken)?),
        u32::from(u16_at(index, entry.start + 26).ok_or_else(broken)?),
    );
    let size = shown_size(index, &track, coded).ok_or_else(broken)?;
    let header = find(index, track.clone(), &[b"mdia", b"mdhd"]).ok_or_else(broken)?;
    let is_long = index.get(header.start) == Some(&1);
    let scale = u32_at(index, header.start + if is_long { 20 } else { 12 });
    let scale = scale.filter(|scale| *scale > 0).ok_or_else(broken)?;
    let times = find(index, track, &[b"mdia", b"minf", b"stbl", b"stts"]).ok_or_else(broken)?;
    let (frames, total, step) = durations(index.get(times).unwrap_or_default());
    if frames == 0 || total == 0 {
        return Err(unplayable("it holds no frame"));
    }
    let duration = total as f64 / f64::from(scale);
    let rate = match step {
        Some(step) => Rate::parse(&format!("{scale}/{step}")),
        None => Rate::parse(&format!("{:.6}", frames as f64 / duration)),
    };
    Ok(Facts {
        size,
        rate: rate.unwrap_or(Rate::DEFAULT),
        frames,
        duration,
        has_sound: false,
    })
}

/// Sums the times of a box `stts`: how many frames there are, their duration,
/// and that of each if all have the same.
fn durations(table: &[u8]) -> (u64, u64, Option<u32>) {
    let count = u32_at(table, 4).unwrap_or(0) as usize;
    let entries = table
        .get(8..)
        .unwrap_or_default()
        .chunks_exact(8)
        .take(count);
    let (mut frames, mut total, mut steps) = (0_u64, 0_u64, Vec::new());
    for entry in entries {
        let (number, step) = (u32_at(entry, 0).unwrap_or(0), u32_at(entry, 4).unwrap_or(0));
        frames = frames.saturating_add(u64::from(number));
        total = total.saturating_add(u64::from(number).saturating_mul(u64::from(step)));
        if steps.len() < 2 && number > 0 && !steps.contains(&step) {
            steps.push(step);
        }
    }
    (
        frames,
        total,
        steps.first().copied().filter(|_| steps.len() == 1),
    )
}

/// The size at which a track is shown, from its header, which has pixels as
/// 16.16 numbers and a matrix.
fn shown_size(index: &[u8], track: &Range<usize>, coded: (u32, u32)) -> Option<(u32, u32)> {
    let header = find(index, track.clone(), &[b"tkhd"])?;
    let is_long = index.get(header.start) == Some(&1);
    let matrix = header.start + if is_long { 52 } else { 40 };
    let side = |place: usize| u32_at(index, place).map(|fixed| fixed >> 16);
    let (width, height) = (side(matrix + 36)?, side(matrix + 40)?);
    let (width, height) = if width == 0 || height == 0 {
        coded
    } else {
        (width, height)
    };
    let is_turned = u32_at(index, matrix)? == 0 && u32_at(index, matrix + 16)? == 0;
    Some(if is_turned {
        (height, width)
    } else {
        (width, height)
    })
}

/// The index with the places of all chunks as they are when the boxes stand in
/// another order. `None` if a place does not fit into its number, or lies
/// nowhere.
fn moved_index(index: &[u8], order: &[TopBox]) -> Option<Vec<u8>> {
    let mut moved = index.to_vec();
    let mut starts = Vec::with_capacity(order.len());
    let mut at = 0;
    for part in order {
        starts.push((part.range.clone(), at));
        at += part.range.end - part.range.start;
    }
    let new_place = |old: u64| {
        let (range, start) = starts.iter().find(|(range, _)| range.contains(&old))?;
        Some(old - range.start + start)
    };
    for track in tracks(index) {
        let Some(table) = find(index, track, &[b"mdia", b"minf", b"stbl"]) else {
            continue;
        };
        for (kind, at) in children(index, table) {
            let width = match &kind {
                b"stco" => 4,
                b"co64" => 8,
                _ => continue,
            };
            let count = u32_at(index, at.start + 4)? as usize;
            let places = (at.start + 8..at.end).step_by(width).take(count);
            for place in places {
                let slot = moved.get_mut(place..place + width)?;
                if width == 4 {
                    let new = new_place(u64::from(u32_at(index, place)?))?;
                    slot.copy_from_slice(&u32::try_from(new).ok()?.to_be_bytes());
                } else {
                    let new = new_place(u64_at(index, place)?)?;
                    slot.copy_from_slice(&new.to_be_bytes());
                }
            }
        }
    }
    Some(moved)
}

fn u16_at(bytes: &[u8], place: usize) -> Option<u16> {
    let bytes = bytes.get(place..place.checked_add(2)?)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    let bytes = bytes.get(place..place.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

fn u64_at(bytes: &[u8], place: usize) -> Option<u64> {
    let bytes = bytes.get(place..place.checked_add(8)?)?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}
