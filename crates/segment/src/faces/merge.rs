use super::anchors::Candidate;
use crate::spec::FACE_NUMBERS;

/// Hands over each face once, the surest first, and leaves no candidate.
///
/// This is MediaPipe's weighted non-maximum suppression: the surest box takes all that
/// overlap it by more than `overlap` of their union, and its place becomes the mean of them
/// weighted by score. A box jumps less from frame to frame that way than the surest alone.
pub(super) fn merge(
    candidates: &mut Vec<Candidate>,
    overlap: f32,
    mut take: impl FnMut(&Candidate),
) {
    candidates.sort_unstable_by(|a, b| {
        let surer = b.score.total_cmp(&a.score);
        surer.then(a.anchor.cmp(&b.anchor))
    });
    while let Some(&best) = candidates.first() {
        let mut places = [0.0; FACE_NUMBERS];
        let mut weight = 0.0;
        candidates.retain(|other| {
            let same = other.anchor == best.anchor || shared(&best, other) > overlap;
            if same {
                weight += other.score;
                for (sum, place) in places.iter_mut().zip(&other.places) {
                    *sum += place * other.score;
                }
            }
            !same
        });
        take(&Candidate {
            places: places.map(|sum| sum / weight),
            ..best
        });
    }
}

/// The share of both boxes' union that both have, 0 to 1.
fn shared(a: &Candidate, b: &Candidate) -> f32 {
    let ([a_left, a_top, a_right, a_bottom], [left, top, right, bottom]) = (a.sides(), b.sides());
    let width = a_right.min(right) - a_left.max(left);
    let height = a_bottom.min(bottom) - a_top.max(top);
    let both = width.max(0.0) * height.max(0.0);
    let area = (a_right - a_left) * (a_bottom - a_top) + (right - left) * (bottom - top);
    both / (area - both)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(anchor: usize, score: f32, left: f32, width: f32) -> Candidate {
        let mut places = [left; FACE_NUMBERS];
        places[..4].copy_from_slice(&[left, 0.0, left + width, 10.0]);
        Candidate {
            score,
            anchor,
            places,
        }
    }

    fn merged(mut candidates: Vec<Candidate>, overlap: f32) -> Vec<(f32, [f32; 4], f32)> {
        let mut faces = Vec::new();
        merge(&mut candidates, overlap, |face| {
            faces.push((face.score, face.sides(), face.points()[5].1));
        });
        assert!(candidates.is_empty());
        faces
    }

    #[test]
    fn overlapping_boxes_become_their_weighted_mean() {
        // 0 to 10 and 2 to 12 share 8 of 12; 50 to 60 shares nothing.
        let boxes = vec![
            candidate(0, 0.5, 2.0, 10.0),
            candidate(1, 0.75, 0.0, 10.0),
            candidate(2, 0.625, 50.0, 10.0),
        ];
        let faces = merged(boxes.clone(), 0.3);
        assert_eq!(faces.len(), 2);
        let (score, sides, point) = faces[0];
        assert_eq!(score, 0.75);
        let mean = 2.0 * 0.5 / 1.25;
        for (found, expected) in sides.into_iter().zip([mean, 0.0, mean + 10.0, 10.0]) {
            assert!((found - expected).abs() < 1e-5, "{sides:?}");
        }
        assert!((point - mean).abs() < 1e-5);
        assert_eq!(faces[1].1, [50.0, 0.0, 60.0, 10.0]);
        // 8 of 12 is not more than .7.
        assert_eq!(merged(boxes, 0.7).len(), 3);
    }

    /// The second overlaps the first, the third only the second: it stays a face of its own.
    #[test]
    fn boxes_join_the_surest_and_not_each_other() {
        let row = |first, second, third| {
            vec![
                candidate(0, first, 0.0, 10.0),
                candidate(1, second, 4.0, 10.0),
                candidate(2, third, 8.0, 10.0),
            ]
        };
        assert_eq!(merged(row(0.9, 0.8, 0.7), 0.3).len(), 2);
        assert_eq!(merged(row(0.8, 0.9, 0.7), 0.3).len(), 1);
    }

    #[test]
    fn equal_boxes_and_overlaps_at_the_ends_come_to_an_end() {
        let same = vec![candidate(3, 0.5, 0.0, 10.0), candidate(1, 0.5, 0.0, 10.0)];
        assert_eq!(merged(same.clone(), 1.0).len(), 2);
        assert_eq!(merged(same, 0.0).len(), 1);
        assert_eq!(merged(Vec::new(), 0.3), []);
    }
}
