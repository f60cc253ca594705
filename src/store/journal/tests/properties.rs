use super::*;
use proptest::prelude::*;

/// What a test does to a journal.
#[derive(Debug, Clone)]
enum Deed {
    Append(Record),
    Reopen,
    TearTail(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let record = prop_oneof![
        3 => (0..12_usize).prop_map(|step| enter(StepId::ALL[step])),
        1 => "[a-z]{1,3}".prop_map(|id| begin(&id)),
        1 => "[a-z]{1,3}".prop_map(|id| end(&id)),
        1 => (".*", 0..9_u64).prop_map(|(error, survived_ms)| Record::Turn {
            error,
            class: Class::Unhealthy,
            step: StepId::Verify,
            survived_ms
        }),
    ];
    prop_oneof![
        4 => record.prop_map(Deed::Append),
        1 => Just(Deed::Reopen),
        1 => (1..60_usize).prop_map(Deed::TearTail),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is appended, torn and reopened: what is open is what a list in memory says.
    #[test]
    fn it_behaves_like_a_list(deeds in prop::collection::vec(deed(), 1..24)) {
        let place = Place::new();
        let mut journal = place.journal();
        let mut list: Vec<Record> = Vec::new();
        for deed in deeds {
            match deed {
                Deed::Append(record) => {
                    let over = list.last().is_none_or(|last| matches!(last, Record::End { .. }));
                    if over && matches!(record, Record::Begin { .. }) {
                        list.clear();
                    }
                    journal.append(&record).expect("append");
                    list.push(record);
                }
                Deed::Reopen => journal = place.journal(),
                Deed::TearTail(length) if !list.is_empty() => {
                    // A write that was under way when the power was cut.
                    let line = line::encode(list.len() as u64 + 1, &enter(StepId::Stop)).expect("encode");
                    let mut bytes = place.content();
                    bytes.extend(&line[..length.min(line.len() - 1)]);
                    std::fs::write(place.path(), &bytes).expect("write");
                    journal = place.journal();
                }
                Deed::TearTail(_) => {}
            }
            prop_assert_eq!(place.open().records, contents::open_run(list.clone()));
            prop_assert_eq!(place.journal().last_end().expect("end"), contents::last_end(&list).cloned());
        }
    }

    /// Foreign bytes are no records, and no reason to fall over.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let found = contents::parse(&bytes).expect("nobody guesses a checksum");
        prop_assert!(found.records.is_empty());
    }
}
