//! Where things are: one answer for the drawing, the mouse and the keys.

use ratatui::layout::Rect;

use crate::tui::model::{Model, PaneId, Tab};

/// What a terminal of this size has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Less than 20x4: nothing but one line.
    Tiny,
    /// Less than 60x12: the status lines, and one pane without a frame.
    Narrow,
    /// The status lines, a line of pages, one pane.
    One,
    /// From 120x35 on: the steps, and beside them one more pane.
    Two,
    /// From 180x50 on: everything at once.
    Three,
}

impl Form {
    /// The form for a size.
    pub fn of(columns: u16, rows: u16) -> Self {
        match (columns, rows) {
            (0..20, _) | (_, 0..4) => Self::Tiny,
            (0..60, _) | (_, 0..12) => Self::Narrow,
            (180.., 50..) => Self::Three,
            (120.., 35..) => Self::Two,
            _ => Self::One,
        }
    }
}

/// Where things are. What is not there is an empty rectangle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Areas {
    /// The whole screen.
    pub screen: Rect,
    /// What there is room for.
    pub form: Form,
    /// Host, versions, link, time.
    pub header: Rect,
    /// The agent in one line.
    pub agent: Rect,
    /// The run, or what comes next, in one line.
    pub run: Rect,
    /// The names of the pages.
    pub tabs: Rect,
    /// Everything about the agent.
    pub card: Rect,
    /// The panes that are shown, with their frames, in the order in which keys go through them.
    pub panes: Vec<(PaneId, Rect)>,
    /// The newest alerts, a line each.
    pub alerts: Rect,
    /// What can be asked of the service; where it is empty, the footer has the buttons.
    pub buttons: Rect,
    /// Keys; the line that is typed; short messages.
    pub footer: Rect,
}

impl Areas {
    /// A screen with nothing on it.
    fn none(screen: Rect, form: Form) -> Self {
        let none = Rect::new(screen.x, screen.y, 0, 0);
        Self {
            screen,
            form,
            header: none,
            agent: none,
            run: none,
            tabs: none,
            card: none,
            panes: Vec::new(),
            alerts: none,
            buttons: none,
            footer: none,
        }
    }

    /// What is inside a pane's frame.
    pub fn inside(&self, pane: Rect) -> Rect {
        let side = u16::from(self.form > Form::Narrow);
        Rect {
            x: pane.x + side.min(pane.width),
            y: pane.y + 1.min(pane.height),
            width: pane.width.saturating_sub(2 * side),
            height: pane.height.saturating_sub(1 + side),
        }
    }

    /// Rows of text that a pane has inside its frame; 0: it is not on the screen.
    pub fn height(&self, pane: PaneId) -> u16 {
        let shown = self.panes.iter().find(|(id, _)| *id == pane);
        shown.map_or(0, |(_, area)| self.inside(*area).height)
    }

    /// The pane that keys go to: the one in focus, or the first if that one is not shown.
    pub fn focus(&self, model: &Model) -> Option<PaneId> {
        let shown = |wanted: PaneId| self.panes.iter().any(|(id, _)| *id == wanted);
        match shown(model.focus) {
            true => Some(model.focus),
            false => self.panes.first().map(|(id, _)| *id),
        }
    }
}

/// Rows of an area, taken from the top or the bottom.
struct Rest(Rect);

impl Rest {
    fn top(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.0.height);
        let taken = Rect { height: rows, ..self.0 };
        self.0.y += rows;
        self.0.height -= rows;
        taken
    }

    fn bottom(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.0.height);
        self.0.height -= rows;
        Rect { y: self.0.bottom(), height: rows, ..self.0 }
    }

    fn left(&mut self, columns: u16) -> Rect {
        let columns = columns.min(self.0.width);
        let taken = Rect { width: columns, ..self.0 };
        self.0.x += columns;
        self.0.width -= columns;
        taken
    }
}

/// Rows of the agent's card, with its frame.
const CARD: u16 = 9;

/// Where things are for the model's size.
pub fn areas(model: &Model) -> Areas {
    within(model, Rect::new(0, 0, model.size.0, model.size.1))
}

/// Where things are on a screen.
pub fn within(model: &Model, screen: Rect) -> Areas {
    let whole = whole(model, screen);
    if !model.zoom || whole.form == Form::Tiny {
        return whole;
    }
    let mut areas = Areas::none(screen, whole.form);
    let mut rest = Rest(screen);
    areas.header = rest.top(1);
    areas.footer = rest.bottom(1);
    // What is large is what has the focus, if it is on the page at all.
    let is_shown = whole.panes.iter().any(|(id, _)| *id == model.focus);
    areas.panes.push((if is_shown { model.focus } else { chosen(model) }, rest.0));
    areas
}

/// The same, were it not for the zoom.
fn whole(model: &Model, screen: Rect) -> Areas {
    let form = Form::of(screen.width, screen.height);
    let mut areas = Areas::none(screen, form);
    if form == Form::Tiny {
        return areas;
    }
    let mut rest = Rest(screen);
    areas.header = rest.top(1);
    if form == Form::Three {
        areas.run = rest.top(1);
        three(model, &mut areas, rest);
        return areas;
    }
    areas.agent = rest.top(1);
    areas.run = rest.top(1);
    if form > Form::Narrow {
        areas.tabs = rest.top(1);
    }
    if screen.height >= 8 || model.entry.is_some() {
        areas.footer = rest.bottom(1);
    }
    if form == Form::Two {
        let left = rest.left((screen.width * 2 / 5).clamp(50, 72));
        areas.panes.push((PaneId::Pipeline, left));
    }
    let pane = if form == Form::Two { beside(model) } else { chosen(model) };
    areas.panes.push((pane, rest.0));
    areas
}

fn three(model: &Model, areas: &mut Areas, mut rest: Rest) {
    areas.footer = rest.bottom(1);
    areas.buttons = rest.bottom(1);
    let alerts = super::alerts::count(model).min(3);
    areas.alerts = rest.bottom(u16::try_from(alerts).unwrap_or(0));
    let mut left = Rest(rest.left((areas.screen.width * 36 / 100).min(90)));
    areas.card = left.top(CARD);
    let pipeline = left.top((left.0.height * 11 / 20).max(20));
    // There is nothing to see of a build that never was.
    let build = match model.runs() || model.build.place().rows > 0 {
        true => rest.0.height.div_ceil(2),
        false => 5,
    };
    let build = rest.top(build);
    let below = if model.tab == Tab::Diagnostics { PaneId::Diagnostics } else { model.shown_log };
    areas.panes = vec![
        (PaneId::Pipeline, pipeline),
        (PaneId::Build, build),
        (below, rest.0),
        (PaneId::History, left.0),
    ];
}

/// The pane of the page that is shown.
fn chosen(model: &Model) -> PaneId {
    match model.tab {
        Tab::Overview => PaneId::Pipeline,
        Tab::Build => PaneId::Build,
        Tab::Logs => model.shown_log,
        Tab::History => PaneId::History,
        Tab::Diagnostics => PaneId::Diagnostics,
    }
}

/// The pane beside the steps: on the first page what is going on, or the log.
fn beside(model: &Model) -> PaneId {
    match model.tab {
        Tab::Overview if model.runs() => PaneId::Build,
        Tab::Overview => model.shown_log,
        _ => chosen(model),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::caps::Caps;

    fn model(size: (u16, u16)) -> Model {
        Model::new(Caps::default(), size, crate::model::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn each_size_has_its_form() {
        for (size, form) in [
            ((19, 50), Form::Tiny),
            ((80, 3), Form::Tiny),
            ((20, 4), Form::Narrow),
            ((59, 40), Form::Narrow),
            ((80, 11), Form::Narrow),
            ((60, 12), Form::One),
            ((80, 24), Form::One),
            ((119, 50), Form::One),
            ((200, 30), Form::One),
            ((120, 35), Form::Two),
            ((179, 60), Form::Two),
            ((180, 50), Form::Three),
        ] {
            assert_eq!(areas(&model(size)).form, form, "{size:?}");
        }
    }

    #[test]
    fn nothing_lies_on_anything_else_and_all_of_it_on_the_screen() {
        for size in [(20, 4), (40, 12), (80, 24), (120, 35), (150, 49), (180, 50), (250, 100)] {
            for zoom in [false, true] {
                let mut model = model(size);
                model.zoom = zoom;
                let areas = areas(&model);
                let mut all: Vec<Rect> = areas.panes.iter().map(|(_, area)| *area).collect();
                all.extend([areas.header, areas.agent, areas.run, areas.tabs, areas.card]);
                all.extend([areas.alerts, areas.buttons, areas.footer]);
                all.retain(|area| !area.is_empty());
                for (at, area) in all.iter().enumerate() {
                    assert_eq!(area.intersection(areas.screen), *area, "{size:?}");
                    assert!(all[at + 1..].iter().all(|other| !area.intersects(*other)), "{size:?}: {all:?}");
                }
                let covered: u32 = all.iter().map(|area| area.area()).sum();
                assert_eq!(covered, areas.screen.area(), "no row is wasted at {size:?}");
            }
        }
    }

    #[test]
    fn the_focus_is_always_on_a_pane_that_is_seen() {
        for focus in [PaneId::Pipeline, PaneId::Build, PaneId::Agent, PaneId::History, PaneId::Diagnostics] {
            for size in [(40, 12), (80, 24), (120, 40), (200, 60)] {
                for zoom in [false, true] {
                    let mut model = model(size);
                    (model.focus, model.zoom) = (focus, zoom);
                    let areas = areas(&model);
                    let on = areas.focus(&model).expect("a pane");
                    assert!(areas.panes.iter().any(|(id, _)| *id == on));
                }
            }
        }
    }
}
