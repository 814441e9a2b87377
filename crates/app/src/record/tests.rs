use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::verify::{Finding, verify};
use super::writer::Clock;
use super::{Chain, End, Key, Recorder};
use crate::live::State;

/// A file in memory that is full after so many bytes.
#[derive(Clone)]
struct Disk {
    bytes: Arc<Mutex<Vec<u8>>>,
    room: usize,
}

impl Disk {
    fn new(room: usize) -> Self {
        Self {
            bytes: Arc::default(),
            room,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.bytes.lock().unwrap();
        let free = self.room - held.len();
        if free == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(free);
        held.extend(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn key(byte: u8) -> Option<Key> {
    Some(Key::new(vec![byte; 32]).unwrap())
}

fn recorder(disk: &Disk, key: Option<Key>) -> Recorder {
    let begin = json!({"command": "blur", "model": "m", "engine": "e", "model_sha256": "ab"});
    let file = Box::new(disk.clone());
    Recorder::start(file, "r.jsonl".into(), Chain::new(key), Clock::Clip, begin).unwrap()
}

/// Four seconds of a clip at 10 frames a second, whose second second is covered.
fn feed(recorder: &mut Recorder) {
    recorder.set_settings(json!({"background": "blur"}));
    for frame in 0..40 {
        let (state, cause) = match frame {
            10..20 => (State::Covered, Some("nobody")),
            _ => (State::Live, None),
        };
        recorder.frame(Duration::from_millis(100 * frame), state, cause);
    }
}

/// A whole record and its last hash.
fn record(key: Option<Key>) -> (Vec<u8>, String) {
    let disk = Disk::new(usize::MAX);
    let mut recorder = recorder(&disk, key);
    feed(&mut recorder);
    assert_eq!(recorder.trouble(), None);
    let said = recorder.finish(End::Input).unwrap();
    let hash = said.rsplit(' ').next().unwrap().to_owned();
    assert_eq!(hash.len(), 64, "{said}");
    (disk.bytes(), hash)
}

fn fault(bytes: &[u8], key: Option<Key>, expected: Option<&str>) -> Option<String> {
    verify(bytes, key, expected).unwrap().fault
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    lines.map(<[u8]>::to_vec).collect()
}

#[test]
fn a_record_is_whole_and_says_what_was_shown() {
    for key in [None, key(7)] {
        let (bytes, hash) = record(key.clone());
        assert_eq!(fault(&bytes, key.clone(), None), None);
        assert_eq!(fault(&bytes, key.clone(), Some(&hash)), None);
        let text = verify(&bytes[..], key, None).unwrap().text();
        for said in [
            "whole: 5 lines, last hash ",
            &hash,
            "40 pictures",
            "live: 30 (75.0 %)",
            "covered (nobody): 10 (25.0 %)",
            "settings {\"background\":\"blur\"}",
            "ended: the input ended",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let all = lines(&bytes);
        assert_eq!(all.len(), 5);
        let second: Value = serde_json::from_slice(&all[2]).unwrap();
        assert_eq!(second["shown"], json!({"covered (nobody)": 10}));
        assert_eq!(second["t_ms"], 2000);
        assert_eq!(second["utc"], Value::Null, "a clip has its own time");
    }
}

#[test]
fn lines_that_are_missing_swapped_added_or_cut_are_found() {
    let (bytes, hash) = record(None);
    let whole = lines(&bytes);
    let found = |edit: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut lines = whole.clone();
        edit(&mut lines);
        fault(&lines.concat(), None, None).unwrap()
    };
    let removed = found(&|lines| drop(lines.remove(2)));
    assert!(
        removed.starts_with("line 3: it does not follow"),
        "{removed}"
    );
    let swapped = found(&|lines| lines.swap(2, 3));
    assert!(
        swapped.starts_with("line 3: it does not follow"),
        "{swapped}"
    );
    let twice = found(&|lines| lines.insert(2, lines[2].clone()));
    assert!(twice.starts_with("line 4: it does not follow"), "{twice}");
    let appended = found(&|lines| lines.push(b"{}\n".to_vec()));
    assert!(
        appended.starts_with("line 6: it does not end"),
        "{appended}"
    );
    let without_end = found(&|lines| drop(lines.pop()));
    assert!(without_end.contains("broken off"), "{without_end}");
    let cut = fault(&bytes[..bytes.len() - 1], None, None).unwrap();
    assert!(cut.starts_with("line 5: it is cut off"), "{cut}");
    let within = fault(&bytes[..bytes.len() - 200], None, None).unwrap();
    assert!(within.contains("line 5: it is cut off"), "{within}");
    assert_eq!(
        fault(&bytes, None, Some(&hash)),
        None,
        "the judge accepts what is whole"
    );
}

#[test]
fn lines_that_were_chained_anew_are_found_by_the_last_hash_or_the_key() {
    let (bytes, hash) = record(None);
    let rewritten = |bytes: &[u8], key: Option<Key>| {
        let mut chain = Chain::new(key);
        let seal = |line: Vec<u8>| {
            let mut value: Value = serde_json::from_slice(&line).unwrap();
            let object = value.as_object_mut().unwrap();
            object.remove("hash");
            object.remove("before");
            if value["t_ms"] == 2000 {
                value["shown"] = json!({"live": 10});
            }
            chain.seal(&value).into_bytes()
        };
        lines(bytes)
            .into_iter()
            .map(seal)
            .collect::<Vec<_>>()
            .concat()
    };
    let forged = rewritten(&bytes, None);
    assert_eq!(
        fault(&forged, None, None),
        None,
        "nothing tells it without a noted hash"
    );
    let told = fault(&forged, None, Some(&hash)).unwrap();
    assert!(told.contains("not the one that was expected"), "{told}");
    let (keyed, _) = record(key(7));
    for by in [None, key(8)] {
        let told = fault(&rewritten(&keyed, by), key(7), None).unwrap();
        assert!(told.starts_with("line 1: its hash"), "{told}");
    }
}

#[test]
fn a_line_behind_the_last_one_and_a_time_that_goes_back_are_found() {
    let seal = |what: &[Value]| {
        let mut chain = Chain::new(None);
        let sealed = what.iter().map(|value| chain.seal(value));
        sealed.collect::<String>()
    };
    let begin = json!({"format": "frosted-record", "format_version": 1, "hashes": "sha256",
        "kind": "begin", "line": 1, "t_ms": 0});
    let end = |line: u64| json!({"kind": "end", "line": line, "t_ms": line});
    let good = seal(&[begin.clone(), end(2)]);
    assert_eq!(fault(good.as_bytes(), None, None), None);
    for (what, said) in [
        (
            vec![begin.clone(), end(2), end(3)],
            "line 3: it comes behind",
        ),
        (
            vec![begin.clone(), end(3)],
            "line 2: it says that it is line 3",
        ),
        (
            vec![begin.clone(), json!({"kind": "end", "line": 2, "t_ms": 0})],
            "line 2: its time",
        ),
    ] {
        let told = fault(seal(&what).as_bytes(), None, None).unwrap();
        assert!(told.starts_with(said), "{told}");
    }
}

#[test]
fn keys_that_are_missing_wrong_or_too_many_are_told_apart() {
    let (keyed, _) = record(key(7));
    let (plain, _) = record(None);
    let told = verify(&keyed[..], None, None).unwrap_err();
    assert!(told.contains("--record-key"), "{told}");
    let told = fault(&keyed, key(8), None).unwrap();
    assert!(told.contains("or the key is another"), "{told}");
    assert!(fault(&plain, key(7), None).is_some());
    assert!(Key::new(vec![0; 15]).is_err());
}

#[test]
fn what_is_no_record_is_said_to_be_none() {
    for (bytes, said) in [
        (&b""[..], "empty"),
        (b"\n", "no record"),
        (b"{}\n", "no record"),
        (b"\xff\xfe", "no record"),
        (
            b"{\"format\":\"frosted-record\",\"format_version\":2}\n",
            "format 2",
        ),
    ] {
        let told = verify(bytes, None, None).unwrap_err();
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn a_full_disk_ends_the_record_is_said_once_and_holds_nothing_up() {
    let (whole, _) = record(None);
    let disk = Disk::new(whole.len() * 2 / 3);
    let mut recorder = recorder(&disk, None);
    let mut told = None;
    for _ in 0..1000 {
        feed(&mut recorder);
        recorder.frame(Duration::from_secs(5), State::Live, None);
        told = recorder.trouble();
        if told.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let told = told.expect("the disk is full");
    assert!(
        told.contains("no space left") && told.contains("goes on"),
        "{told}"
    );
    assert_eq!(recorder.trouble(), None, "said once");
    let error = recorder.finish(End::Input).unwrap_err().to_string();
    assert!(
        error.contains("no space left") && error.contains("broken off"),
        "{error}"
    );
    let told = fault(&disk.bytes(), None, None).unwrap();
    assert!(told.contains("cut off"), "{told}");
}

#[test]
fn a_session_that_fails_ends_its_record_with_that() {
    let disk = Disk::new(usize::MAX);
    let mut recorder = recorder(&disk, None);
    feed(&mut recorder);
    drop(recorder);
    let finding: Finding = verify(&disk.bytes()[..], None, None).unwrap();
    assert_eq!(finding.fault, None);
    assert!(
        finding.text().ends_with("ended: an error"),
        "{}",
        finding.text()
    );
}

proptest! {
    #[test]
    fn any_byte_that_is_changed_is_found(at in any::<prop::sample::Index>(), by in 1u8.., keyed in any::<bool>()) {
        let key = if keyed { key(7) } else { None };
        let (mut bytes, _) = record(key.clone());
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let whole = verify(&bytes[..], key, None).is_ok_and(|finding| finding.fault.is_none());
        prop_assert!(!whole, "byte {at}");
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = verify(&bytes[..], None, None);
    }
}
