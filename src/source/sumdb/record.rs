//! What a lookup answers: a record, its number, and a signed head of a log that holds it.

use super::tree::is_number;

/// A lookup's answer, taken apart; nothing of it is checked yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    /// The record's place in the log.
    pub(super) number: u64,
    /// The record: lines, the last one's end included.
    pub(super) record: &'a str,
    /// The signed head.
    pub(super) note: &'a str,
}

impl<'a> Answer<'a> {
    /// Takes an answer apart.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (number, rest) = text.split_once('\n')?;
        let number = number.parse().ok().filter(|_| is_number(number))?;
        let end = rest.find("\n\n")? + 1;
        let (record, note) = (&rest[..end], &rest[end + 1..]);
        (!record.starts_with('\n')).then_some(Self { number, record, note })
    }

    /// The hash that the record gives for the content of `module` at `version`. The record must speak of
    /// nothing else: a log holds true records of other modules, too.
    pub(super) fn sum(&self, module: &str, version: &str) -> Option<&'a str> {
        let mut found = None;
        for line in self.record.lines() {
            let [path, of, sum] = line.split(' ').collect::<Vec<_>>()[..] else { return None };
            if path != module || !sum.starts_with("h1:") {
                return None;
            }
            match of.strip_prefix(version) {
                Some("") if found.is_none() => found = Some(sum),
                Some("/go.mod") => {}
                _ => return None,
            }
        }
        found
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_are_taken_apart() {
        let text = "7\nm v1.0.0 h1:a=\nm v1.0.0/go.mod h1:b=\n\nhead\n\nsigned\n";
        let answer = Answer::parse(text).unwrap();
        assert_eq!((answer.number, answer.note), (7, "head\n\nsigned\n"));
        assert_eq!(answer.sum("m", "v1.0.0"), Some("h1:a="));
        for (module, version) in [("m", "v1.0.1"), ("n", "v1.0.0"), ("m", "v1.0.0/go.mod"), ("m", "v1.0")] {
            assert_eq!(answer.sum(module, version), None, "{module} {version}");
        }
        for bad in ["", "7\n", "7\n\n\nhead", "x\na\n\nb", "07\na\n\nb", "-7\na\n\nb", "7\nrecord\nno end"] {
            assert_eq!(Answer::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_record_that_speaks_of_more_says_nothing() {
        for record in [
            "m v1.0.0/go.mod h1:b=\n",
            "m v1.0.0 h1:a=\nm v1.0.0 h1:c=\n",
            "n v1.0.0 h1:a=\nm v1.0.0 h1:c=\n",
            "m v1.0.0 h1:c= x\n",
            "m  v1.0.0 h1:c=\n",
            "m v1.0.0 h2:c=\n",
        ] {
            assert_eq!(Answer { number: 0, record, note: "" }.sum("m", "v1.0.0"), None, "{record:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9a-z:/= \n]{0,60}|\\PC{0,30}") {
            if let Some(answer) = Answer::parse(&text) {
                let _ = answer.sum("m", "v1.0.0");
            }
        }
    }
}
