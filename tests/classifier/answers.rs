//! What decides the answer once decision values are there: calibration leaves labels alone, thresholds and bands do not,
//! and none of them can be stored or put on where it does not belong.

use ndarray::Array2;
use ressenti::evaluate::log_loss;
use ressenti::{
    Calibration, CalibrationMethod, ClassWeight, Classifier, Error, Matrix, NeutralBand, Pipeline,
    Preset, Rows, Sentiment, Threshold, ThresholdRule,
};
use serde_json::Value;

const METHODS: [CalibrationMethod; 3] =
    [CalibrationMethod::Platt, CalibrationMethod::Temperature, CalibrationMethod::Isotonic];

/// Noisy rows of two columns or more and their classes, the same every time.
fn data(n: usize, classes: usize, seed: u64) -> (Rows, Vec<usize>) {
    let mut state = seed;
    let mut random = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let truth: Vec<usize> =
        (0..n).map(|_| (random(100) as usize * classes / 100).min(classes - 1)).collect();
    let values = Array2::from_shape_fn((n, classes + 1), |(i, j)| {
        let bonus = if truth[i] == j { 0.7 } else { 0.0 };
        random(1000) as f32 / 500.0 - 1.0 + bonus
    });
    (Rows::try_from(&values).unwrap(), truth)
}

fn classifier(classes: usize) -> Classifier {
    let (rows, truth) = data(300, classes, 1);
    Classifier::logistic_regression().c(100.0).fit(&rows, &truth).unwrap()
}

#[test]
fn calibration_leaves_labels_alone_and_betters_new_probabilities() {
    for classes in [2, 3] {
        // Far too sure of itself.
        let sure = {
            let mut json = serde_json::to_value(classifier(classes)).unwrap();
            for part in ["weights", "intercept"] {
                for w in json[part].as_array_mut().unwrap() {
                    *w = (w.as_f64().unwrap() * 6.0).into();
                }
            }
            serde_json::from_value::<Classifier>(json).unwrap()
        };
        let (held_out, truth) = data(2000, classes, 2);
        let (new, new_truth) = data(2000, classes, 3);
        let loss = |model: &Classifier| {
            let p = model.predict_proba(&new).unwrap();
            log_loss(&new_truth, p.as_slice(), classes).unwrap()
        };
        for method in METHODS {
            let decisions = sure.decision_function(&held_out).unwrap();
            let calibration = Calibration::fit(method, &decisions, &truth).unwrap();
            assert_eq!(calibration.method(), method);
            let calibrated = sure.clone().with_calibration(calibration).unwrap();
            assert_eq!(calibrated.predict(&new).unwrap(), sure.predict(&new).unwrap());
            let decisions = calibrated.decision_function(&new).unwrap();
            assert_eq!(decisions, sure.decision_function(&new).unwrap());
            let p = calibrated.predict_proba(&new).unwrap();
            for i in 0..p.n_rows() {
                assert!((p.row(i).iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
            assert!(loss(&calibrated) < 0.8 * loss(&sure), "{classes} {method:?}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let (two, three) = (classifier(2), classifier(3));
    let (rows, truth) = data(50, 3, 4);
    let decisions = three.decision_function(&rows).unwrap();
    for method in [CalibrationMethod::Platt, CalibrationMethod::Isotonic] {
        let calibration = Calibration::fit(method, &decisions, &truth).unwrap();
        assert_eq!(
            two.clone().with_calibration(calibration).unwrap_err().to_string(),
            "invalid calibration: it was not fitted on 1 decision values a row; use those of this classifier"
        );
    }
    let text = |result: Result<Classifier, Error>| result.unwrap_err().to_string();
    assert_eq!(
        text(three.clone().with_threshold(Threshold::at(0.5).unwrap())),
        "invalid threshold: there are 3 classes; it lies between two"
    );
    let band = NeutralBand::new(-1.0, 1.0).unwrap();
    assert_eq!(
        text(three.with_neutral_band(band, "neutral")),
        "invalid neutral band: there are 3 classes; it lies between two"
    );
    assert_eq!(
        text(two.clone().with_neutral_band(band, "1")),
        r#"invalid neutral band: "1" is one of the two classes; give it another name"#
    );
    let banded = two.with_neutral_band(band, "neutral").unwrap();
    let temperature = Calibration::fit(CalibrationMethod::Temperature, &decisions, &truth).unwrap();
    assert_eq!(
        text(banded.clone().with_calibration(temperature)),
        "invalid calibration: a neutral band has probabilities of its own; leave one of them out"
    );
    assert!(banded.clone().with_neutral_band(band, "other").is_err());
    assert!(banded.with_threshold(Threshold::at(0.0).unwrap()).is_err());
    assert!(NeutralBand::new(1.0, -1.0).is_err() && NeutralBand::new(f64::NAN, 1.0).is_err());
    assert!(Threshold::at(f64::INFINITY).is_err());
}

#[test]
fn input_that_cannot_be_learnt_from_is_refused() {
    let one = |values: &[f64]| {
        Matrix::from(Array2::from_shape_vec((values.len(), 1), values.to_vec()).unwrap())
    };
    for method in METHODS {
        let fit = |values: &[f64], truth: &[usize], weights: &[f64]| {
            Calibration::fit_weighted(method, &one(values), truth, weights).unwrap_err().to_string()
        };
        assert_eq!(fit(&[], &[], &[]), "there are no texts to calibrate on; give at least one");
        assert!(
            fit(&[1.0], &[0, 1], &[1.0]).contains("there are 1 decision values but 2 true classes")
        );
        assert_eq!(fit(&[1.0], &[2], &[1.0]), "invalid truth: class 2 is outside 0..2");
        assert_eq!(fit(&[f64::NAN], &[1], &[1.0]), "invalid decision values: NaN is not finite");
        for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(fit(&[1.0], &[1], &[weight]).starts_with("invalid sample weights: "));
        }
        // Of many weights the one that is wrong is named, not all.
        let (values, truth) = ([1.0; 500], [1; 500]);
        assert_eq!(
            fit(&values, &truth, &[-1e300; 500]),
            format!("invalid sample weights: {} is not a finite number of at least 0", -1e300)
        );
        let nothing = Matrix::from(Array2::zeros((2, 0)));
        assert_eq!(
            Calibration::fit(method, &nothing, &[0, 1]).unwrap_err().to_string(),
            "invalid decision values: rows have none; give those of Classifier::decision_function"
        );
        // One class alone, one value alone: all there is to say.
        let calibration = Calibration::fit(method, &one(&[1.0, 1.0]), &[1, 1]).unwrap();
        assert!(calibration.probabilities_of(&[1.0])[1] > 0.5);
    }
}

#[test]
fn a_threshold_speaks_of_the_positive_class_whichever_that_is() {
    let (rows, truth) = data(300, 2, 5);
    for positive in [0usize, 1] {
        let params = Classifier::logistic_regression().pos_label(positive.to_string());
        let model = params.class_weight(ClassWeight::Balanced).fit(&rows, &truth).unwrap();
        let sign = if positive == 1 { 1.0 } else { -1.0 };
        let decisions = model.decision_function(&rows).unwrap();
        let scores: Vec<f64> = decisions.as_slice().iter().map(|z| sign * z).collect();
        let is_positive: Vec<bool> = truth.iter().map(|&t| t == positive).collect();
        let threshold =
            Threshold::fit(ThresholdRule::Precision(0.9), &scores, &is_positive).unwrap();
        let model = model.with_threshold(threshold).unwrap();
        assert_eq!(model.threshold(), Some(threshold));
        let answers = model.predict(&rows).unwrap();
        let (mut said, mut right) = (0, 0);
        for (answer, truth) in answers.iter().zip(&is_positive) {
            let positive = *answer == positive.to_string();
            said += usize::from(positive);
            right += usize::from(positive && *truth);
        }
        assert!(said > 20 && right as f64 >= 0.9 * said as f64, "{right} of {said}");
        // At 0, where it always was.
        let plain = model.clone().with_threshold(Threshold::at(0.0).unwrap()).unwrap();
        let default =
            if positive == 1 { decisions.get(0, 0) > 0.0 } else { decisions.get(0, 0) <= 0.0 };
        let first = plain.predict(&rows).unwrap()[0] == positive.to_string();
        assert_eq!(first, default, "{positive}");
    }
}

#[test]
fn what_is_fitted_on_rows_is_what_is_fitted_on_their_decisions() {
    let (rows, truth) = data(200, 2, 7);
    for positive in ["0", "1"] {
        let model =
            Classifier::logistic_regression().pos_label(positive).fit(&rows, &truth).unwrap();
        let decisions = model.decision_function(&rows).unwrap();
        let by_hand = Calibration::fit(CalibrationMethod::Platt, &decisions, &truth).unwrap();
        let on_rows = model.clone().calibrate_on(CalibrationMethod::Platt, &rows, &truth).unwrap();
        assert_eq!(on_rows.calibration(), Some(&by_hand));
        let careful =
            model.clone().threshold_on(ThresholdRule::Precision(0.95), &rows, &truth).unwrap();
        let answers = careful.predict(&rows).unwrap();
        let said = answers.iter().zip(&truth).filter(|(answer, _)| **answer == positive);
        let right = said.clone().filter(|(answer, truth)| **answer == truth.to_string()).count();
        assert!(right as f64 >= 0.95 * said.count() as f64 && right > 10);
        assert!(model.clone().calibrate_on(CalibrationMethod::Platt, &rows, &truth[1..]).is_err());
        assert!(model.threshold_on(ThresholdRule::BestF1, &rows, &vec!["x"; 200]).is_err());
    }
    // What speaks weakly for either class is neutral.
    let model = classifier(2);
    let decisions = model.decision_function(&rows).unwrap();
    let strong = |i: usize| decisions.get(i, 0).abs() > 1.0;
    let sentiment = |i: usize| match (strong(i), truth[i]) {
        (false, _) => Sentiment::Neutral,
        (true, 0) => Sentiment::Negative,
        (true, _) => Sentiment::Positive,
    };
    let sentiments: Vec<Sentiment> = (0..200).map(sentiment).collect();
    let by_hand = NeutralBand::fit(decisions.as_slice(), &sentiments).unwrap();
    let banded = model.neutral_band_on(&rows, &sentiments).unwrap();
    assert_eq!(banded.neutral_band(), Some(by_hand));
    assert_eq!(banded.classes(), ["0", "1", "neutral"]);
    assert!((-1.1..-0.5).contains(&by_hand.low()) && (0.5..1.1).contains(&by_hand.high()));
    let answers = banded.predict(&rows).unwrap();
    for (i, answer) in answers.into_iter().enumerate() {
        let z = decisions.get(i, 0);
        let expected = if z > by_hand.high() {
            "1"
        } else if z < by_hand.low() {
            "0"
        } else {
            "neutral"
        };
        assert_eq!(answer, expected, "{z}");
    }
    let three = classifier(3);
    assert_eq!(
        three.clone().threshold_on(ThresholdRule::BestF1, &rows, &truth).unwrap_err().to_string(),
        "invalid threshold: there are 3 classes; it lies between two"
    );
    let sentiments = vec![Sentiment::Neutral; 200];
    assert!(
        three.neutral_band_on(&rows, &sentiments).unwrap_err().to_string().contains("3 classes")
    );
}

#[test]
fn a_pipeline_answers_neutral_where_the_band_says_so() {
    let texts = ["lovely crew", "great seat", "lost bag", "bad delay"];
    let labels = ["positive", "positive", "negative", "negative"];
    let two = Pipeline::builder().fit(&texts, &labels).unwrap();
    let band = NeutralBand::new(-0.1, 0.1).unwrap();
    let three = two.classifier().clone().with_neutral_band(band, "neutral").unwrap();
    let pipeline = Pipeline::from_parts(two.vectorizer().clone(), three).unwrap();
    let prediction = pipeline.predict("nothing that is known").unwrap();
    assert_eq!((prediction.label(), prediction.class()), ("neutral", 1));
    assert_eq!(pipeline.predict("lovely seat").unwrap().label(), "positive");
    assert_eq!(pipeline.predict("lost bag").unwrap().label(), "negative");
    let explanation = pipeline.explain("lost bag").unwrap();
    assert!(explanation.terms()[0].contribution > 0.0 && explanation.decision() > 0.1);
    assert_eq!(pipeline.classifier().classes()[pipeline.classifier().positive()], "positive");
    let truth = ["positive", "negative", "neutral"];
    let report = pipeline.evaluate(&["lovely", "bag", "zzz"], &truth).unwrap();
    assert_eq!(report.accuracy(), 1.0);
}

#[test]
fn a_pipeline_stays_what_it_was_where_its_answers_change() {
    let texts = ["lovely crew", "great seat", "lost bag", "bad delay"];
    let builder = Pipeline::builder().preset(Preset::Social);
    let builder = builder.calibration(CalibrationMethod::Platt, 2);
    let pipeline = builder.fit(&texts, &[1, 1, 0, 0]).unwrap();
    let careful = pipeline.clone().with_threshold(Threshold::at(100.0).unwrap()).unwrap();
    assert_eq!(careful.predict("lovely").unwrap().label(), "0");
    assert_eq!(careful.preset(), Some(("social", 1)));
    assert_eq!(careful.calibration_report(), pipeline.calibration_report());
    let restored = Pipeline::from_bytes(&careful.to_bytes()).unwrap();
    assert_eq!(restored.classifier().threshold(), careful.classifier().threshold());

    // Figures of a calibration do not outlive it.
    let decisions = Matrix::from(ndarray::arr2(&[[-1.0], [1.0]]));
    let other = Calibration::fit(CalibrationMethod::Temperature, &decisions, &[0, 1]).unwrap();
    let recalibrated = careful.clone().with_calibration(other.clone()).unwrap();
    assert_eq!(recalibrated.calibration_report(), None);
    assert_eq!(recalibrated.classifier().calibration(), Some(&other));
    let banded = careful.with_neutral_band(NeutralBand::new(-1.0, 1.0).unwrap(), "2").unwrap();
    assert_eq!((banded.calibration_report(), banded.classes().len()), (None, 3));
    assert!(banded.with_threshold(Threshold::at(0.0).unwrap()).is_err());
}

#[test]
fn a_band_is_fitted_on_the_three_sentiments() {
    use Sentiment::{Negative, Neutral, Positive};
    let error = |decisions: &[f64], truth: &[Sentiment]| {
        NeutralBand::fit(decisions, truth).unwrap_err().to_string()
    };
    assert_eq!(
        error(&[0.0, 1.0], &[Negative, Positive]),
        "invalid truth: no row is neutral; give rows of each"
    );
    assert!(error(&[0.0], &[Negative, Positive]).contains("their numbers must be equal"));
    assert_eq!(error(&[f64::INFINITY], &[Neutral]), "invalid decision values: inf is not finite");
}

type Change = fn(&mut Value);

/// Serde's way in is as strict as training.
#[test]
fn stored_answers_that_could_not_have_been_fitted_are_refused() {
    let (rows, truth) = data(60, 2, 6);
    let two = classifier(2);
    let decisions = two.decision_function(&rows).unwrap();
    let calibrated = |method| {
        let calibration = Calibration::fit(method, &decisions, &truth).unwrap();
        serde_json::to_value(two.clone().with_calibration(calibration).unwrap()).unwrap()
    };
    let band =
        two.clone().with_neutral_band(NeutralBand::new(-1.0, 1.0).unwrap(), "neutral").unwrap();
    let band = serde_json::to_value(band).unwrap();
    let threshold = two.clone().with_threshold(Threshold::at(0.5).unwrap()).unwrap();
    let threshold = serde_json::to_value(threshold).unwrap();
    let table: Vec<(Value, Change, &str)> = vec![
        (
            calibrated(CalibrationMethod::Platt),
            |v| v["calibration"]["Platt"] = serde_json::json!([]),
            "was not fitted on 1",
        ),
        (
            calibrated(CalibrationMethod::Temperature),
            |v| v["calibration"]["Temperature"] = (-1.0).into(),
            "could not have been fitted",
        ),
        (
            calibrated(CalibrationMethod::Isotonic),
            |v| v["calibration"]["Isotonic"][0]["heights"][0] = 2.0.into(),
            "could not have been fitted",
        ),
        (
            calibrated(CalibrationMethod::Isotonic),
            |v| v["calibration"]["Isotonic"][0]["values"] = serde_json::json!([]),
            "could not have been fitted",
        ),
        (
            band.clone(),
            |v| v["verdict"]["Band"]["neutral"] = 1.into(),
            "one of the two classes|band among",
        ),
        (band.clone(), |v| v["verdict"]["Band"]["neutral"] = 9.into(), "a neutral band among"),
        (band.clone(), |v| v["verdict"]["Band"]["band"]["low"] = 7.0.into(), "7 is above 1"),
        (band.clone(), |v| v["verdict"] = "Highest".into(), "a logistic link for 3 classes"),
        (band, |v| v["classes"] = serde_json::json!(["0", "1"]), "a neutral band among"),
        (threshold, |v| v["verdict"]["Threshold"] = Value::Null, "invalid type: null"),
    ];
    for (mut stored, change, text) in table {
        assert!(serde_json::from_value::<Classifier>(stored.clone()).is_ok());
        change(&mut stored);
        let error = serde_json::from_value::<Classifier>(stored).unwrap_err().to_string();
        assert!(text.split('|').any(|text| error.contains(text)), "{error}");
    }
}
