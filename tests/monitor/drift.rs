//! Drift that is there is found, and none is found where there is none. Traffic is made up, with shifts of known size.

use std::time::Duration;

use ressenti::monitor::drift::{Drift, DriftParams, DriftPart};
use ressenti::monitor::{Clock, ManualClock, Monitor, MonitorParams, Span};
use ressenti::{Pipeline, ProfileSource};

/// Numbers from 0 to 1, by `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / 2f64.powi(53)
    }
}

#[expect(clippy::cast_sign_loss, reason = "it is not below 0")]
fn whole(x: f64) -> usize {
    x as usize
}

/// Texts of 3 to 15 words, whose frequencies fall as those of a language, and of which some speak for a label; a share
/// `other` of the texts is of another subject, negative, with a hashtag of its own.
fn text(random: &mut Random, other: f64) -> (String, bool) {
    let (mut positive, other) = (random.next() < 0.4, random.next() < other);
    positive &= !other;
    let length = 3 + whole(random.next() * 12.0);
    let mut text = String::new();
    for _ in 0..length {
        let rank = whole((random.next() * 9f64.ln()).exp().powi(3));
        let side = random.next();
        let word = match (side < 0.25, side < 0.2) {
            (true, true) => format!("{}{} ", ["sad", "glad"][usize::from(positive)], rank % 20),
            (true, false) => format!("{}{} ", ["sad", "glad"][usize::from(!positive)], rank % 20),
            _ if other => format!("strike{} ", rank % 200),
            _ => format!("word{rank} "),
        };
        text.push_str(&word);
    }
    if other {
        text += "#strike";
    }
    (text, positive)
}

fn model(random: &mut Random, source: ProfileSource) -> Pipeline {
    let (texts, labels): (Vec<_>, Vec<_>) = (0..6_000).map(|_| text(random, 0.0)).unzip();
    Pipeline::builder().profile(source).fit(&texts, &labels).unwrap()
}

fn monitor(pipeline: &Pipeline) -> Monitor {
    let params = MonitorParams::default().word_sampling(1).word_span(500).recent(1_000);
    Monitor::with(pipeline, params).unwrap()
}

#[test]
fn looks_at_traffic_that_does_not_change_are_wrong_as_rarely_as_was_asked_for() {
    let mut random = Random(1);
    let pipeline = model(&mut random, ProfileSource::HeldOut);
    // Allowed to be wrong at one look in twenty, and with nothing too small to matter: a harder test than the defaults.
    let harsh = DriftParams::default()
        .false_alarms_per_day(0.05)
        .looks_per_day(1.0)
        .min_psi(0.0)
        .min_word_change(0.0);
    let (looks, mut wrong, mut wrong_by_default) = (200, 0, 0);
    for _ in 0..looks {
        let monitor = monitor(&pipeline);
        for _ in 0..300 {
            let (text, _) = text(&mut random, 0.0);
            monitor.predict(&pipeline, &text, &ManualClock::default()).unwrap();
        }
        let drift = |params| monitor.drift(params, Span::All, Duration::ZERO).unwrap();
        wrong += usize::from(drift(&harsh).drifted());
        wrong_by_default += usize::from(drift(&DriftParams::default()).drifted());
    }
    println!("{wrong} of {looks} looks were wrong at 5 %, {wrong_by_default} by default");
    // The profile is one sample for all looks, so that they are not independent: twice what is expected is allowed.
    assert!(wrong <= looks / 10);
    assert_eq!(wrong_by_default, 0);
}

#[test]
fn a_shift_is_found_the_sooner_the_larger_it_is() {
    let mut random = Random(2);
    let pipeline = model(&mut random, ProfileSource::HeldOut);
    let clock = ManualClock::default();
    for (share, most) in [(0.1, 1_000), (0.2, 500), (0.4, 500)] {
        let monitor = monitor(&pipeline);
        for _ in 0..2_000 {
            let (text, _) = text(&mut random, 0.0);
            monitor.predict(&pipeline, &text, &clock).unwrap();
        }
        let look = || monitor.drift(&DriftParams::default(), Span::Recent, clock.now()).unwrap();
        assert!(!look().drifted(), "{}", look());
        let found = (1..40).find(|_| {
            for _ in 0..100 {
                let (text, _) = text(&mut random, share);
                monitor.predict(&pipeline, &text, &clock).unwrap();
            }
            look().drifted()
        });
        let (requests, drift) = (100 * found.unwrap(), look());
        println!("a shift of {share} was found after {requests} requests:\n{drift}");
        assert!(requests <= most, "{requests}");
        let moved: Vec<_> = drift.words.iter().map(|word| word.word.as_str()).collect();
        assert!(moved.contains(&"#strike"), "{moved:?}");
    }
}

#[test]
fn the_detectors_find_a_shift_of_scores_and_of_correctness() {
    let mut random = Random(3);
    let pipeline = model(&mut random, ProfileSource::Off);
    let (monitor, clock) = (monitor(&pipeline), ManualClock::default());
    let mut found = Vec::new();
    for (n, share) in [(10_000, 0.0), (2_000, 0.7)] {
        for i in 0..n {
            let (text, positive) = text(&mut random, share);
            let answer = monitor.predict(&pipeline, &text, &clock).unwrap();
            // Users are as right as they are until the shift, and then call half of what is found wrong.
            let right = (answer.label() == "true") == positive && (share == 0.0 || i % 2 == 0);
            monitor.record_outcome(right, clock.now());
        }
        found.push(monitor.snapshot(Span::All, clock.now()).shifts);
    }
    assert_eq!(found[0], []);
    for (of, up) in [("scores", false), ("correctness", false)] {
        let shift = found[1].iter().find(|shift| shift.of == of).unwrap();
        println!(
            "{of} went from {:.2} to {:.2}, found after {}",
            shift.shift.before, shift.shift.after, shift.shift.steps
        );
        assert!(shift.shift.up == up && shift.shift.steps < 500);
    }
}

#[test]
fn a_profile_of_training_texts_is_trusted_for_words_and_lengths_only() {
    let mut random = Random(4);
    let pipeline = model(&mut random, ProfileSource::Training);
    let texts: Vec<String> = (0..1_000).map(|_| text(&mut random, 0.0).0).collect();
    let now = pipeline.clone().with_profile_of(&texts).profile().cloned().unwrap();
    let reference = pipeline.profile().unwrap();
    let parts = |params: &DriftParams| -> Vec<DriftPart> {
        let drift = Drift::between(reference, &now, params);
        drift.parts.iter().map(|part| part.part).collect()
    };
    assert_eq!(parts(&DriftParams::default()), [DriftPart::Lengths, DriftPart::Words]);
    assert_eq!(parts(&DriftParams::default().trust_training(true)).len(), 5);
    assert_eq!(parts(&DriftParams::default().min_texts(2_000)), []);
    assert!(!Drift::between(reference, &now, &DriftParams::default()).drifted());
}

#[test]
fn two_spans_of_traffic_can_be_compared_without_a_profile() {
    let mut random = Random(5);
    let pipeline = model(&mut random, ProfileSource::Off);
    let clock = ManualClock::default();
    let mut snapshot = |share| {
        let monitor = monitor(&pipeline);
        for _ in 0..1_000 {
            let (text, _) = text(&mut random, share);
            monitor.predict(&pipeline, &text, &clock).unwrap();
        }
        assert!(monitor.drift(&DriftParams::default(), Span::All, clock.now()).is_none());
        monitor.snapshot(Span::All, clock.now())
    };
    let (before, same, other) = (snapshot(0.0), snapshot(0.0), snapshot(0.5));
    assert!(!Drift::since(&before, &same, &DriftParams::default()).drifted());
    let drift = Drift::since(&before, &other, &DriftParams::default());
    assert!(drift.part(DriftPart::UnknownWords).unwrap().drifted, "{drift}");
    assert!(drift.part(DriftPart::Scores).unwrap().drifted, "{drift}");
    // Half of the texts move the labels for certain, but by little (PSI 0.06); all of them by much.
    let drift = Drift::since(&before, &snapshot(1.0), &DriftParams::default());
    assert!(drift.part(DriftPart::Labels).unwrap().drifted, "{drift}");
}
