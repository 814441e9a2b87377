//! What is shown, decided from whole numbers: no I/O, no clock, no locks, no pixels.

use std::time::Duration;

use frosted_core::Timestamp;

use crate::facts::{Facts, MIN_PERSON_PERMILLE};
use crate::report::{Cause, Shown};

/// What is to be shown. There is no variant for the frame as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The person in front of the background.
    Person,
    /// The background alone.
    CoverAll(Cause),
    /// The card.
    Card(Cause),
}

impl From<Verdict> for Shown {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Person => Self::Person,
            Verdict::CoverAll(cause) => Self::AllCovered(cause),
            Verdict::Card(cause) => Self::Card(cause),
        }
    }
}

/// What is known of one frame when the verdict falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// A mask of this very frame.
    Mask {
        facts: Facts,
        /// The mask came after the deadline.
        late: bool,
    },
    /// There is none, because of this.
    Failed(Cause),
}

/// What the policy remembers from frame to frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Good masks in a row since the last fault.
    good: u32,
    /// Until when frames stay covered, and because of what.
    unsettled: Option<(Timestamp, Cause)>,
    last: Option<(Timestamp, Facts)>,
    /// The frame before showed the person.
    shown: bool,
}

/// Undecided pixels above this share of all that may be a person's make a mask nonsense.
const MAX_UNDECIDED_PERMILLE: u16 = 600;
/// A mask that leaves less of the room than this tells nothing apart; a network that has
/// gone wrong often says that all is the person.
const MAX_PERSON_PERMILLE: u16 = 900;
/// A picture whose darkest and brightest reduced pixels are closer than this, in levels of
/// luma, shows nothing: the lens is covered, or the camera sends blank frames.
const MIN_CONTRAST: u8 = 10;
/// An outline more frayed than this is noise, stripes or lace and nobody's (see
/// [`Facts::raggedness`]): 25 times a square's, which leaves room for arms and fingers.
const MAX_RAGGEDNESS: u32 = 400;
/// A jump of the person's area by more than this share of the picture, and by more than
/// half of the larger area, is not a movement ...
const MAX_AREA_STEP_PERMILLE: u16 = 150;
/// ... nor is one by more than this, however large the person is.
const MAX_AREA_LEAP_PERMILLE: u16 = 250;
/// A step of mean brightness by more than this many levels, and by more than a third of
/// the brighter one, makes the network's answer worth little.
const MAX_BRIGHTNESS_STEP: u8 = 24;
/// Frames stay covered for so long after a jump, an undecided mask or a late one, and once
/// nobody was there to be shown: a cover that comes and goes faster is a flash.
const SETTLE: Duration = Duration::from_millis(300);

impl State {
    /// Whether the frame that was just decided begins a stream, or begins it anew.
    pub(crate) fn begins(&self) -> bool {
        self.good == 1
    }

    /// Whether a frame captured at `at` begins the stream anew: the clock went back, or there
    /// was a gap.
    pub(crate) fn restarts(&self, at: Timestamp, rules: Rules) -> bool {
        self.last.is_some_and(|(last, _)| {
            at < last || rules.resume_gap.is_some_and(|gap| at.since(last) > gap)
        })
    }

    /// Whether the mask of the frame that was just decided may also teach what the room
    /// looks like, and what stands for it.
    pub(crate) fn trusts(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Person | Verdict::CoverAll(Cause::Nobody | Cause::NoSubject) => true,
            Verdict::Card(Cause::Starting) => self.good > 0,
            _ => false,
        }
    }

    /// Whether it may at least teach what the room looks like, which only takes away: what an
    /// undecided mask is sure of, too, for in an empty room networks doubt chairs and coats.
    pub(crate) fn half_trusts(&self, verdict: Verdict) -> bool {
        self.trusts(verdict) || verdict == Verdict::CoverAll(Cause::Undecided)
    }
}

/// What the settings say about the decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Good masks in a row before the person is shown.
    pub warm_up_frames: u32,
    /// After a longer gap between two frames the stream counts as started anew.
    pub resume_gap: Option<Duration>,
}

/// Decides what the frame captured at `at` may show.
pub(crate) fn decide(
    state: State,
    at: Timestamp,
    evidence: Evidence,
    rules: Rules,
) -> (State, Verdict) {
    let mut state = state;
    if let Some((last_at, _)) = state.last {
        if at < last_at {
            let start_over = State {
                last: Some((at, Facts::default())),
                ..State::default()
            };
            return (start_over, Verdict::Card(Cause::ClockWentBack));
        }
        if rules.resume_gap.is_some_and(|gap| at.since(last_at) > gap) {
            state = State::default();
        }
    }
    let (facts, late) = match evidence {
        Evidence::Failed(cause) => return (State::default(), Verdict::Card(cause)),
        Evidence::Mask { facts, late } => (facts, late),
    };
    let undecided = facts.undecided_permille > MAX_UNDECIDED_PERMILLE;
    let senseless =
        facts.people_permille > MAX_PERSON_PERMILLE || facts.raggedness > MAX_RAGGEDNESS;
    let blank = facts.contrast < MIN_CONTRAST;
    if undecided || senseless || blank {
        let cause = if blank {
            Cause::Blank
        } else {
            Cause::Undecided
        };
        let warming = state.good < rules.warm_up_frames.max(1);
        let state = State {
            good: if warming { 0 } else { state.good },
            last: Some((at, facts)),
            unsettled: (!warming).then_some((at + SETTLE, Cause::Undecided)),
            shown: false,
        };
        let verdict = if warming {
            Verdict::Card(Cause::Starting)
        } else {
            Verdict::CoverAll(cause)
        };
        return (state, verdict);
    }
    let before = state.last.filter(|_| state.good > 0);
    if let Some(cause) = before.and_then(|(_, before)| jump(before, facts)) {
        state.unsettled = Some((at + SETTLE, cause));
    }
    let shown = std::mem::take(&mut state.shown);
    state.last = Some((at, facts));
    state.good = state.good.saturating_add(1);
    if state.good < rules.warm_up_frames {
        return (
            State {
                unsettled: None,
                ..state
            },
            Verdict::Card(Cause::Starting),
        );
    }
    if late {
        state.unsettled = Some((at + SETTLE, Cause::Late));
    }
    state.unsettled = state.unsettled.filter(|(until, _)| at < *until);
    if let Some((_, cause)) = state.unsettled {
        return (state, Verdict::CoverAll(cause));
    }
    if facts.subject_permille < MIN_PERSON_PERMILLE {
        let cause = if facts.people_permille < MIN_PERSON_PERMILLE {
            Cause::Nobody
        } else {
            Cause::NoSubject
        };
        if shown {
            state.unsettled = Some((at + SETTLE, cause));
        }
        return (state, Verdict::CoverAll(cause));
    }
    state.shown = true;
    (state, Verdict::Person)
}

fn jump(before: Facts, now: Facts) -> Option<Cause> {
    let (a, b) = (before.brightness, now.brightness);
    if a.abs_diff(b) > MAX_BRIGHTNESS_STEP && u16::from(a.abs_diff(b)) * 3 > u16::from(a.max(b)) {
        return Some(Cause::BrightnessStep);
    }
    // A network that finds somebody in what is known to be the room finds nobody, and what
    // is known to be the room comes all at once. That it is no longer known never does.
    let jumps = |a: u16, b: u16| {
        let step = a.abs_diff(b);
        let much = step > MAX_AREA_STEP_PERMILLE && step * 2 > a.max(b);
        much || step > MAX_AREA_LEAP_PERMILLE
    };
    let rises = now.strange_permille > before.strange_permille;
    let area = jumps(before.strange_permille, now.strange_permille)
        && (rises || jumps(before.people_permille, now.people_permille));
    area.then_some(Cause::AreaJump)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(33);
    const RULES: Rules = Rules {
        warm_up_frames: 3,
        resume_gap: Some(Duration::from_secs(2)),
    };
    const PERSON: Facts = Facts {
        people_permille: 300,
        strange_permille: 300,
        subject_permille: 300,
        undecided_permille: 80,
        brightness: 120,
        contrast: 200,
        raggedness: 40,
    };

    fn mask(facts: Facts) -> Evidence {
        Evidence::Mask { facts, late: false }
    }

    /// Runs `evidence` at one frame's distance each, behind `lead` good frames.
    fn run(lead: usize, evidence: &[Evidence]) -> Vec<Verdict> {
        let mut state = State::default();
        let mut at = Timestamp::ZERO;
        let lead = std::iter::repeat_n(mask(PERSON), lead);
        let verdicts = lead.chain(evidence.iter().copied()).map(|evidence| {
            let verdict;
            (state, verdict) = decide(state, at, evidence, RULES);
            at = at + FRAME;
            verdict
        });
        verdicts.collect()
    }

    #[test]
    fn each_state_is_entered_and_left() {
        use Cause::*;
        use Verdict::*;
        let with = |change: fn(&mut Facts)| {
            let mut facts = PERSON;
            change(&mut facts);
            mask(facts)
        };
        let good = mask(PERSON);
        let undecided = with(|f| f.undecided_permille = 900);
        let all = with(|f| (f.people_permille, f.undecided_permille) = (1000, 0));
        let lace = with(|f| f.raggedness = 1000);
        let area = |permille: u16| {
            let mut facts = PERSON;
            (facts.people_permille, facts.subject_permille) = (permille, permille);
            facts.strange_permille = permille;
            mask(facts)
        };
        let nobody = area(0);
        let stranger = with(|f| f.subject_permille = 0);
        let dark = with(|f| f.brightness = 60);
        let huge = area(800);
        let mistaken = with(|f| f.people_permille = 800);
        let blank = with(|f| (f.brightness, f.contrast) = (16, 3));
        let late = Evidence::Mask {
            facts: PERSON,
            late: true,
        };
        let cases: [(&str, usize, Vec<Evidence>, Vec<Verdict>); 19] = [
            (
                "warming up",
                0,
                vec![good, good, good],
                vec![Card(Starting), Card(Starting), Person],
            ),
            (
                "an undecided mask starts the warm-up over",
                0,
                vec![good, good, undecided, good, good, good],
                vec![
                    Card(Starting),
                    Card(Starting),
                    Card(Starting),
                    Card(Starting),
                    Card(Starting),
                    Person,
                ],
            ),
            ("tracking", 5, vec![good, good], vec![Person, Person]),
            (
                "uncertain: undecided",
                5,
                [vec![undecided], vec![good; 10]].concat(),
                [vec![CoverAll(Undecided); 10], vec![Person]].concat(),
            ),
            (
                "uncertain: everything is the person, for ever",
                5,
                vec![all, all, all, all, all],
                vec![CoverAll(Undecided); 5],
            ),
            (
                "uncertain: lace",
                5,
                [vec![lace; 2], vec![good; 10]].concat(),
                [vec![CoverAll(Undecided); 11], vec![Person]].concat(),
            ),
            (
                "the lens is covered for a moment",
                5,
                [vec![blank; 2], vec![good; 11]].concat(),
                [
                    vec![CoverAll(Blank); 2],
                    vec![CoverAll(BrightnessStep); 10],
                    vec![Person],
                ]
                .concat(),
            ),
            (
                "everything is the person from the start",
                0,
                vec![all, all, all, all, good],
                vec![Card(Starting); 5],
            ),
            (
                "uncertain: brightness step",
                5,
                vec![dark; 11],
                [vec![CoverAll(BrightnessStep); 10], vec![Person]].concat(),
            ),
            (
                "uncertain: area jump",
                5,
                vec![huge; 11],
                [vec![CoverAll(AreaJump); 10], vec![Person]].concat(),
            ),
            (
                "the room is no longer known a frame after the network took it for somebody",
                5,
                [vec![mistaken], vec![huge; 11]].concat(),
                [vec![Person], vec![CoverAll(AreaJump); 10], vec![Person]].concat(),
            ),
            (
                "what the network takes for somebody turns out to be the room",
                5,
                vec![mistaken, good, mistaken],
                vec![Person; 3],
            ),
            (
                "uncertain: late",
                5,
                [vec![late], vec![good; 10]].concat(),
                [vec![CoverAll(Late); 10], vec![Person]].concat(),
            ),
            (
                "somebody else alone, for a moment",
                5,
                [vec![stranger; 2], vec![good; 9]].concat(),
                [vec![CoverAll(NoSubject); 10], vec![Person]].concat(),
            ),
            (
                "somebody else alone, for longer",
                5,
                [vec![stranger; 12], vec![good]].concat(),
                [vec![CoverAll(NoSubject); 12], vec![Person]].concat(),
            ),
            (
                "nobody, who leaves step by step and returns so at once",
                5,
                [
                    vec![area(200), area(100), nobody, nobody],
                    vec![area(100); 9],
                ]
                .concat(),
                [vec![Person; 2], vec![CoverAll(Nobody); 10], vec![Person]].concat(),
            ),
            (
                "nobody, who leaves step by step and returns so",
                5,
                [
                    vec![area(200), area(100)],
                    vec![nobody; 20],
                    vec![area(100)],
                ]
                .concat(),
                [vec![Person; 2], vec![CoverAll(Nobody); 20], vec![Person]].concat(),
            ),
            (
                "an empty room warms up too",
                0,
                vec![nobody; 3],
                vec![Card(Starting), Card(Starting), CoverAll(Nobody)],
            ),
            (
                "error",
                5,
                vec![Evidence::Failed(Engine), good, good, good],
                vec![Card(Engine), Card(Starting), Card(Starting), Person],
            ),
        ];
        let wrong: Vec<String> = cases
            .into_iter()
            .filter_map(|(name, lead, evidence, expected)| {
                let verdicts = run(lead, &evidence).split_off(lead);
                (verdicts != expected).then(|| format!("{name}: {verdicts:?}, not {expected:?}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    fn verdicts_at(times: &[u64], rules: Rules) -> Vec<Verdict> {
        let mut state = State::default();
        let verdicts = times.iter().map(|&time| {
            let verdict;
            (state, verdict) = decide(state, Timestamp::from_millis(time), mask(PERSON), rules);
            verdict
        });
        verdicts.collect()
    }

    #[test]
    fn a_gap_and_a_clock_that_goes_back_begin_the_stream_anew_and_nothing_else_does() {
        let at = Timestamp::from_millis;
        let (state, _) = decide(State::default(), at(5000), mask(PERSON), RULES);
        let restarts = [0, 4999, 5000, 5033, 7000, 7001, 90_000];
        let restarts = restarts.map(|millis| state.restarts(at(millis), RULES));
        assert_eq!(restarts, [true, true, false, false, false, true, true]);
        assert!(!State::default().restarts(at(90_000), RULES));
        let patient = Rules {
            resume_gap: None,
            ..RULES
        };
        assert!(!state.restarts(at(90_000), patient));
    }

    #[test]
    fn a_clock_that_goes_back_and_a_long_gap_start_over() {
        let times = [
            10_000, 10_033, 10_066, 5_000, 5_033, 5_066, 5_099, 9_000, 9_033, 9_066,
        ];
        let start = Verdict::Card(Cause::Starting);
        let back = Verdict::Card(Cause::ClockWentBack);
        let person = Verdict::Person;
        let expected = [
            start, start, person, back, start, start, person, start, start, person,
        ];
        assert_eq!(verdicts_at(&times, RULES), expected);
    }

    #[test]
    fn frames_far_apart_are_no_gap_where_none_is_named() {
        let times = [0, 10_000, 20_000, 30_000];
        let start = Verdict::Card(Cause::Starting);
        let rules = Rules {
            resume_gap: None,
            ..RULES
        };
        assert_eq!(
            verdicts_at(&times, rules),
            [start, start, Verdict::Person, Verdict::Person]
        );
    }
}
