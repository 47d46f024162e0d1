//! What pruning a pipeline promises: as small as was asked for, the rest as it was, and the cost told.

use std::collections::HashSet;

use crate::common::{data_file, tweets};
use ressenti::dataset::read_tsv;
use ressenti::evaluate::Folds;
use ressenti::text::{Analyzer, ColumnOrder, Language, Lemmas};
use ressenti::{
    CalibrationMethod, Error, Keep, Lexicon, Pipeline, PipelineBuilder, Preset, Prior,
    PrunedPipeline, Vectorizer, VectorizerParams,
};

const UNSEEN: [&str; 4] = ["not a good flight", "lost my bag again :(", "THANKS", "zzz"];

fn of(vectorizer: VectorizerParams) -> PipelineBuilder {
    Pipeline::builder().vectorizer(vectorizer)
}

/// Blocks, bigrams that need tokens which are no terms, stems, lemmas, and no idf.
fn builders() -> Vec<PipelineBuilder> {
    let stems = Analyzer::social().stemmer(Language::English);
    let lemmas = Lemmas::from_list("flight\tflights\nbag\tbags\n", ColumnOrder::LemmaForm).unwrap();
    let characters = Vectorizer::tfidf().analyzer(Analyzer::char_wb()).ngram_range(2, 4);
    vec![
        of(Vectorizer::tfidf().analyzer(stems).ngram_range(1, 2)),
        of(Vectorizer::tfidf().ngram_range(2, 3)),
        of(Vectorizer::tfidf().analyzer(Analyzer::word().lemmatizer(lemmas))),
        of(Vectorizer::count().beside(characters.weight(0.5))),
        Pipeline::builder().preset(Preset::Social),
        Pipeline::builder().calibration(CalibrationMethod::Platt, 3),
    ]
}

fn decision(pipeline: &Pipeline, text: &str) -> Vec<f64> {
    let rows = pipeline.vectorizer().transform(&[text]);
    pipeline.classifier().decision_function(&rows).unwrap().row(0).to_vec()
}

fn terms(pipeline: &Pipeline) -> HashSet<String> {
    pipeline.vectorizer().feature_names().map(std::borrow::Cow::into_owned).collect()
}

fn check(pruned: &PrunedPipeline, whole: &Pipeline) {
    let small = pruned.pipeline();
    assert_eq!(pruned.before().n_features, whole.vectorizer().n_features());
    assert_eq!(pruned.before().bytes, whole.to_bytes().len());
    assert_eq!(pruned.after().n_features, small.vectorizer().n_features());
    assert_eq!(pruned.after().bytes, small.to_bytes().len());
    let restored = Pipeline::from_bytes(&small.to_bytes()).unwrap();
    assert_eq!(restored.to_bytes(), small.to_bytes());
    for text in UNSEEN {
        assert_eq!(restored.predict(text).unwrap(), small.predict(text).unwrap());
    }
    assert!(terms(small).is_subset(&terms(whole)));
}

#[test]
fn as_many_terms_are_kept_as_were_asked_for() {
    for (labels, texts) in [tweets::all(), {
        let (labels, texts) = tweets::polar(1);
        (labels.into_iter().map(|good| if good { "1" } else { "0" }).collect(), texts)
    }] {
        let (held_out, truth) = (&texts[..50], &labels[..50]);
        let (texts, labels) = (&texts[50..200], &labels[50..200]);
        for builder in builders() {
            let whole = builder.fit(texts, labels).unwrap();
            for k in [1, 20, 100] {
                let pruned = whole.prune(Keep::Columns(k), texts, held_out, truth).unwrap();
                assert_eq!(pruned.after().n_features, k);
                check(&pruned, &whole);
                let report = pruned.pipeline().evaluate(held_out, truth).unwrap();
                assert_eq!(pruned.after().report.accuracy(), report.accuracy());
                // A second fit has the same terms, blocks and settings.
                let again = pruned.builder().fit(texts, labels).unwrap();
                assert_eq!(terms(&again), terms(pruned.pipeline()));
                assert_eq!(again.classifier().params(), whole.classifier().params());
                Pipeline::from_bytes(&again.to_bytes()).unwrap();
            }
            // All terms that say anything: nothing changes.
            let all = whole.prune(Keep::Columns(usize::MAX), texts, held_out, truth).unwrap();
            let zero = |column: usize| {
                let coef = whole.classifier().coef();
                (0..coef.n_rows()).all(|k| coef.get(k, column) == 0.0)
            };
            let weightless = (0..whole.vectorizer().n_features()).filter(|&c| zero(c)).count();
            assert_eq!(all.after().n_features + weightless, all.before().n_features);
            assert_eq!(all.pipeline().preset(), None);
        }
    }
}

#[test]
fn a_size_in_bytes_is_kept_and_used() {
    let (labels, texts) = tweets::polar(1);
    for builder in builders() {
        let whole = builder.fit(&texts, &labels).unwrap();
        for share in [4, 2] {
            let bytes = whole.to_bytes().len() / share + 800;
            let pruned = whole.prune(Keep::Bytes(bytes), &texts, &texts, &labels).unwrap();
            check(&pruned, &whole);
            assert!(pruned.after().bytes <= bytes, "{} of {bytes}", pruned.after().bytes);
            // One term more, and it would not fit.
            let k = pruned.after().n_features;
            if k < whole.vectorizer().n_features() {
                let more = whole.prune(Keep::Columns(k + 1), &texts, &texts, &labels).unwrap();
                assert!(more.after().bytes > bytes || more.after().n_features == k);
            }
        }
    }
}

/// Also where a kept pair has tokens that are no terms any more.
#[test]
fn texts_whose_terms_are_kept_have_the_answers_they_had() {
    let (labels, texts) = tweets::polar(1);
    let (mut same, mut pairs) = (0, 0);
    for builder in builders() {
        let whole = builder.fit(&texts, &labels).unwrap();
        let n = whole.vectorizer().n_features();
        let pruned = whole.prune(Keep::Columns(n * 3 / 4), &texts, &texts, &labels).unwrap();
        let (small, kept) = (pruned.pipeline(), terms(pruned.pipeline()));
        for text in &texts {
            let rows = whole.vectorizer().transform(&[*text]);
            let mut of_text =
                rows.row(0).0.iter().map(|&c| whole.vectorizer().feature_name(c as usize));
            if of_text.all(|term| kept.contains(&*term)) {
                assert_eq!(decision(small, text), decision(&whole, text), "{text}");
                same += 1;
            }
        }
        let alone =
            |term: &&String| term.contains(' ') && term.split(' ').any(|t| !kept.contains(t));
        for term in kept.iter().filter(alone).take(20) {
            pairs += usize::from(small.vectorizer().transform(&[term]).nnz() > 0);
        }
    }
    assert!(same > 20 && pairs > 20, "{same} {pairs}");
}

#[test]
fn a_block_of_which_nothing_is_left_goes() {
    let (texts, labels) = (["good crew", "bad crew"], [1, 0]);
    let nothing = Vectorizer::tfidf().vocabulary(["q"]);
    let builder = of(nothing.clone().beside(Vectorizer::tfidf()).beside(nothing));
    let whole = builder.fit(&texts, &labels).unwrap();
    let pruned = whole.prune(Keep::Columns(2), &texts, &texts, &labels).unwrap();
    assert_eq!(pruned.pipeline().vectorizer().blocks().len(), 1);
    assert_eq!(terms(pruned.pipeline()), HashSet::from(["bad".to_owned(), "good".to_owned()]));
}

#[test]
fn a_pipeline_with_a_prior_is_pruned_like_any_other() {
    let (labels, texts) = tweets::polar(1);
    let prior = Pipeline::builder().fit(&texts[60..], &labels[60..]).unwrap();
    for kind in [Prior::Decision, Prior::Weights] {
        let builder = Pipeline::builder().prior(&prior, kind);
        let whole = builder.fit(&texts[..60], &labels[..60]).unwrap();
        let pruned = whole.prune(Keep::Columns(80), &texts, &texts, &labels).unwrap();
        check(&pruned, &whole);
        assert_eq!(pruned.after().n_features, 80);
    }
}

#[test]
fn a_term_that_no_text_holds_counts_as_half_of_one() {
    let lexicon = Lexicon::new([("awful", -0.9), ("fair", 0.1)]).unwrap();
    let (texts, labels) = (["good crew", "bad crew", "good crew", "awful crew"], [1, 0, 1, 0]);
    let whole = Pipeline::builder().lexicon(&lexicon).fit(&texts, &labels).unwrap();
    let terms = |n: usize| -> Vec<String> {
        let pruned = whole.prune(Keep::Columns(n), &texts, &texts, &labels).unwrap();
        let vectorizer = pruned.pipeline().vectorizer().clone();
        vectorizer.feature_names().map(std::borrow::Cow::into_owned).collect()
    };
    assert_eq!(terms(5), ["awful", "bad", "crew", "fair", "good"]);
    assert!(!terms(3).contains(&"fair".to_owned()), "{:?}", terms(3));
    // By texts that hold nothing, what weighs most.
    let pruned = whole.prune(Keep::Columns(1), &["zzz"], &texts, &labels).unwrap();
    assert!(pruned.pipeline().vectorizer().feature_names().eq(["awful"]));
}

#[test]
fn terms_are_kept_by_their_rank_and_then_by_their_strength() {
    let (labels, texts) = tweets::polar(1);
    for builder in builders() {
        let whole = builder.fit(&texts, &labels).unwrap();
        let prune = |keep, rank: &mut dyn FnMut(&str, usize) -> Option<u32>| {
            whole.prune_by(keep, &texts, &texts, &labels, rank).unwrap()
        };
        // Each is asked about once, in the order of what pruning keeps.
        let mut asked = Vec::new();
        prune(Keep::Columns(1), &mut |term, stronger| {
            assert_eq!(stronger, asked.len());
            asked.push(term.to_owned());
            Some(0)
        });
        let plain = whole.prune(Keep::Columns(30), &texts, &texts, &labels).unwrap();
        assert_eq!(terms(plain.pipeline()), asked[..30].iter().cloned().collect());
        // Long terms first, none with an `a`.
        let rank = |term: &str| (!term.contains('a')).then_some(u32::from(term.len() < 9));
        let mut expected: Vec<&String> = asked.iter().filter(|term| rank(term).is_some()).collect();
        expected.sort_by_key(|term| rank(term));
        for k in [1, 20, expected.len(), expected.len() + 1] {
            let pruned = prune(Keep::Columns(k), &mut |term, _| rank(term));
            check(&pruned, &whole);
            let kept: HashSet<String> = expected.iter().take(k).copied().cloned().collect();
            assert_eq!(terms(pruned.pipeline()), kept);
        }
        let bytes = whole.to_bytes().len() / 2;
        let pruned = prune(Keep::Bytes(bytes), &mut |term, _| rank(term));
        assert!(pruned.after().bytes <= bytes && pruned.after().n_features > 1);
        let kept = expected.iter().take(pruned.after().n_features);
        assert_eq!(terms(pruned.pipeline()), kept.copied().cloned().collect());
    }
}

#[test]
fn what_cannot_be_pruned_is_refused() {
    let (texts, labels) = (["good crew", "bad crew"], [1, 0]);
    let whole = Pipeline::builder().fit(&texts, &labels).unwrap();
    let hashed = of(Vectorizer::hashing().n_features(16)).fit(&texts, &labels).unwrap();
    let k = Keep::Columns;
    for (found, text) in [
        (
            hashed.prune(k(2), &texts, &texts, &labels),
            "prune of hashed columns has no terms that could be dropped; give fewer n_features in training",
        ),
        (
            whole.prune(k(0), &texts, &texts, &labels),
            "keep 0 columns leaves no term; keep at least 1",
        ),
        (
            whole.prune(Keep::Bytes(100), &texts, &texts, &labels),
            "keep 100 bytes are fewer than a pipeline of one term has",
        ),
        (
            whole.prune_by(k(2), &texts, &texts, &labels, |_, _| None),
            "rank of none leaves no term; give one to those to keep",
        ),
    ] {
        let error = found.unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { .. }), "{error:?}");
        assert_eq!(error.to_string(), text);
    }
    let error = whole.prune(k(2), &[""; 0], &texts, &labels).unwrap_err();
    assert!(matches!(error, Error::NoTexts { .. }), "{error:?}");
    let error = whole.prune(k(2), &texts, &texts, &["x", "y"]).unwrap_err();
    assert!(matches!(error, Error::UnknownLabel { .. }), "{error:?}");
    assert!(whole.prune(k(2), &texts, &texts, &[1]).is_err());
}

/// `cargo test --release --test pipeline -- --nocapture prune::airline` prints the figures of the documentation.
#[test]
fn airline_tweets_lose_little_with_most_of_their_terms() {
    let Some(train) = data_file("airline.train.tsv") else { return };
    let data = read_tsv(train).unwrap();
    let folds = Folds::interleaved(data.texts.len(), 5).unwrap();
    let pick = |rows: &[usize]| -> (Vec<&str>, Vec<&str>) {
        rows.iter().map(|&i| (data.texts[i].as_str(), data.labels[i].as_str())).unzip()
    };
    let keeps = [Keep::Columns(20_000), Keep::Columns(5_000), Keep::Columns(2_000)];
    for preset in [Preset::Social, Preset::Baseline] {
        // Terms and bytes; accuracy and F1: before, after, fitted again.
        let mut sums = [[0.0; 10]; 3];
        for split in &folds {
            let ((texts, labels), (held_out, truth)) = (pick(&split.train), pick(&split.test));
            let whole = Pipeline::builder().preset(preset).fit(&texts, &labels).unwrap();
            for (sums, keep) in sums.iter_mut().zip(keeps) {
                let pruned = whole.prune(keep, &texts, &held_out, &truth).unwrap();
                let again = pruned.builder().fit(&texts, &labels).unwrap();
                let again = again.evaluate(&held_out, &truth).unwrap();
                let (before, after) = (pruned.before(), pruned.after());
                let figures = [
                    before.n_features as f64,
                    after.n_features as f64,
                    before.bytes as f64,
                    after.bytes as f64,
                    before.report.accuracy(),
                    after.report.accuracy(),
                    again.accuracy(),
                    before.report.f1(),
                    after.report.f1(),
                    again.f1(),
                ];
                sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure / 5.0);
            }
        }
        for ([terms, kept, bytes, fewer, figures @ ..], keep) in sums.into_iter().zip(keeps) {
            println!(
                "{preset} {keep:?}: {terms:.0} → {kept:.0} terms, {bytes:.0} → {fewer:.0} bytes, accuracy and F1 before, after, again {figures:.4?}"
            );
            assert!(figures[1] > figures[0] - 0.01 && figures[2] > figures[0] - 0.01);
        }
    }
}
