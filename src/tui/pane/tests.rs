use super::*;

fn row(text: &str) -> Row {
    Row { at: None, level: None, text: text.to_owned() }
}

fn pane(height: u16, lines: usize) -> Pane {
    let mut pane = Pane { height, ..Pane::default() };
    (0..lines).for_each(|line| pane.push(row(&format!("line {line}"))));
    pane
}

fn lowest(pane: &Pane) -> Option<u64> {
    pane.upwards().next().map(|shown| shown.number)
}

fn screen(pane: &Pane) -> Vec<u64> {
    pane.upwards().take(usize::from(pane.height)).map(|shown| shown.number).collect()
}

#[test]
fn scrolling_up_stops_following_and_the_end_resumes_it() {
    let mut pane = pane(10, 100);
    assert!(pane.follows());
    pane.scroll(-3);
    assert!(!pane.follows());
    let seen = screen(&pane);
    assert_eq!(seen[0], 96);
    (0..50).for_each(|_| pane.push(row("new")));
    assert_eq!(screen(&pane), seen, "what one reads stays where it is");
    pane.scroll(1_000);
    assert!(pane.follows());
    pane.push(row("last"));
    assert_eq!(lowest(&pane), Some(150));
}

#[test]
fn what_fits_cannot_be_scrolled() {
    let mut pane = pane(10, 5);
    pane.scroll(-2);
    assert!(pane.follows());
    assert_eq!(screen(&pane).len(), 5);
    pane.stay();
    assert!(!pane.follows());
    pane.push(row("new"));
    assert_eq!(pane.place().rows, 6);
}

#[test]
fn the_first_row_fills_the_pane_from_its_top() {
    let mut pane = pane(10, 100);
    pane.home();
    assert_eq!(screen(&pane), (0..10).rev().collect::<Vec<_>>());
    assert_eq!(pane.place().percent, 10);
    pane.wraps = true;
    pane.home();
    assert_eq!(lowest(&pane), Some(0));
    assert_eq!(pane.below().next().map(|shown| shown.number), Some(1));
}

#[test]
fn numbers_stay_when_old_rows_go() {
    let mut pane = pane(10, LINES);
    pane.home();
    pane.scroll(100);
    let before = screen(&pane);
    (0..50).for_each(|_| pane.push(row("x")));
    assert_eq!(screen(&pane), before);
    (0..500).for_each(|_| pane.push(row("x")));
    assert_eq!(screen(&pane), (550..560).rev().collect::<Vec<_>>(), "the oldest that are left");
    assert_eq!(pane.place().rows, LINES);
}

#[test]
fn bytes_are_bounded_too() {
    let mut pane = Pane::default();
    (0..3_000).for_each(|_| pane.push(row(&"x".repeat(4_096))));
    assert!(pane.bytes <= BYTES && pane.rows.len() < 300, "{} in {}", pane.bytes, pane.rows.len());
    assert_eq!(pane.bytes, pane.rows.iter().map(Row::weight).sum::<usize>());
}

#[test]
fn a_search_begins_on_the_screen_and_goes_round() {
    let mut pane = pane(10, 100);
    pane.begin();
    pane.search("line 3");
    // 3 and 30 to 39; none on the screen, so the last one above it.
    assert_eq!(pane.place().found, Some((11, 11)));
    assert!(!pane.follows());
    assert!(screen(&pane).contains(&39));
    pane.settle();
    assert!(pane.next_match(true));
    assert_eq!(pane.place().found, Some((1, 11)));
    assert!(pane.next_match(false));
    assert_eq!(pane.place().found, Some((11, 11)));
    pane.push(row("line 3 again"));
    assert_eq!(pane.place().found, Some((11, 12)), "new rows count at once");
    let shown = pane.upwards().find(|shown| shown.number == 39);
    assert_eq!(shown.and_then(|shown| shown.found), Some((0, 6, true)));
    pane.search("nowhere");
    assert_eq!((pane.place().found, pane.next_match(true)), (Some((0, 0)), false));
    pane.search("");
    assert_eq!(pane.place().found, None);
}

#[test]
fn a_search_that_is_given_up_leaves_no_trace() {
    let mut pane = pane(10, 100);
    pane.begin();
    for typed in ["l", "li", "line 1", "line 17"] {
        pane.search(typed);
    }
    assert!(screen(&pane).contains(&17));
    pane.give_up();
    assert!(pane.follows());
    assert_eq!((pane.place().found, pane.wanted()), (None, ("", "")));
    pane.begin();
    pane.filter("line 5");
    pane.give_up();
    assert_eq!((pane.place().rows, pane.wanted()), (100, ("", "")));
}

#[test]
fn a_filter_leaves_the_numbers_and_new_rows_pass_it_or_not() {
    let mut pane = pane(10, 100);
    pane.filter("line 7");
    assert_eq!(pane.place().rows, 11);
    assert_eq!(screen(&pane), (70..80).rev().collect::<Vec<_>>());
    pane.push(row("other"));
    pane.push(row("a line 7"));
    assert_eq!((pane.place().rows, lowest(&pane)), (12, Some(101)));
    pane.filter("!LINE");
    assert_eq!(pane.place().rows, 102);
    pane.filter("!line");
    assert_eq!(pane.passing().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["other"]);
    pane.search("line");
    assert_eq!(pane.place().found, Some((0, 0)), "only what is shown is found");
    pane.filter("");
    assert_eq!(pane.place().found, Some((0, 101)));
}

#[test]
fn lost_rows_leave_the_lists_too() {
    let mut pane = pane(10, LINES);
    pane.filter("line 1");
    pane.search("line 1");
    pane.mark();
    let count = pane.place().rows;
    assert_eq!(pane.place().found.map(|found| found.1), Some(count));
    (0..20).for_each(|_| pane.push(row("x")));
    // 1 and 10 to 19 are gone.
    assert_eq!(pane.place().rows, count - 11);
    assert_eq!(pane.place().found.map(|found| found.1), Some(count - 11));
    (0..LINES).for_each(|_| pane.push(row("x")));
    assert_eq!((pane.place().rows, pane.marks.len(), pane.current), (0, 0, None));
    assert_eq!(pane.upwards().count(), 0);
}

#[test]
fn selected_rows_are_those_between_the_ends() {
    let mut pane = pane(10, 100);
    pane.select();
    assert!(pane.selecting());
    pane.extend(-12);
    let texts: Vec<_> = pane.selected().iter().map(|row| row.text.clone()).collect();
    assert_eq!((texts.len(), texts[0].as_str(), texts[12].as_str()), (13, "line 87", "line 99"));
    assert_eq!(screen(&pane).last(), Some(&87), "the end that moves stays on the screen");
    pane.extend(500);
    assert_eq!(pane.selected().len(), 1);
    pane.end_selection();
    assert_eq!((pane.selecting(), pane.selected().len()), (false, 0));
}

#[test]
fn the_current_row_is_the_match_on_the_screen_or_the_lowest() {
    let mut pane = pane(10, 100);
    assert_eq!(pane.current().map(|row| row.text.as_str()), Some("line 99"));
    pane.search("line 95");
    assert_eq!(pane.current().map(|row| row.text.as_str()), Some("line 95"));
    assert!(pane.mark());
    assert!(pane.upwards().any(|shown| shown.number == 95 && shown.marked));
    assert!(!pane.mark());
    pane.home();
    assert_eq!(pane.current().map(|row| row.text.as_str()), Some("line 9"));
}

#[test]
fn the_end_of_a_log_is_joined_without_doubles() {
    let texts = |pane: &Pane| pane.passing().map(|row| row.text.clone()).collect::<Vec<_>>().join(" ");
    for (there, told, expected) in [
        ("", "a b", "a b"),
        ("a b c", "b c d", "a b c d"),
        ("a b c", "a b c", "a b c"),
        ("b c", "a b c d", "a b c d"),
        ("a a", "a a a", "a a a"),
        ("a b", "x y", "x y"),
        ("a b", "", ""),
    ] {
        let rows = |text: &str| text.split_terminator(' ').map(row).collect::<Vec<_>>();
        let mut pane = Pane::default();
        rows(there).into_iter().for_each(|row| pane.push(row));
        pane.join(rows(told), None);
        assert_eq!(texts(&pane), expected, "{there} + {told}");
    }
}

#[test]
fn no_lines_are_no_trouble() {
    let mut pane = Pane::default();
    pane.scroll(-1);
    pane.home();
    pane.stay();
    pane.search("x");
    pane.select();
    pane.extend(-1);
    pane.mark();
    pane.next_match(true);
    assert_eq!(pane.place(), Place { percent: 100, rows: 0, found: Some((0, 0)) });
}
