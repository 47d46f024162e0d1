//! A/B tests: who is on which side stays there, and a test that is looked at after every outcome errs as seldom as it says.
//!
//! Error rates are simulated with fixed seeds. Where a rate is asserted to be at most α, the seed makes it one number; that the
//! bound holds for all seeds is what the unit tests of the statistics show.

use proptest::prelude::*;
use ressenti::Pipeline;
use ressenti::monitor::ManualClock;
use ressenti::retrain::ab::{
    AbParams, AbTest, Experiment, Outcome, Outcomes, Side, Split, Tally, Verdict,
};

/// `SplitMix64`: Vigna's public `splitmix64.c`.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn next(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn is(&mut self, probability: f64) -> bool {
        self.next() < probability
    }
}

/// What a user of shadow mode says: `win` is how often only the challenger is right, `loss` how often only the champion.
fn of_both(random: &mut Random, win: f64, loss: f64) -> Outcome {
    let x = random.next();
    let (champion, challenger) = if x < win { (false, true) } else { (true, x >= win + loss) };
    Outcome::Both { champion, challenger }
}

/// What a user of a split says, who meets the challenger with probability `share`.
fn of_one(random: &mut Random, share: f64, champion: f64, challenger: f64) -> Outcome {
    if random.is(share) {
        Outcome::One { side: Side::Challenger, right: random.is(challenger) }
    } else {
        Outcome::One { side: Side::Champion, right: random.is(champion) }
    }
}

/// Looks after each outcome, until a verdict or for `most` outcomes; returns the verdict and how many outcomes there were.
fn watch(mut test: AbTest, most: u64, mut next: impl FnMut() -> Outcome) -> (Verdict, u64) {
    for n in 1..=most {
        test.record(next()).unwrap();
        let verdict = test.verdict();
        if verdict != Verdict::Undecided {
            return (verdict, n);
        }
    }
    (Verdict::Undecided, most)
}

/// Shares of verdicts, and the mean number of outcomes, over simulated tests.
#[derive(Debug, Default)]
struct Rates {
    better: f64,
    not_better: f64,
    harm: f64,
    outcomes: f64,
}

fn simulate(runs: u32, mut one: impl FnMut(u64) -> (Verdict, u64)) -> Rates {
    let mut rates = Rates::default();
    for run in 0..runs {
        let (verdict, n) = one(u64::from(run) * 1_000_003);
        let part = 1.0 / f64::from(runs);
        match verdict {
            Verdict::Better => rates.better += part,
            Verdict::NotBetter => rates.not_better += part,
            Verdict::Harm => rates.harm += part,
            Verdict::Undecided => {}
        }
        rates.outcomes += n as f64 * part;
    }
    rates
}

fn shadow(runs: u32, most: u64, win: f64, loss: f64) -> Rates {
    let test = AbTest::shadow(AbParams::default()).unwrap();
    simulate(runs, |seed| {
        let mut random = Random(seed);
        watch(test.clone(), most, || of_both(&mut random, win, loss))
    })
}

fn split(runs: u32, most: u64, share: f64, champion: f64, challenger: f64) -> Rates {
    let test = AbTest::split(AbParams::default()).unwrap();
    simulate(runs, |seed| {
        let mut random = Random(seed);
        watch(test.clone(), most, || of_one(&mut random, share, champion, challenger))
    })
}

#[test]
fn equal_models_are_seldom_told_apart_however_often_somebody_looks() {
    let rates = shadow(2_000, 300, 0.25, 0.25);
    assert!(rates.better <= 0.05 && rates.harm <= 0.1, "{rates:?}");
    // A test that could find nothing would err as seldom.
    assert!(rates.better > 0.005 && rates.harm > 0.005, "{rates:?}");
    for share in [0.5, 0.1] {
        let rates = split(500, 400, share, 0.8, 0.8);
        assert!(rates.better <= 0.05 && rates.harm <= 0.1, "{share}: {rates:?}");
    }
}

#[test]
fn a_better_challenger_is_found() {
    // Three points better: 4 % of the texts against 1 %.
    let rates = shadow(200, 2_000, 0.04, 0.01);
    assert!(rates.better >= 0.9 && rates.outcomes < 700.0, "{rates:?}");
    let rates = split(60, 4_000, 0.5, 0.8, 0.88);
    assert!(rates.better >= 0.9 && rates.outcomes < 2_200.0, "{rates:?}");
}

#[test]
fn a_challenger_that_harms_is_stopped_early() {
    // Five points worse.
    let rates = shadow(200, 2_000, 0.02, 0.07);
    assert!(rates.harm >= 0.99, "{rates:?}");
    assert!(rates.outcomes < 500.0, "{rates:?}");
    let rates = split(60, 4_000, 0.5, 0.9, 0.8);
    assert!(rates.harm >= 0.99, "{rates:?}");
    assert!(rates.outcomes < 1_500.0, "{rates:?}");
}

#[test]
fn a_margin_is_forgiven() {
    let test = AbTest::shadow(AbParams::default().margin(0.1)).unwrap();
    let rates = simulate(100, |seed| {
        let mut random = Random(seed);
        watch(test.clone(), 800, || of_both(&mut random, 0.02, 0.07))
    });
    assert!(rates.harm <= 0.1 && rates.not_better > 0.9, "{rates:?}");
}

#[test]
fn a_test_ends_when_no_gain_that_is_worth_it_is_left_or_outcomes_run_out() {
    let test = AbTest::shadow(AbParams::default().worthwhile(0.05)).unwrap();
    let mut random = Random(1);
    let (verdict, n) = watch(test, 5_000, || of_both(&mut random, 0.02, 0.02));
    assert!(verdict == Verdict::NotBetter && n < 1_000, "{verdict} after {n}");
    let test = AbTest::shadow(AbParams::default().max_outcomes(7)).unwrap();
    assert_eq!(
        watch(test, 10, || Outcome::Both { champion: true, challenger: true }),
        (Verdict::NotBetter, 7)
    );
    // What is found with the last outcome counts.
    let test = AbTest::shadow(AbParams::default().max_outcomes(9)).unwrap();
    let all_won = watch(test, 10, || Outcome::Both { champion: false, challenger: true });
    assert_eq!(all_won, (Verdict::Better, 9));
}

/// How many outcomes it takes: the table in the documentation of `AbTest`.
#[test]
#[ignore = "takes minutes; prints the table of AbTest"]
fn how_many_outcomes_it_takes() {
    println!(
        "| right: champion, challenger | shadow | split in halves | a tenth for the challenger |"
    );
    println!("|---|---|---|---|");
    for (champion, challenger) in
        [(0.90, 0.95), (0.90, 0.92), (0.90, 0.90), (0.90, 0.88), (0.90, 0.85)]
    {
        // Where one is wrong, the other mostly is too: 3 % of the texts are won by chance and lost by chance.
        let (win, loss) = (
            0.03 + f64::max(challenger - champion, 0.0),
            0.03 + f64::max(champion - challenger, 0.0),
        );
        let cell = |rates: Rates| {
            let Rates { better, not_better, harm, outcomes } = rates;
            let [better, not_better, harm] = [better, not_better, harm].map(|x| 100.0 * x);
            format!(
                "{outcomes:.0} ({better:.1} % better, {not_better:.1} % not better, {harm:.1} % harm)"
            )
        };
        println!(
            "| {champion:.2}, {challenger:.2} | {} | {} | {} |",
            cell(shadow(100, 200_000, win, loss)),
            cell(split(100, 200_000, 0.5, champion, challenger)),
            cell(split(100, 200_000, 0.1, champion, challenger)),
        );
    }
}

#[test]
fn verdict_p_value_and_interval_say_the_same() {
    let mut random = Random(9);
    let mut seen = [0; 4];
    for i in 0..400 {
        let n = 20 + random.bits() % 400;
        let mut any = || {
            let right = random.bits() % (n + 1);
            Tally { right, wrong: n - right }
        };
        let (a, b) = (any(), any());
        let outcomes = if i % 2 == 0 {
            Outcomes::One { champion: a, challenger: b }
        } else {
            Outcomes::Both {
                both_right: a.right,
                only_champion: a.wrong / 8,
                only_challenger: b.right / 8,
                both_wrong: b.wrong,
            }
        };
        let evidence = of(&outcomes).evidence();
        let (low, high) = evidence.interval;
        let difference = evidence.difference.unwrap();
        assert!(
            (-1.0..=1.0).contains(&low) && low <= difference && difference <= high && high <= 1.0
        );
        assert!(
            (0.0..=1.0).contains(&evidence.p_value) && (0.0..=1.0).contains(&evidence.harm_p_value)
        );
        assert_eq!(evidence.verdict, of(&outcomes).verdict());
        assert_eq!(evidence.p_value <= 0.05, low >= 0.0, "{evidence:?}");
        assert_eq!(evidence.verdict == Verdict::Better, low >= 0.0, "{evidence:?}");
        assert_eq!(evidence.verdict == Verdict::Harm, evidence.harm_p_value <= 0.1, "{evidence:?}");
        assert!(high > 0.0 || evidence.verdict == Verdict::Harm, "{evidence:?}");
        assert_ne!(evidence.verdict, Verdict::NotBetter, "{evidence:?}"); // harm is found before
        seen[evidence.verdict as usize] += 1;
    }
    assert!(seen.iter().filter(|&&n| n > 10).count() >= 3, "{seen:?}");
}

#[test]
fn evidence_tells_how_sure_what_it_says_is() {
    let of_both = |only_champion, only_challenger| {
        let outcomes =
            Outcomes::Both { both_right: 170, only_champion, only_challenger, both_wrong: 10 };
        of(&outcomes).evidence().to_string()
    };
    assert_eq!(
        of_both(2, 18),
        "better after 200 outcomes: 94.0 % right against 86.0 %, +8.0 points (+1.6 to +15.8), p 5.99e-3"
    );
    assert_eq!(
        of_both(18, 2),
        "harm after 200 outcomes: 86.0 % right against 94.0 %, -8.0 points (-15.8 to -1.6), p 5.99e-3"
    );
    assert_eq!(
        of_both(9, 11),
        "undecided after 200 outcomes: 90.5 % right against 89.5 %, +1.0 points (-6.4 to +8.5), p 1.00e0"
    );
    let many = Outcomes::Both {
        both_right: 99_000,
        only_champion: 500,
        only_challenger: 500,
        both_wrong: 0,
    };
    assert_eq!(
        of(&many).evidence().to_string(),
        "not better after 100000 outcomes: 99.5 % right against 99.5 %, +0.0 points (-0.1 to +0.1)"
    );
    assert_eq!(
        of(&Outcomes::Both { both_right: 0, only_champion: 0, only_challenger: 0, both_wrong: 0 })
            .evidence()
            .to_string(),
        "undecided after 0 outcomes"
    );
}

/// A test that has counted these, as one that was stored would come back.
fn of(outcomes: &Outcomes) -> AbTest {
    let params = serde_json::to_value(AbParams::default()).unwrap();
    let outcomes = serde_json::to_value(outcomes).unwrap();
    serde_json::from_value(serde_json::json!({ "params": params, "outcomes": outcomes })).unwrap()
}

fn any_outcome(both: bool) -> impl Strategy<Value = Outcome> {
    any::<(bool, bool)>().prop_map(move |(a, right)| {
        let side = if a { Side::Champion } else { Side::Challenger };
        if both {
            Outcome::Both { champion: a, challenger: right }
        } else {
            Outcome::One { side, right }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn machines_that_share_the_outcomes_find_what_one_finds(
        (both, outcomes) in any::<bool>().prop_flat_map(|both| (Just(both), prop::collection::vec((any_outcome(both), 0..3_usize), 0..120))),
    ) {
        let new = || if both { AbTest::shadow(AbParams::default()) } else { AbTest::split(AbParams::default()) }.unwrap();
        let (mut one, mut many) = (new(), [new(), new(), new()]);
        for &(outcome, machine) in &outcomes {
            one.record(outcome).unwrap();
            many[machine].record(outcome).unwrap();
            // Stopped and started again at any moment.
            one = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        }
        for order in [[0, 1, 2], [2, 0, 1]] {
            let mut merged = new();
            for machine in order {
                merged.merge(&many[machine]).unwrap();
            }
            prop_assert_eq!(&merged, &one);
            prop_assert_eq!(merged.evidence(), one.evidence());
        }
    }

    #[test]
    fn a_growing_share_only_moves_users_to_the_challenger(name in ".{0,20}", keys in prop::collection::vec(".{0,20}", 1..50), shares in (0.0..=1.0, 0.0..=1.0)) {
        let (small, large) = (f64::min(shares.0, shares.1), f64::max(shares.0, shares.1));
        let (small, large) = (Split::new(name.clone(), small).unwrap(), Split::new(name, large).unwrap());
        for key in &keys {
            prop_assert_eq!(small.side(key), small.side(key));
            prop_assert!(small.side(key) <= large.side(key), "{}", key);
        }
    }
}

#[test]
fn users_stay_on_their_side_in_every_version_of_the_crate() {
    let split = Split::new("golden", 0.3).unwrap();
    let sides: String = (0..40)
        .map(|i| if split.side(&format!("user {i}")) == Side::Challenger { 'B' } else { 'a' })
        .collect();
    // python: point = (int.from_bytes(sha256((6).to_bytes(8, "little") + b"golden" + key).digest()[:8], "big") >> 11) / 2**53
    assert_eq!(sides, "BaaaaaBBaBaaBBaBBaaBaaaaaaaBBaaaaaBBaaBa");
}

#[test]
fn shares_are_met_and_experiments_choose_independently() {
    let keys: Vec<String> = (0..20_000).map(|i| format!("user-{i}")).collect();
    let (one, other) = (Split::new("one", 0.2).unwrap(), Split::new("other", 0.2).unwrap());
    let challenged = |split: &Split, key: &String| split.side(key) == Side::Challenger;
    let share = keys.iter().filter(|key| challenged(&one, key)).count() as f64 / 20_000.0;
    let both = keys.iter().filter(|key| challenged(&one, key) && challenged(&other, key)).count()
        as f64
        / 20_000.0;
    // Four standard deviations.
    assert!((share - 0.2).abs() < 0.0114 && (both - 0.04).abs() < 0.0056, "{share} {both}");
}

#[test]
fn in_shadow_mode_the_champion_answers_and_the_challenger_is_compared() {
    let champion = Pipeline::builder().fit(&["lovely crew", "lost bag"], &[1, 0]).unwrap();
    let challenger = Pipeline::builder().fit(&["lost crew", "lovely bag"], &[0, 1]).unwrap();
    let (experiment, clock) = (Experiment::shadow(&champion, &challenger), ManualClock::default());
    for text in ["crew", "lost"] {
        let served = experiment.predict("anybody", text, &clock).unwrap();
        assert_eq!(served.side(), Side::Champion);
        assert_eq!(served.prediction(), &champion.predict(text).unwrap());
        assert_eq!(served.shadow(), Some(&challenger.predict(text).unwrap()));
    }
    assert!(experiment.predict("anybody", " ", &clock).is_err());
    let figures = experiment.figures();
    assert_eq!(
        (figures.compared, figures.disagreements, figures.disagreement()),
        (2, 1, Some(0.5))
    );
    assert_eq!((figures.champion.requests, figures.champion.errors), (3, 1));
    assert_eq!((figures.challenger.requests, figures.challenger.errors), (3, 1));
    assert_eq!(figures.challenger.latency_ms(0.5), Some(0.0));

    experiment.stop();
    let served = experiment.predict("anybody", "crew", &clock).unwrap();
    assert_eq!((served.shadow(), served.outcome(1)), (None, None));
    let mut test = AbTest::shadow(AbParams::default()).unwrap();
    test.record(served.outcome(1)).unwrap();
    assert_eq!(test.outcomes().n(), 0, "with one side alone there is nothing to compare");
    assert_eq!(experiment.figures().challenger.requests, 3);
}

#[test]
fn requests_of_many_threads_are_all_counted() {
    let pipeline = Pipeline::builder().fit(&["lovely crew", "lost bag"], &[1, 0]).unwrap();
    let experiment = Experiment::shadow(pipeline.clone(), pipeline);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..100 {
                    experiment.predict("anybody", "crew", &ManualClock::default()).unwrap();
                }
            });
        }
    });
    let figures = experiment.figures();
    assert_eq!((figures.champion.requests, figures.challenger.requests), (1_600, 1_600));
    assert_eq!((figures.compared, figures.champion.latency.count()), (1_600, 1_600));
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let (mut split, mut shadow) =
        (AbTest::split(AbParams::default()).unwrap(), AbTest::shadow(AbParams::default()).unwrap());
    let one = Outcome::One { side: Side::Champion, right: true };
    let both = Outcome::Both { champion: true, challenger: true };
    let before = (split.clone(), shadow.clone());
    let errors = [
        (
            split.record(both),
            "invalid outcome: both sides' answer to a text cannot be counted where each outcome is of one; AbTest::split counts answers of one side, AbTest::shadow those of both",
        ),
        (
            shadow.record(one),
            "invalid outcome: one side's answer cannot be counted where each outcome is of both; AbTest::split counts answers of one side, AbTest::shadow those of both",
        ),
        (
            split.merge(&before.1),
            "invalid outcome: both sides' answers cannot be counted where each outcome is of one; AbTest::split counts answers of one side, AbTest::shadow those of both",
        ),
        (
            split.merge(&AbTest::split(AbParams::default().alpha(0.1)).unwrap()),
            "invalid A/B test: tests of different settings cannot be merged; give all machines the same",
        ),
        (
            AbTest::split(AbParams::default().alpha(0.5)).map(drop),
            "alpha 0.5 is not above 0 and below 0.5; use how likely an error may be, such as 0.05",
        ),
        (
            AbTest::split(AbParams::default().guard_alpha(f64::NAN)).map(drop),
            "guard_alpha NaN is not above 0 and below 0.5; use how likely an error may be, such as 0.05",
        ),
        (
            AbTest::shadow(AbParams::default().margin(-0.1)).map(drop),
            "margin -0.1 is outside 0.0..=0.5; use a difference of rates, 0.01 for one point",
        ),
        (
            AbTest::shadow(AbParams::default().worthwhile(0.6)).map(drop),
            "worthwhile 0.6 is outside 0.0..=0.5; use a difference of rates, 0.01 for one point",
        ),
        (
            AbTest::shadow(AbParams::default().max_outcomes(0)).map(drop),
            "max_outcomes 0 is not 1 or more",
        ),
    ];
    for (result, expected) in errors {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
    assert_eq!((split, shadow), before);
}

#[test]
fn stored_tests_that_nobody_can_have_counted_are_refused() {
    let stored = |right: u64| {
        format!(
            r#"{{"params": {{}}, "outcomes": {{"one": {{"champion": {{"right": {right}, "wrong": 1}}, "challenger": {{"right": 0, "wrong": 0}}}}}}}}"#
        )
    };
    assert_eq!(serde_json::from_str::<AbTest>(&stored(3)).unwrap().outcomes().n(), 4);
    let error = serde_json::from_str::<AbTest>(&stored(u64::MAX)).unwrap_err().to_string();
    assert!(error.contains("were not counted by anybody"), "{error}");
    let error = serde_json::from_str::<AbTest>(
        &stored(3).replace(r#""params": {}"#, r#""params": {"alpha": 2}"#),
    )
    .unwrap_err();
    assert!(error.to_string().contains("alpha 2 is not above 0"), "{error}");
}

#[test]
fn no_counts_make_a_verdict_without_both_sides_or_anything_but_finite_numbers() {
    for outcomes in [
        Outcomes::One {
            champion: Tally { right: 0, wrong: 0 },
            challenger: Tally { right: 9, wrong: 1 },
        },
        Outcomes::One {
            champion: Tally { right: 9, wrong: 1 },
            challenger: Tally { right: 0, wrong: 0 },
        },
        Outcomes::Both { both_right: 0, only_champion: 0, only_challenger: 0, both_wrong: 0 },
    ] {
        let evidence = of(&outcomes).evidence();
        assert_eq!(
            (evidence.verdict, evidence.interval, evidence.p_value),
            (Verdict::Undecided, (-1.0, 1.0), 1.0),
            "{evidence:?}"
        );
    }
    let many = 1 << 40;
    for outcomes in [
        Outcomes::One {
            champion: Tally { right: many, wrong: 0 },
            challenger: Tally { right: many, wrong: many },
        },
        Outcomes::Both { both_right: many, only_champion: many, only_challenger: 0, both_wrong: 0 },
    ] {
        let evidence = of(&outcomes).evidence();
        assert_eq!((evidence.verdict, evidence.p_value), (Verdict::Harm, 1.0), "{evidence:?}");
        assert!(evidence.interval.0 < -0.4 && evidence.interval.1 < -0.4, "{evidence:?}");
    }
}

#[test]
fn tests_of_two_challengers_do_not_merge() {
    let named = |key: &str| AbTest::shadow(AbParams::default()).unwrap().of_challenger(key);
    let mut test = named("one");
    test.record(Outcome::Both { champion: true, challenger: true }).unwrap();
    let unnamed = AbTest::shadow(AbParams::default()).unwrap();
    for (other, name) in [(named("two"), "two"), (unnamed, "not named")] {
        let error = test.merge(&other).unwrap_err().to_string();
        let text = format!(
            "invalid A/B test: one whose challenger is {name} cannot be merged into one whose challenger is one"
        );
        assert_eq!((error, test.outcomes().n()), (text, 1));
    }
    let json = serde_json::to_string(&test).unwrap();
    let elsewhere: AbTest = serde_json::from_str(&json).unwrap();
    assert_eq!(elsewhere.challenger(), Some("one"));
    test.merge(&elsewhere).unwrap();
    assert_eq!(test.outcomes().n(), 2);
}
