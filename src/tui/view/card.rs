//! Everything about the agent, where there is room for it.

use ratatui::layout::Rect;

use super::layout::Areas;
use super::pen::{Pen, Piece, piece};
use super::{status, times};
use crate::model::status::AgentLife;
use crate::render::words;
use crate::tui::model::Model;

const LABEL: usize = 10;

/// Draws the card.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.card;
    if area.height < 2 {
        return;
    }
    let theme = pen.theme;
    let inside = pen.frame(area, theme.border);
    let service = model.view.as_ref().map_or("", |view| view.status.agent.service.as_str());
    let mut title = vec![piece(" Agent ", theme.strong)];
    if !service.is_empty() {
        title.push(piece(format!("{service} "), theme.faint));
    }
    pen.pieces(Rect { width: area.width - 2, ..area }, area.x + 1, area.y, &title);
    for ((name, pieces), y) in lines(model, pen).into_iter().zip(inside.top()..inside.bottom()) {
        let x = pen.put(inside, inside.x, y, &format!(" {name:<LABEL$}"), theme.faint);
        pen.pieces(inside, x, y, &pieces);
    }
}

fn lines<'a>(model: &'a Model, pen: &Pen<'_>) -> Vec<(&'static str, Vec<Piece<'a>>)> {
    let theme = pen.theme;
    let Some(view) = &model.view else {
        return vec![("state", vec![piece("not known yet", theme.faint)])];
    };
    let (agent, latest) = (&view.status.agent, &view.status.latest);
    let mut state = status::life(&view.status, pen);
    if let Some(pid) = agent.pid {
        state.push(piece(format!("  pid {pid}"), theme.plain));
    }
    if let Some(since) = agent.since.filter(|_| agent.state != AgentLife::Absent) {
        let word = if agent.state == AgentLife::Running { "up" } else { "for" };
        state.push(piece(format!("  {word} {}", times::lasting(since, model.now)), theme.plain));
    }
    match agent.restarts {
        0 => {}
        times => state.push(piece(format!("  {}", words::count(times as usize, "restart")), theme.warn)),
    }
    let mut version = status::versions(&view.status, pen);
    if !latest.update_available && latest.version.is_some() && latest.error.is_none() {
        version.push(piece("  nothing to update", theme.faint));
    }
    let (text, style) = status::checked(model, &view.status, pen);
    let mut checked = vec![piece(text, style)];
    if let Some(at) = view.status.updater.next_check_at {
        checked.push(piece(format!(", next {}", times::at(model, at)), theme.faint));
    }
    let mut lines = vec![
        ("state", state),
        ("version", version),
        ("newest", checked),
        ("binary", vec![piece(agent.binary.display().to_string(), theme.plain)]),
    ];
    if let Some(sum) = &agent.sha256 {
        lines.push(("sha256", vec![piece(sum.as_str(), theme.faint)]));
    }
    if let Some(welcome) = model.welcome.as_ref().filter(|welcome| !welcome.module.is_empty()) {
        lines.push(("module", vec![piece(welcome.module.as_str(), theme.plain)]));
    }
    let manager = match view.status.updater.manager.as_str() {
        "" => return lines,
        "process" => "none: the updater runs the agent itself",
        manager => manager,
    };
    lines.push(("services", vec![piece(manager, theme.plain)]));
    lines
}
