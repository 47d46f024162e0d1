//! What every type promises beside its methods: to cross threads, to survive a panic, to be copied and to be printed.

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::panic::{RefUnwindSafe, UnwindSafe};

use ressenti::dataset::Dataset;
use ressenti::evaluate::{
    Answers, Bootstrap, CalibrationBin, ClassFigures, ConfusionMatrix, Folds, Interval, KFold,
    McNemar, McNemarMethod, Report, Split,
};
use ressenti::select::{
    Budget, CrossValidation, CvOptions, Estimate, FoldScores, GridSearch, Metric, RandomSearch,
    Scores, SearchResults, Space, Trial,
};
use ressenti::text::{
    Analyzer, AnalyzerParams, Elongation, Entity, Language, Social, StopWords, Token, Tokenizer,
};
use ressenti::tracker::{NoopTracker, RunStatus, Tracker, Value};
use ressenti::{
    Algorithm, Calibration, CalibrationMethod, CalibrationReport, Card, ClassWeight, Classifier,
    ClassifierParams, Contribution, DocFreq, Error, Explanation, FitOptions, FitReport, Footprint,
    Lexicon, Mark, Matrix, ModelFileError, MultiClass, NbWeighting, NeutralBand, Norm,
    OnlineClassifier, Pipeline, PipelineBuilder, PlainModel, Precision, Prediction, Predictions,
    Preset, Prior, Progress, PrunedPipeline, RoundedPipeline, Rows, Scratch, Sentiment, SgdLoss,
    SoftTargets, Spans, Stage, Step, Threshold, ThresholdRule, TrainingData, Vectorizer,
    VectorizerParams, Vocabulary,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Everything but errors and what borrows a trait object.
fn value<T: Send + Sync + UnwindSafe + RefUnwindSafe + Clone + Debug>() {}

fn comparable<T: PartialEq>() {}

fn stored<T: Serialize + DeserializeOwned>() {}

fn key<T: Copy + Eq + Hash>() {}

#[test]
fn values_cross_threads_survive_panics_and_can_be_copied_and_printed() {
    value::<Analyzer>();
    value::<AnalyzerParams>();
    value::<Answers<'static>>();
    value::<Bootstrap>();
    value::<Budget>();
    value::<CrossValidation>();
    value::<Estimate>();
    value::<FoldScores>();
    value::<GridSearch>();
    value::<Metric>();
    value::<RandomSearch>();
    value::<Scores>();
    value::<SearchResults>();
    value::<Space>();
    value::<Trial>();
    value::<CalibrationBin>();
    value::<Mark>();
    value::<Algorithm>();
    value::<Calibration>();
    value::<CalibrationMethod>();
    value::<CalibrationReport>();
    value::<Preset>();
    value::<Prior>();
    value::<PrunedPipeline>();
    value::<RoundedPipeline>();
    value::<Card>();
    value::<TrainingData>();
    value::<Precision>();
    value::<PlainModel>();
    value::<Footprint>();
    value::<MultiClass>();
    value::<NbWeighting>();
    value::<Lexicon>();
    value::<SoftTargets>();
    value::<NeutralBand>();
    value::<OnlineClassifier>();
    value::<SgdLoss>();
    value::<Threshold>();
    value::<ThresholdRule>();
    value::<ClassFigures>();
    value::<ClassWeight>();
    value::<Classifier>();
    value::<ClassifierParams>();
    value::<ConfusionMatrix>();
    value::<Contribution<'static>>();
    value::<Dataset>();
    value::<DocFreq>();
    value::<Elongation>();
    value::<Entity>();
    value::<Explanation<'static>>();
    value::<Spans>();
    value::<FitReport>();
    value::<Folds>();
    value::<Interval>();
    value::<KFold>();
    value::<Language>();
    value::<Matrix>();
    value::<McNemar>();
    value::<McNemarMethod>();
    value::<ModelFileError>();
    value::<NoopTracker>();
    value::<Norm>();
    value::<Pipeline>();
    value::<PipelineBuilder>();
    value::<Prediction<'static>>();
    value::<Report>();
    value::<Rows>();
    value::<RunStatus>();
    value::<Sentiment>();
    value::<Social>();
    value::<Split>();
    value::<Stage>();
    value::<Step>();
    value::<StopWords>();
    value::<Token>();
    value::<Tokenizer>();
    value::<Value<'static>>();
    value::<Vectorizer>();
    value::<VectorizerParams>();
    value::<Vocabulary>();
}

#[test]
fn settings_and_answers_can_be_compared() {
    comparable::<AnalyzerParams>();
    comparable::<Budget>();
    comparable::<CrossValidation>();
    comparable::<GridSearch>();
    comparable::<RandomSearch>();
    comparable::<SearchResults>();
    comparable::<Calibration>();
    comparable::<Card>();
    comparable::<PlainModel>();
    comparable::<TrainingData>();
    comparable::<CalibrationReport>();
    comparable::<NbWeighting>();
    comparable::<Lexicon>();
    comparable::<SoftTargets>();
    comparable::<NeutralBand>();
    comparable::<OnlineClassifier>();
    comparable::<Threshold>();
    comparable::<ThresholdRule>();
    comparable::<ClassifierParams>();
    comparable::<Dataset>();
    comparable::<Explanation<'static>>();
    comparable::<FitReport>();
    comparable::<Matrix>();
    comparable::<ModelFileError>();
    comparable::<PipelineBuilder>();
    comparable::<Prediction<'static>>();
    comparable::<Rows>();
    comparable::<StopWords>();
    comparable::<Token>();
    comparable::<VectorizerParams>();
    comparable::<Vocabulary>();
    key::<Elongation>();
    key::<Algorithm>();
    key::<CalibrationMethod>();
    key::<Metric>();
    key::<Preset>();
    key::<Precision>();
    key::<Prior>();
    key::<MultiClass>();
    key::<SgdLoss>();
    key::<Entity>();
    key::<Language>();
    key::<Norm>();
    key::<RunStatus>();
    key::<Sentiment>();
    key::<Social>();
    key::<Stage>();
    key::<Tokenizer>();
}

#[test]
fn models_and_settings_can_be_stored_by_serde() {
    stored::<AnalyzerParams>();
    stored::<Estimate>();
    stored::<GridSearch>();
    stored::<Metric>();
    stored::<RandomSearch>();
    stored::<Scores>();
    stored::<Space>();
    stored::<Algorithm>();
    stored::<Calibration>();
    stored::<CalibrationMethod>();
    stored::<CalibrationReport>();
    stored::<Preset>();
    stored::<Precision>();
    stored::<PlainModel>();
    stored::<Card>();
    stored::<TrainingData>();
    stored::<Prior>();
    stored::<MultiClass>();
    stored::<NbWeighting>();
    stored::<Lexicon>();
    stored::<NeutralBand>();
    stored::<OnlineClassifier>();
    stored::<SgdLoss>();
    stored::<Threshold>();
    stored::<ThresholdRule>();
    stored::<ClassWeight>();
    stored::<Classifier>();
    stored::<ClassifierParams>();
    stored::<DocFreq>();
    stored::<Elongation>();
    stored::<Entity>();
    stored::<FitReport>();
    stored::<Bootstrap>();
    stored::<Folds>();
    stored::<KFold>();
    stored::<Language>();
    stored::<Norm>();
    stored::<Pipeline>();
    stored::<Sentiment>();
    stored::<Social>();
    stored::<StopWords>();
    stored::<Tokenizer>();
    stored::<Vectorizer>();
    stored::<VectorizerParams>();
    stored::<Vocabulary>();
}

#[test]
fn settings_have_defaults_and_answers_can_be_shown() {
    fn with_default<T: Default>() {}
    fn shown<T: Display>() {}
    with_default::<AnalyzerParams>();
    with_default::<Bootstrap>();
    with_default::<Algorithm>();
    with_default::<MultiClass>();
    with_default::<NbWeighting>();
    with_default::<SgdLoss>();
    with_default::<ClassWeight>();
    with_default::<CvOptions<'static>>();
    with_default::<Metric>();
    with_default::<ClassifierParams>();
    with_default::<FitOptions<'static>>();
    with_default::<KFold>();
    with_default::<Norm>();
    with_default::<PipelineBuilder>();
    with_default::<StopWords>();
    with_default::<Tokenizer>();
    with_default::<VectorizerParams>();
    shown::<Error>();
    shown::<Explanation<'static>>();
    shown::<Interval>();
    shown::<Report>();
    shown::<Sentiment>();
}

#[test]
fn errors_go_wherever_errors_go() {
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
    error::<ModelFileError>();
    // As the `?` of most programs wants it.
    let load = || -> Result<Pipeline, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Pipeline::from_bytes(b"")?)
    };
    assert!(load().unwrap_err().to_string().starts_with("not a loadable model: "));
}

#[test]
fn traits_are_object_safe_and_their_objects_cross_threads() {
    fn shared<T: Send + Sync + ?Sized>() {}
    fn tracker<T: Tracker>() {}
    shared::<dyn Tracker>();
    shared::<dyn Progress>();
    shared::<Box<dyn Tracker>>();
    shared::<CvOptions<'static>>();
    shared::<FitOptions<'static>>();
    shared::<Scratch>();
    shared::<Predictions<'static, std::vec::IntoIter<String>>>();
    tracker::<Box<dyn Tracker>>();
    tracker::<std::sync::Arc<NoopTracker>>();
    tracker::<&NoopTracker>();
}

/// A prediction borrows its label from the model and from nothing else, so the text may go first.
#[test]
fn an_answer_outlives_its_text() -> Result<(), Error> {
    let pipeline =
        Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
    let (prediction, explanation) = {
        let text = String::from("lovely");
        (pipeline.predict(&text)?, pipeline.explain(&text)?)
    };
    assert_eq!((prediction.label(), &*explanation.terms()[0].term), ("positive", "lovely"));
    let owned: Prediction<'static> = prediction.into_owned();
    drop(pipeline);
    assert_eq!(owned.label(), "positive");
    Ok(())
}

/// One pipeline, many threads, no lock.
#[test]
fn a_pipeline_is_shared_by_reference() -> Result<(), Error> {
    let pipeline =
        Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"])?;
    let alone = pipeline.predict_proba("a lovely bag")?;
    std::thread::scope(|scope| {
        let ask = || (0..100).all(|_| pipeline.predict_proba("a lovely bag").unwrap() == alone);
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    });
    Ok(())
}

#[cfg(feature = "store")]
#[test]
fn a_registry_and_what_it_tells_are_values_like_others() {
    use ressenti::registry::{
        Action, Check, HistoryEntry, LiveModel, ModelVersion, NewVersion, Refresh, RegisteredModel,
        Registry, Transition,
    };
    value::<Registry>();
    value::<RegisteredModel>();
    value::<ModelVersion>();
    value::<HistoryEntry>();
    value::<NewVersion<'static>>();
    value::<Transition>();
    value::<Check>();
    value::<LiveModel>();
    comparable::<RegisteredModel>();
    comparable::<Check>();
    key::<ressenti::registry::Stage>();
    key::<Action>();
    stored::<ressenti::registry::Stage>();
    comparable::<Refresh>();
}

#[cfg(feature = "store")]
#[test]
fn what_a_retraining_is_made_of_and_comes_to_can_be_stored() {
    use ressenti::retrain::{
        Challenger, Comparison, Counts, Decision, Fate, Gates, Holdout, On, Pair, PerClass, Reason,
        Refusal, RetrainParams, RetrainPolicy, Retrainer, Seen, Signals, Validation,
    };
    value::<Retrainer>();
    value::<Challenger>();
    stored::<Challenger>();
    comparable::<Challenger>();
    value::<Decision>();
    stored::<Decision>();
    value::<RetrainPolicy>();
    stored::<RetrainPolicy>();
    value::<RetrainParams>();
    stored::<RetrainParams>();
    stored::<Holdout>();
    stored::<Gates>();
    stored::<Signals>();
    stored::<Reason>();
    stored::<Refusal>();
    stored::<Fate>();
    stored::<Counts>();
    stored::<Pair>();
    stored::<PerClass>();
    stored::<Comparison>();
    stored::<Validation>();
    key::<On>();
    key::<Seen>();
}

#[cfg(feature = "store")]
fn shared<T: Send + Sync + UnwindSafe + RefUnwindSafe + Debug>() {}

#[cfg(feature = "store")]
#[test]
fn a_trial_can_be_stored_and_its_models_are_asked_from_any_thread() {
    use ressenti::retrain::ab::{
        AbParams, AbTest, Evidence, Experiment, Outcome, Outcomes, Served, ServingFigures, Side,
        SideFigures, Split, Tally, Verdict,
    };
    value::<AbTest>();
    stored::<AbTest>();
    comparable::<AbTest>();
    value::<AbParams>();
    stored::<AbParams>();
    value::<Evidence>();
    stored::<Evidence>();
    value::<Split>();
    stored::<Split>();
    stored::<ServingFigures>();
    stored::<SideFigures>();
    stored::<Outcomes>();
    stored::<Tally>();
    stored::<Outcome>();
    key::<Outcome>();
    key::<Side>();
    key::<Verdict>();
    value::<Served<'static>>();
    shared::<Experiment<Pipeline, std::sync::Arc<Pipeline>>>();
}
