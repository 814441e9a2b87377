//! Each fault is planted and its figure worked out beforehand; the clean clip has none.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::LazyLock;

use frosted_eval::{Ground, Limits, Outcome, Report};
use support::{
    CONCEALED_SIGMA_PX, FIGURE_TOP, FIGURE_WIDTH, FRAMES, HEIGHT, RAMP, Scene, WIDTH, alpha,
    blurred, figure_left, matte, mixed, pixels, planted,
};

static SCENE: LazyLock<Scene> = LazyLock::new(Scene::new);

#[track_caller]
fn near(what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!(
        (got - expected).abs() <= tolerance,
        "{what} is {got:.4}, expected {expected:.4} up to {tolerance:.4}"
    );
}

#[track_caller]
fn judged(report: &Report, outcome: Outcome, reason: &str) {
    let verdict = report.verdict(&Limits::default());
    assert_eq!(verdict.outcome, outcome, "{verdict:?}");
    assert!(
        reason.is_empty() || verdict.reasons.iter().any(|said| said.contains(reason)),
        "\"{reason}\" is missing in {verdict:?}"
    );
}

fn lost(report: &Report) -> f64 {
    report
        .spread_of_all(|frame| Some(frame.person?.lost))
        .unwrap()
        .mean
}

fn ssim(report: &Report) -> f64 {
    report
        .spread_of_all(|frame| frame.person?.ssim)
        .unwrap()
        .mean
}

fn halo(report: &Report) -> f64 {
    report.spread_of_all(|frame| frame.halo).unwrap().mean
}

#[test]
fn a_clean_clip_has_no_fault() {
    let report = SCENE.audit(|t| SCENE.clean(t));
    judged(&report, Outcome::Pass, "");
    assert_eq!(report.ground, Ground::Mattes);
    assert_eq!(report.union_px, 0);
    // The room has texture everywhere, so all of it is looked at: every pixel that the
    // figure does not cover with its ramps.
    let covered = (FIGURE_WIDTH + 2.0 * RAMP) * (HEIGHT as f32 - FIGURE_TOP + RAMP);
    let room = (WIDTH * HEIGHT) as f64 - f64::from(covered);
    near(
        "textured pixels",
        report.frames[0].textured_px as f64 / room,
        1.0,
        0.02,
    );
    near("lost", lost(&report), 0.0, 0.0);
    near("similarity", ssim(&report), 1.0, 1e-4);
    // The concealed room is not the local mean of the room to a hair.
    near("halo", halo(&report), 0.0, 0.05);
    near("fringe", report.fringe.unwrap(), 0.0, 0.03);
    let flicker = report.spread_of_all(|frame| frame.flicker).unwrap();
    near("flicker", flicker.most, 0.0, 0.1);
    // No octave that fits into the room beside the figure has anything of it left.
    assert_eq!(report.detail.finest_px(), None);
    assert!(report.detail.bands.len() >= 4, "{:?}", report.detail);
    let sigma = report.detail.sigma_px();
    assert!(
        sigma.is_none_or(|sigma| sigma > f64::from(CONCEALED_SIGMA_PX) / 2.0),
        "{sigma:?}"
    );
}

#[test]
fn a_raw_frame_is_found() {
    let report = SCENE.audit(|t| {
        if t == 7 {
            SCENE.original(t)
        } else {
            SCENE.clean(t)
        }
    });
    judged(&report, Outcome::Fail, "the first is frame 7");
    assert_eq!(report.frames_above(Limits::default().raw_frame), [7]);
    near("frame 7", report.frames[7].legible(), 1.0, 0.002);
    // Nothing else was ever legible.
    assert_eq!(report.union_px, report.frames[7].legible_px);
    near(
        "mean",
        report.spread_of_all(|f| Some(f.legible())).unwrap().mean,
        1.0 / FRAMES as f64,
        0.001,
    );
}

/// A window half of which is as it was has gain .5 and correlation √.5, which is just about
/// the limit: a planted area ends where it ends, up to a pixel or two.
fn area(width: f64, height: f64) -> std::ops::RangeInclusive<f64> {
    (width - 4.0) * (height - 4.0)..=(width + 4.0) * (height + 4.0)
}

#[test]
fn a_leaking_rectangle_is_as_large_as_it_is() {
    let inside = |x: f32, y: f32| (20.0..140.0).contains(&x) && (30.0..80.0).contains(&y);
    let report = SCENE.audit(|t| planted(SCENE.clean(t), &SCENE.original(t), inside));
    judged(&report, Outcome::Fail, "a patch");
    let expected = area(120.0, 50.0);
    for (t, frame) in report.frames.iter().enumerate() {
        assert!(
            expected.contains(&(frame.legible_px as f64)),
            "frame {t}: {}",
            frame.legible_px
        );
    }
    assert!(expected.contains(&(report.largest_patch_px as f64)));
    // A frame of 360 lines has a quarter of the pixels of one of 720.
    near(
        "patch at 720 lines",
        report.largest_patch_px_at_720(),
        4.0 * report.largest_patch_px as f64,
        0.0,
    );
}

#[test]
fn a_ring_around_the_person_is_found() {
    const WIDER: f32 = 8.0;
    let report = SCENE.audit(|t| {
        let wide = alpha(figure_left(t), WIDER);
        mixed(&wide, &SCENE.original(t), &SCENE.concealed)
    });
    judged(&report, Outcome::Fail, "in at least one frame");
    // Room pixels begin where the figure's ramp ends; there the wide matte's ramp begins. Along
    // it gain and correlation fall with the matte, so that about half of the ramp is legible.
    let (start, end) = (RAMP, WIDER + RAMP);
    let perimeter = |distance: f32| {
        let sides = 2.0 * (HEIGHT as f32 - FIGURE_TOP + distance);
        f64::from(sides + FIGURE_WIDTH + 2.0 * distance)
    };
    let all = perimeter((start + end) / 2.0) * f64::from(end - start);
    let legible = report.frames[0].legible_px as f64;
    assert!(
        (0.4 * all..0.75 * all).contains(&legible),
        "{legible} of {all}"
    );
}

#[test]
fn a_flash_of_one_frame_is_found_in_that_frame() {
    let inside = |x: f32, y: f32| x < 100.0 && y < 60.0;
    let report = SCENE.audit(|t| match t {
        4 => planted(SCENE.clean(t), &SCENE.original(t), inside),
        _ => SCENE.clean(t),
    });
    judged(&report, Outcome::Fail, "frame 4 shows");
    let leak = report.spread_of_all(|frame| Some(frame.legible())).unwrap();
    assert_eq!(leak.most_at, 4);
    assert_eq!(report.union_px, report.frames[4].legible_px);
    near("mean", leak.mean, leak.most / FRAMES as f64, 1e-9);
    // Half of the frame of the flash is at the border of the picture, which costs nothing.
    assert!(area(100.0, 60.0).contains(&(report.union_px as f64)));
}

#[test]
fn small_leaks_add_up_to_the_union() {
    // 20 x 20 px in each frame, never the same.
    let inside = |t: usize| {
        move |x: f32, y: f32| {
            let left = 10.0 + 45.0 * t as f32;
            (left..left + 20.0).contains(&x) && (20.0..40.0).contains(&y)
        }
    };
    let report = SCENE.audit(|t| planted(SCENE.clean(t), &SCENE.original(t), inside(t)));
    judged(&report, Outcome::Fail, "in at least one frame");
    let leak = report.spread_of_all(|frame| Some(frame.legible())).unwrap();
    assert!(
        leak.most < Limits::default().frame,
        "each frame for itself is within its limit"
    );
    let sum: u64 = report.frames.iter().map(|frame| frame.legible_px).sum();
    assert_eq!(report.union_px, sum, "the spots do not touch");
    assert!(
        area(20.0, 20.0).contains(&(sum as f64 / FRAMES as f64)),
        "{sum}"
    );
}

#[test]
fn a_weak_blur_is_measured_and_fails() {
    // Half of 1/17 of 360 lines is 11 px. Gains are known by octaves, which is good for a
    // quarter.
    for sigma in [3.0, 8.0] {
        let (weak, tolerance) = (blurred(&SCENE.room, sigma), f64::from(sigma) / 4.0);
        let report = SCENE.audit(|t| mixed(&SCENE.alphas[t], &SCENE.figure, &weak));
        near(
            "blur",
            report.detail.sigma_px().unwrap(),
            f64::from(sigma),
            tolerance,
        );
        judged(&report, Outcome::Fail, "the room is blurred by");
    }
}

#[test]
fn another_picture_is_not_the_room() {
    let turned: Vec<f32> = SCENE.room.iter().rev().copied().collect();
    for other in [turned, vec![128.0; WIDTH * HEIGHT]] {
        let report = SCENE.audit(|t| mixed(&SCENE.alphas[t], &SCENE.figure, &other));
        assert_eq!(report.union_px, 0);
        judged(&report, Outcome::Pass, "");
    }
}

#[test]
fn a_halo_is_the_persons_share_of_the_band() {
    // At distance d outside a straight edge in the middle of the ramp, a blur of standard
    // deviation s holds 1 - Φ(d / s) of the person. The band is 1 to 8 px outside the ramp
    // (16 px at 720 lines), that is 5 to 12 px from the edge: with s = 10 about .20 on average.
    let report = SCENE.audit(|t| {
        let smeared = blurred(&SCENE.original(t), 10.0);
        mixed(&SCENE.alphas[t], &SCENE.figure, &smeared)
    });
    near("halo", halo(&report), 0.20, 0.04);
}

#[test]
fn a_person_that_is_painted_over_is_lost() {
    // The left quarter of the opaque figure, of which the measure leaves 2 px at each edge.
    let quarter = FIGURE_WIDTH / 4.0;
    let report = SCENE.audit(|t| {
        let left = figure_left(t);
        planted(SCENE.clean(t), &SCENE.concealed, |x, _| x < left + quarter)
    });
    let expected = f64::from((quarter - 2.0) / (FIGURE_WIDTH + 1.0 - 4.0));
    near("lost", lost(&report), expected, 0.005);
    let remarks = report.verdict(&Limits::default()).remarks;
    assert!(
        remarks.iter().any(|remark| remark.contains("lost")),
        "{remarks:?}"
    );
}

#[test]
fn half_of_the_persons_contrast_is_four_fifths_similar() {
    // SSIM of k times the contrast at the same mean is 2k / (1 + k²) for strong texture.
    let flat: Vec<f32> = SCENE
        .figure
        .iter()
        .map(|level| (level + 200.0) / 2.0)
        .collect();
    let report = SCENE.audit(|t| mixed(&SCENE.alphas[t], &flat, &SCENE.concealed));
    near("similarity", ssim(&report), 0.8, 0.05);
}

#[test]
fn flicker_is_the_change_that_the_room_did_not_make() {
    let step = |t: usize| if t.is_multiple_of(2) { 0.0 } else { 6.0 };
    let report = SCENE.audit(|t| {
        let room: Vec<f32> = SCENE
            .concealed
            .iter()
            .map(|level| level + step(t))
            .collect();
        mixed(&SCENE.alphas[t], &SCENE.figure, &room)
    });
    let flicker = report.spread_of_all(|frame| frame.flicker).unwrap();
    near("flicker", flicker.mean, 6.0, 0.1);
    let remarks = report.verdict(&Limits::default()).remarks;
    assert!(
        remarks.iter().any(|remark| remark.contains("flicker")),
        "{remarks:?}"
    );
}

#[test]
fn the_fringe_is_measured_where_alpha_is_between() {
    // As it was, all of the room shows.
    let raw = SCENE.audit(|t| SCENE.original(t));
    near("unprotected", raw.fringe.unwrap(), 1.0, 0.001);
    // Nothing was cut out, so there is no other cause to name.
    let remarks = raw.verdict(&Limits::default()).remarks;
    let remark = remarks.iter().find(|remark| remark.contains("fringe"));
    assert!(!remark.unwrap().contains("cut out along"), "{remark:?}");
    // Cut out by the true matte, a mixed pixel keeps alpha of the room. Weighted by (1-α)²,
    // with 1-α = 1/8 to 7/8 along the ramp, that is Σα(1-α)² / Σ(1-α)² = 336/1120; the
    // outer part has α = 1/8 alone.
    let cut = SCENE.audit(|t| mixed(&SCENE.alphas[t], &SCENE.original(t), &SCENE.concealed));
    near("cut out", cut.fringe.unwrap(), 0.30, 0.05);
    near("outside", cut.fringe_parts[0].unwrap(), 0.125, 0.03);
    // Half and half.
    let half = SCENE.audit(|t| {
        let halves = SCENE.original(t).into_iter().zip(SCENE.clean(t));
        halves
            .map(|(original, clean)| (original + clean) / 2.0)
            .collect()
    });
    near("half", half.fringe.unwrap(), 0.5, 0.03);
}

#[test]
fn what_is_missing_of_the_person_counts_for_or_against_the_room() {
    // Wherever the figure is mixed with the room all is painted over, so that nothing of either
    // shows. A figure whose texture is the room's negative is then taken for the room, α of it
    // where 1-α is expected: Σα(1-α) / Σ(1-α)² = 84/140 along the ramp, 7 inside, at α = 7/8.
    // One that is like the room counts against it by as much.
    let room = SCENE.room.iter();
    let negative: Vec<f32> = room.clone().map(|level| 240.0 - level).collect();
    let positive: Vec<f32> = room.map(|level| 20.0 + level).collect();
    for (figure, sign) in [(&negative, 1.0), (&positive, -1.0)] {
        let original = |t: usize| mixed(&SCENE.alphas[t], figure, &SCENE.room);
        let report = SCENE.audit_of(original, |t| {
            let opaque: Vec<f32> = SCENE.alphas[t].iter().map(|alpha| alpha.floor()).collect();
            mixed(&opaque, figure, &SCENE.concealed)
        });
        near("whole", report.fringe.unwrap(), sign * 0.6, 0.1);
        near("inside", report.fringe_parts[2].unwrap(), sign * 7.0, 0.7);
    }
}

#[test]
fn a_clip_that_was_cut_by_the_mattes_given_is_told_from_one_that_was_not() {
    let cut_by = |wider: f32| {
        let report = SCENE.audit(|t| {
            let alpha = alpha(figure_left(t), wider);
            mixed(&alpha, &SCENE.original(t), &SCENE.concealed)
        });
        report.cut.unwrap()
    };
    let own = cut_by(0.0);
    assert!(own.is_along_the_mattes(), "{own:?}");
    assert!(
        SCENE
            .audit(|t| SCENE.clean(t))
            .cut
            .unwrap()
            .is_along_the_mattes()
    );
    // The edge is looked at 2.7 px deep, two steps of a pixel: a cut that is one pixel too
    // narrow changes the first, an eighth of it, and one that is two too narrow both.
    for (wider, lost) in [(-1.0, 0.3..0.6), (-2.0, 0.7..1.01)] {
        let narrow = cut_by(wider);
        assert!(lost.contains(&narrow.lost), "{wider}: {narrow:?}");
        assert!(!narrow.is_along_the_mattes(), "{wider}: {narrow:?}");
    }
    // The ramp of a wider cut ends where the room begins only if it is wider by the ramp.
    let wide = cut_by(RAMP + 4.0);
    assert!(wide.lost < 1e-9 && wide.kept > 0.9, "{wide:?}");
    assert!(!wide.is_along_the_mattes(), "{wide:?}");
    // Coded with loss: noise everywhere.
    let noisy = |wider: f32| {
        let report = SCENE.audit(|t| {
            let alpha = alpha(figure_left(t), wider);
            let mut noisy = mixed(&alpha, &SCENE.original(t), &SCENE.concealed);
            for (at, level) in noisy.iter_mut().enumerate() {
                *level += ((at * 7919 + t * 31) % 7) as f32 - 3.0;
            }
            noisy
        });
        report.cut.unwrap()
    };
    assert!(noisy(0.0).is_along_the_mattes(), "{:?}", noisy(0.0));
    assert!(!noisy(-2.0).is_along_the_mattes(), "{:?}", noisy(-2.0));
    assert_eq!(SCENE.audit_blind(|t| SCENE.clean(t)).cut, None);
}

#[test]
fn without_mattes_only_raw_frames_are_judged() {
    let report = SCENE.audit_blind(|t| SCENE.clean(t));
    assert_eq!(report.ground, Ground::WholeFrame);
    judged(&report, Outcome::NoVerdict, "without true mattes");
    assert!(
        report
            .frames
            .iter()
            .all(|frame| frame.person.is_none() && frame.halo.is_none())
    );
    // The figure may be legible; its opaque part is a fifth of the frame.
    let figure = f64::from(FIGURE_WIDTH * (HEIGHT as f32 - FIGURE_TOP)) / (WIDTH * HEIGHT) as f64;
    near("legible", report.frames[0].legible(), figure, 0.03);

    let report = SCENE.audit_blind(|t| {
        if t == 2 {
            SCENE.original(t)
        } else {
            SCENE.clean(t)
        }
    });
    judged(&report, Outcome::Fail, "the first is frame 2");
}

#[test]
fn mattes_and_figures_fit_together() {
    // What the tests above reckon with.
    let alpha = matte(&SCENE.alphas[3]);
    let (mut room, mut person) = (0, 0);
    for (alpha, (x, y)) in alpha.iter().zip(pixels()) {
        let left = figure_left(3);
        let opaque = x >= left && x <= left + FIGURE_WIDTH && y >= FIGURE_TOP;
        assert_eq!(*alpha == 255, opaque);
        room += usize::from(*alpha == 0);
        person += usize::from(opaque);
    }
    assert!(room > person && person > 40_000);
}
