//! Mattes with a known error have the figures that are worked out by hand.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

use frosted_eval::{AuditErrorKind, MatteFigures, MatteJudge};

/// 720 lines, so that pixels are pixels.
const WIDTH: usize = 64;
const HEIGHT: usize = 720;

fn matte(of: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    (0..WIDTH * HEIGHT)
        .map(|at| of(at % WIDTH, at / WIDTH))
        .collect()
}

/// A person from top to bottom, between these columns.
fn columns(from: usize, to: usize) -> Vec<u8> {
    matte(|x, _| if (from..to).contains(&x) { 255 } else { 0 })
}

fn one_frame(truth: &[u8], matte: &[u8]) -> MatteFigures {
    let mut judge = MatteJudge::new(WIDTH, HEIGHT, 1);
    judge.add(truth, &[matte]).unwrap()[0]
}

#[track_caller]
fn near(what: &str, got: Option<f64>, expected: f64, tolerance: f64) {
    let got = got.unwrap_or_else(|| panic!("{what} was not measured"));
    assert!(
        (got - expected).abs() <= tolerance,
        "{what}: {got}, expected {expected}"
    );
}

#[test]
fn the_true_matte_is_perfect() {
    let truth = matte(|x, y| if x < 32 { (y % 256) as u8 } else { 255 });
    let mut judge = MatteJudge::new(WIDTH, HEIGHT, 1);
    let first = judge.add(&truth, &[&truth]).unwrap()[0];
    assert_eq!(first.dtssd, None, "nothing came before");
    let moved: Vec<u8> = truth.iter().rev().copied().collect();
    let second = judge.add(&moved, &[&moved]).unwrap()[0];
    for (what, figure, best) in [
        ("MAD", second.mad, 0.0),
        ("gradient", second.gradient, 0.0),
        ("dtSSD", second.dtssd, 0.0),
        ("IoU", second.iou, 1.0),
        ("F", second.boundary_f, 1.0),
        ("lost", second.lost, 0.0),
        ("shown", second.shown, 0.0),
    ] {
        assert_eq!(figure, Some(best), "{what}");
    }
}

#[test]
fn a_person_that_is_moved_is_half_lost_and_half_beside() {
    // 20 columns of 64, off by 4: 4 are lost, 4 of the room's 44 are shown, 16 of 24 agree.
    let figures = one_frame(&columns(20, 40), &columns(24, 44));
    near("MAD", figures.mad, 1000.0 * 8.0 / 64.0, 1e-9);
    near("IoU", figures.iou, 16.0 / 24.0, 1e-9);
    near("lost", figures.lost, 4.0 / 20.0, 1e-9);
    near("shown", figures.shown, 4.0 / 44.0, 1e-9);
    near("F", figures.boundary_f, 0.0, 1e-9);
}

#[test]
fn boundaries_agree_within_three_pixels() {
    // The frame's border is no boundary: each matte has two lines of 720 px.
    let truth = columns(20, 40);
    for (name, from, to, expected) in [
        ("3 px aside", 23, 43, 1.0),
        ("4 px aside", 24, 44, 0.0),
        ("one of two lines", 20, 44, 0.5),
        // Its one line is right, of the true ones one was found: 2 * 1 * .5 / 1.5.
        ("one line alone", 20, WIDTH, 2.0 / 3.0),
        ("no line", 0, WIDTH, 0.0),
    ] {
        near(
            name,
            one_frame(&truth, &columns(from, to)).boundary_f,
            expected,
            1e-9,
        );
    }
}

#[test]
fn a_pale_matte_is_off_by_what_it_lacks() {
    // 51 of 255 are missing in 20 of 64 columns.
    let pale = matte(|x, _| if (20..40).contains(&x) { 204 } else { 0 });
    let figures = one_frame(&columns(20, 40), &pale);
    near("MAD", figures.mad, 1000.0 * 0.2 * 20.0 / 64.0, 1e-9);
    near("IoU", figures.iou, 1.0, 1e-9);
    near("lost", figures.lost, 0.0, 1e-9);
    // Each edge is .8 as steep as the true one: (1 - .8)² of it is missing.
    let missing = 0.04 * 2.0 * EDGE;
    near("gradient", figures.gradient, missing, 1e-3);
}

/// Gradient error of an edge from 0 to 1 along 720 lines that is missing altogether. With the
/// taps g(k) = exp(-k²/2σ²) and d(k) = k g(k) for k = -4 to 4, σ = 1.4, each divided by its L2
/// norm, the edge's magnitude p pixels away from it is Σg times the sum of d beyond -p, and
/// the sum of its squares over p is 19.59072.
const EDGE: f64 = 19.590_72 * 720.0 / 1000.0;

#[test]
fn an_edge_that_is_missing_is_a_gradient_error() {
    let figures = one_frame(&columns(0, 32), &columns(0, 0));
    near("gradient", figures.gradient, EDGE, 1e-3);
}

#[test]
fn gradients_are_those_of_the_definition() {
    let noise = matte(|x, y| ((x * 7919 + y * 104_729 + x * y * 31) % 256) as u8);
    let figures = one_frame(&noise, &columns(0, 0));
    near(
        "gradient",
        figures.gradient,
        by_definition(&noise) / 1000.0,
        0.01,
    );
}

/// Σ|∇α|² by two-dimensional filters.
fn by_definition(alpha: &[u8]) -> f64 {
    let gauss = |x: f64| (-x * x / (2.0 * 1.4 * 1.4)).exp();
    let filter: Vec<(isize, isize, f64)> = (-4..=4)
        .flat_map(|y: isize| (-4..=4).map(move |x: isize| (x, y)))
        .map(|(x, y)| (x, y, x as f64 * gauss(x as f64) * gauss(y as f64)))
        .collect();
    let norm = filter.iter().map(|(.., w)| w * w).sum::<f64>().sqrt();
    let value = |x: isize, y: isize| {
        let x = x.clamp(0, WIDTH as isize - 1) as usize;
        let y = y.clamp(0, HEIGHT as isize - 1) as usize;
        f64::from(alpha[y * WIDTH + x]) / 255.0
    };
    let mut sum = 0.0;
    for y in 0..HEIGHT as isize {
        for x in 0..WIDTH as isize {
            let (mut along, mut down) = (0.0, 0.0);
            for (dx, dy, weight) in &filter {
                along += weight / norm * value(x + dx, y + dy);
                down += weight / norm * value(x + dy, y + dx);
            }
            sum += along * along + down * down;
        }
    }
    sum
}

#[test]
fn a_matte_that_flickers_is_off_by_its_changes() {
    // A quarter of the pixels goes up and down by .2: the root of .25 * .2² is .1.
    let flicker = |t: usize| matte(|x, _| if x < 16 && t % 2 == 1 { 51 } else { 0 });
    let truth = columns(0, 0);
    let mut judge = MatteJudge::new(WIDTH, HEIGHT, 2);
    let steady = matte(|_, _| 100);
    for t in 0..5 {
        let figures = judge.add(&truth, &[&flicker(t), &steady]).unwrap();
        if t > 0 {
            near("flickers", figures[0].dtssd, 10.0, 1e-9);
            near("wrong, but steady", figures[1].dtssd, 0.0, 1e-9);
        }
    }
}

#[test]
fn changes_are_compared_pixel_by_pixel() {
    let mut judge = MatteJudge::new(WIDTH, HEIGHT, 1);
    for t in 0..4 {
        let figures = judge
            .add(&columns(20 + t, 40 + t), &[&columns(18 + t, 42 + t)])
            .unwrap();
        // Column 18 goes where column 20 does, which is another one.
        if t > 0 {
            let apart = 100.0 * (4.0_f64 / 64.0).sqrt();
            near("moves with it", figures[0].dtssd, apart, 1e-9);
        }
    }
    // The truth goes on by a column, so that two of 64 change; the matte stays.
    let figures = judge.add(&columns(24, 44), &[&columns(21, 45)]).unwrap();
    let behind = 100.0 * (2.0_f64 / 64.0).sqrt();
    near("stays behind", figures[0].dtssd, behind, 1e-9);
}

#[test]
fn figures_that_cannot_be_had_are_none() {
    let nobody = columns(0, 0);
    let empty = one_frame(&nobody, &nobody);
    assert_eq!(
        (empty.iou, empty.boundary_f, empty.lost),
        (None, None, None)
    );
    assert_eq!((empty.mad, empty.shown), (Some(0.0), Some(0.0)));
    let ghost = one_frame(&nobody, &columns(20, 40));
    assert_eq!((ghost.iou, ghost.boundary_f), (Some(0.0), Some(0.0)));
    assert_eq!(one_frame(&columns(0, WIDTH), &nobody).shown, None);
}

#[test]
fn means_are_over_what_was_measured() {
    let (nobody, person) = (columns(0, 0), columns(20, 40));
    let all = [
        one_frame(&nobody, &nobody),
        one_frame(&person, &columns(20, 30)),
    ];
    let mean = MatteFigures::mean(&all);
    near("MAD", mean.mad, 500.0 * 10.0 / 64.0, 1e-9);
    near("IoU", mean.iou, 0.5, 1e-9);
    assert_eq!(mean.dtssd, None);
    assert_eq!(MatteFigures::mean([]), MatteFigures::default());
}

#[test]
fn mattes_of_another_size_are_refused() {
    let mut judge = MatteJudge::new(WIDTH, HEIGHT, 1);
    let (good, short) = (columns(0, 0), vec![0; 12]);
    for (truth, matte) in [(&good, &short), (&short, &good)] {
        let error = judge.add(truth, &[matte]).unwrap_err();
        assert_eq!(error.kind(), AuditErrorKind::Size);
        assert!(error.to_string().contains("12 bytes"), "{error}");
    }
}
