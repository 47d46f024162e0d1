//! What users said stays, once each, whoever dies when; and is forgotten when somebody asks.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::again::only;
use ressenti::Pipeline;
use ressenti::monitor::feedback::{Correction, CorrectionLog, Corrections, RowOptions, text_hash};

fn pipeline() -> Pipeline {
    Pipeline::builder().fit(&["lovely crew", "lost bag"], &["positive", "negative"]).unwrap()
}

fn correction(id: &str, text: &str, corrected: &str, seconds: u64) -> Correction {
    let pipeline = pipeline();
    let prediction = pipeline.predict(text).unwrap();
    Correction::new(id, text, &prediction, corrected, Duration::from_secs(seconds))
}

#[test]
fn of_several_corrections_of_a_prediction_the_last_counts() {
    let folder = tempfile::tempdir().unwrap();
    let log = CorrectionLog::open(folder.path().join("log")).unwrap();
    for (id, text, label, seconds) in [
        ("a", "lost", "positive", 30),
        ("b", "lovely\n\"é\"", "positive", 10),
        ("a", "lost", "negative", 20),
    ] {
        log.append(&correction(id, text, label, seconds).of_version("3")).unwrap();
    }
    let corrections = log.read().unwrap();
    let said: Vec<_> = corrections.all().iter().map(|c| (c.id.as_str(), c.at_ms)).collect();
    assert_eq!(said, [("b", 10_000), ("a", 20_000)]);
    assert_eq!(corrections.all()[0].text.as_deref(), Some("lovely\n\"é\""));
    assert_eq!(corrections.agreement().by_version["3"].wrong, 0);
    let lines = fs::read_to_string(log.path()).unwrap();
    assert_eq!(lines.lines().count(), 3);
    assert!(lines.starts_with("{\"v\":1,\"id\":\"a\",\"at_ms\":30000,\"model_version\":\"3\","));
}

#[test]
fn a_torn_line_costs_itself_only() {
    let folder = tempfile::tempdir().unwrap();
    let log = CorrectionLog::open(folder.path().join("log")).unwrap();
    log.append(&correction("1", "lost", "negative", 0)).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(log.path()).unwrap();
    file.write_all(b"{\"v\":1,\"id\":\"2\",\"te").unwrap();
    log.append(&correction("3", "lost", "negative", 0)).unwrap();
    file.write_all(b"{\"v\":7,\"id\":\"of a later version\"}\n\n\xff\n").unwrap();
    let corrections = log.read().unwrap();
    let ids: Vec<_> = corrections.all().iter().map(|c| c.id.as_str()).collect();
    assert_eq!((ids, corrections.broken_lines()), (vec!["1", "3"], 3));
}

#[test]
fn a_text_that_is_to_be_forgotten_is_nowhere_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = CorrectionLog::open(folder.path().join("log")).unwrap();
    let secret = "my bag with the red ribbon";
    log.append(&correction("1", secret, "negative", 0)).unwrap();
    log.append(&correction("2", "other words", "negative", 0)).unwrap();
    log.append(&correction("3", secret, "positive", 0).without_text()).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(log.path()).unwrap();
    file.write_all(format!("{{\"id\":\"torn\",\"text\":\"{secret}").as_bytes()).unwrap();
    assert_eq!(log.forget(secret).unwrap(), 2);
    assert_eq!(log.forget(secret).unwrap(), 0);
    let file = fs::read_to_string(log.path()).unwrap();
    assert!(!file.contains("ribbon") && !file.contains(&text_hash(secret)));
    let corrections = log.read().unwrap();
    assert_eq!((corrections.all().len(), corrections.broken_lines()), (3, 0));
    assert_eq!(corrections.rows(&RowOptions::default()).texts, ["other words"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the log and its lock");
}

#[test]
fn what_a_later_version_wrote_stays_unless_it_holds_what_is_to_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let log = CorrectionLog::open(folder.path().join("log")).unwrap();
    log.append(&correction("1", "lost", "negative", 0)).unwrap();
    let later = format!(
        r#"{{"v":2,"id":"2","texts":[{{"text":"lost \u0062ag"}}],"hash":"{}"}}"#,
        text_hash("crew")
    );
    fs::OpenOptions::new()
        .append(true)
        .open(log.path())
        .unwrap()
        .write_all(format!("\n{later}\n{{\"v\":2,\"id\":\"torn\n").as_bytes())
        .unwrap();
    let before = fs::read(log.path()).unwrap();
    for text in ["lost bag", "crew"] {
        let error = log.forget(text).unwrap_err().to_string();
        assert_eq!(
            error,
            "invalid correction log: line 3 holds what is to be forgotten, in format 2, and this crate writes 1; forget it \
             with the release that wrote the line, or delete the line"
        );
        assert_eq!(fs::read(log.path()).unwrap(), before);
    }
    assert_eq!(log.forget("lost").unwrap(), 1);
    let after = fs::read_to_string(log.path()).unwrap();
    assert!(after.ends_with(&format!("\n{later}\n")) && !after.contains("torn"), "{after}");
    assert_eq!(log.read().unwrap().broken_lines(), 1);
}

#[test]
fn a_whole_line_that_is_not_understood_stays_unless_it_holds_what_is_to_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let log = CorrectionLog::open(folder.path().join("log")).unwrap();
    let rest = r#""model_version":"1","predicted":"0","corrected":"1""#;
    let hash = text_hash("crew").to_uppercase();
    for (line, texts) in [
        (format!(r#"{{"v":1,"id":"a","at_ms":5.0,{rest},"text":"l\u006fst"}}"#), vec!["lost"]),
        // Cut within an emoji; what is no text is U+FFFD to whoever makes a hash of it.
        (
            format!(r#"{{"v":1,"id":"a","at_ms":5,{rest},"text":"\"cut\\ \ud83d"}}"#),
            vec!["\"cut\\ \u{fffd}"],
        ),
        (
            format!(r#"{{"v":1,"id":"a","at_ms":5,{rest},"text":"\ude00\ud83d\ude00"}}"#),
            vec!["\u{fffd}\u{1f600}"],
        ),
        (
            format!(r#"{{"v":1,"id":"a","at_ms":5,{rest},"text":"one","text":"two"}}"#),
            vec!["one", "two"],
        ),
        (format!(r#"{{"v":1,"id":"","at_ms":5,{rest},"text_hash":"{hash}"}}"#), vec!["crew"]),
    ] {
        fs::write(log.path(), format!("{line}\n{{\"v\":1,\"id\":\"to\n")).unwrap();
        for text in texts {
            let error = log.forget(text).unwrap_err().to_string();
            assert_eq!(
                error,
                "invalid correction log: line 1 holds what is to be forgotten, and is not as this crate writes lines; \
                 correct or delete the line"
            );
        }
        assert_eq!(log.forget("something else").unwrap(), 0);
        assert_eq!(fs::read_to_string(log.path()).unwrap(), format!("{line}\n"));
    }
}

#[test]
fn a_hash_may_be_in_capitals_and_what_is_no_hash_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let log = CorrectionLog::open(folder.path().join("log")).unwrap();
    log.append(&correction("1", "lost", "negative", 0)).unwrap();
    for wrong in
        ["", "lost", &text_hash("lost")[1..], &text_hash("lost").replace(char::is_numeric, "g")]
    {
        let error = log.forget_hash(wrong).unwrap_err().to_string();
        assert_eq!(
            error,
            "invalid text hash: it is not 64 hexadecimal digits; text_hash makes one of a text"
        );
    }
    assert_eq!(log.forget_hash(&text_hash("lost").to_uppercase()).unwrap(), 1);
    assert_eq!(log.read().unwrap().all()[0].text, None);
}

#[cfg(unix)]
#[test]
fn a_log_that_has_two_names_loses_nothing() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (real, link) = (folder.path().join("log"), other.path().join("log"));
    // Before there is one: it is created where the link leads.
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let by_link = CorrectionLog::open(&link).unwrap();
    assert_eq!(by_link.path(), real);
    let (n, base) = (1_500, correction("", "lost", "negative", 0));
    thread::scope(|scope| {
        scope.spawn(|| {
            for i in 0..n {
                let mut said = base.clone();
                said.id = i.to_string();
                by_link.append(&said).unwrap();
            }
        });
        let log = CorrectionLog::open(&real).unwrap();
        for _ in 0..200 {
            log.forget("lost").unwrap();
        }
    });
    assert_eq!(by_link.read().unwrap().all().len(), n);
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1, "the link");
}

const LOG: &str = "RESSENTI_TEST_REDACTED_LOG";

#[test]
#[ignore = "started by the test below, which kills it"]
fn child_that_forgets_until_it_is_killed() {
    let Some(path) = std::env::var_os(LOG) else { return };
    let log = CorrectionLog::open(path).unwrap();
    for i in 0..300 {
        log.forget(&long_text(i)).unwrap();
    }
}

fn long_text(i: usize) -> String {
    format!("text {i} {}", "w".repeat(5_000))
}

#[test]
fn a_redaction_that_was_killed_leaves_no_copy_of_what_is_forgotten_later() {
    let folder = tempfile::tempdir().unwrap();
    let log = CorrectionLog::open(folder.path().join("log")).unwrap();
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let base = correction("", "lost", "negative", 0);
    for i in 0..=300 {
        let mut said = base.clone();
        (said.id, said.text) = (i.to_string(), Some(long_text(i)));
        said.text_hash = Some(text_hash(&long_text(i)));
        log.append(&said).unwrap();
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(only(child_that_forgets_until_it_is_killed))
        .env(LOG, log.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while names() != ["log", "log.lock", "log.new"] {
        assert!(began.elapsed() < Duration::from_secs(60), "never seen at it: {:?}", names());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Whether the child was done with it or not.
    fs::write(folder.path().join("log.new"), long_text(300)).unwrap();
    assert_eq!(log.forget(&long_text(300)).unwrap(), 1);
    assert_eq!(names(), ["log", "log.lock"]);
    fs::write(folder.path().join("log.new"), long_text(300)).unwrap();
    CorrectionLog::open(log.path()).unwrap();
    assert_eq!(names(), ["log", "log.lock"]);
    assert!(!fs::read_to_string(log.path()).unwrap().contains("text 300 "));
}

#[test]
fn writers_at_once_and_a_redaction_between_them_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let (writers, each) = (4, 100);
    thread::scope(|scope| {
        for writer in 0..writers {
            let path = &path;
            scope.spawn(move || {
                let log = CorrectionLog::open(path).unwrap();
                for i in 0..each {
                    let text = format!("text {i}");
                    log.append(&correction(&format!("{writer} {i}"), &text, "negative", i))
                        .unwrap();
                }
            });
        }
        let log = CorrectionLog::open(&path).unwrap();
        for i in 0..each {
            log.forget(&format!("text {i}")).unwrap();
        }
    });
    let corrections = CorrectionLog::open(&path).unwrap().read().unwrap();
    assert_eq!((corrections.all().len() as u64, corrections.broken_lines()), (writers * each, 0));
}

#[test]
fn rows_have_the_last_word_on_each_text_and_its_weight() {
    let day = 86_400;
    let said = vec![
        correction("1", "lost", "positive", 0),
        correction("2", "lovely", "positive", 0),
        correction("3", "lost", "positive", 10 * day),
        correction("4", "crew", "negative", 10 * day).without_text(),
        correction("5", "bag", "negative", 10 * day),
    ];
    let corrections = Corrections::new(said);
    let options = RowOptions::default().weight(3.0).confirmation_weight(0.5).half_life_days(10.0);
    let rows = corrections.rows(&options);
    assert_eq!(rows.texts, ["lovely", "lost", "bag"]);
    assert_eq!(rows.labels, ["positive", "positive", "negative"]);
    assert_eq!(rows.weights, [0.25, 3.0, 0.5]);
    let rows = corrections.rows(&RowOptions::default().since_ms(1).weight(f64::NAN));
    assert_eq!((rows.texts.len(), rows.weights[0]), (2, 0.0));
}

#[test]
fn one_clock_that_ran_ahead_does_not_make_all_other_corrections_old() {
    let day = 86_400;
    let mut said: Vec<_> = (0..20)
        .map(|i| correction(&i.to_string(), &format!("text {i}"), "positive", i * day))
        .collect();
    let options = RowOptions::default().half_life_days(10.0);
    let before = Corrections::new(said.clone()).rows(&options).weights;
    said.push(correction("x", "lost", "negative", 1_000_000 * day));
    let after = Corrections::new(said).rows(&options).weights;
    assert!(before[0] < 0.35 && before[19] == 1.0, "they age: {before:?}");
    assert!(after.iter().zip(&before).all(|(after, before)| after >= &(0.9 * before)), "{after:?}");
}

#[test]
fn a_correction_without_an_id_and_a_missing_folder_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let log = CorrectionLog::open(folder.path().join("log")).unwrap();
    let error = log.append(&correction("", "lost", "negative", 0)).unwrap_err();
    let text = "invalid correction: its id is empty; give the prediction a name";
    assert_eq!(error.to_string(), text);
    let missing = folder.path().join("missing/log");
    let error = CorrectionLog::open(&missing).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot open {}.lock: ", missing.display())), "{error}");
}
