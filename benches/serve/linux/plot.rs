//! Throughput and p99 over the number of clients.

use std::error::Error;
use std::path::Path;

use color_eyre::eyre::{Result, eyre};
use plotters::prelude::*;

use super::pace::Pace;
use super::results::Figure::{self, P99, Rate};
use super::results::{Key, Results};
use super::section::Section::{self, MessagesGrowth, TripsGrowth};
use super::server::Server;
use super::table::number;

/// In pixels: two panels beside each other are still read on the page of a repository, which is some 900 wide.
const SIZE: (u32, u32) = (1000, 760);

/// What all but the titles is written in.
const LABEL: (&str, u32) = ("sans-serif", 15);

/// How much of a decade is left free above the highest point, for the legend: about its height in most panels.
const LEGEND: f64 = 0.5;

/// The panels, row by row.
const PANELS: [(&str, Section, Figure); 4] = [
    ("One message a connection: connections/s", MessagesGrowth, Rate),
    ("Kept connections: round trips/s", TripsGrowth, Rate),
    ("One message a connection: p99, ms", MessagesGrowth, P99),
    ("Kept connections: p99, ms", TripsGrowth, P99),
];

type Point = (f64, f64);

/// A server's points, in the order of the numbers of clients.
type Line = (Server, Vec<Point>);

/// Draws what there is; false where there is nothing.
pub(super) fn draw(results: &Results, pace: &Pace, path: &Path) -> Result<bool> {
    let panels = PANELS.map(|(title, section, figure)| (title, lines(results, pace, section, figure)));
    if panels.iter().all(|(_, lines)| lines.is_empty()) {
        return Ok(false);
    }
    // The errors of plotters hold what can't be sent to another thread.
    draw_panels(&panels, pace, path).map_err(|error| eyre!("{error}"))?;
    Ok(true)
}

/// The servers that have points, each with them.
fn lines(results: &Results, pace: &Pace, section: Section, figure: Figure) -> Vec<Line> {
    let points = |server| {
        let point = |&clients: &usize| {
            let median = results.spread(Key { section, clients, server, figure })?.median;
            let value = if figure == P99 { median / 1000.0 } else { median };
            // There is no zero on a logarithmic scale.
            (value > 0.0).then_some((f64::from(u32::try_from(clients).ok()?), value))
        };
        pace.growth.iter().filter_map(point).collect::<Vec<_>>()
    };
    section
        .servers()
        .iter()
        .filter(|server| !server.is_baseline())
        .map(|&server| (server, points(server)))
        .filter(|(_, points)| !points.is_empty())
        .collect()
}

fn draw_panels(panels: &[(&str, Vec<Line>)], pace: &Pace, path: &Path) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let most = pace.growth.iter().copied().max().and_then(|clients| u32::try_from(clients).ok()).unwrap_or(2);
    for (area, (title, lines)) in root.split_evenly((2, 2)).iter().zip(panels) {
        if lines.is_empty() {
            continue;
        }
        let (lowest, highest) = decades(lines);
        let mut chart = ChartBuilder::on(area)
            .caption(title, ("sans-serif", 20))
            .margin(12)
            .margin_right(30)
            .x_label_area_size(44)
            .y_label_area_size(70)
            .build_cartesian_2d(
                (1.0..f64::from(most)).log_scale(),
                (10_f64.powi(lowest)..10_f64.powi(highest)).log_scale(),
            )?;
        chart
            .configure_mesh()
            .x_desc("clients")
            .x_label_formatter(&|&clients| number(clients))
            .y_label_formatter(&|&value| number(value))
            .y_labels(usize::try_from(highest - lowest)? + 1)
            .label_style(LABEL)
            .light_line_style(BLACK.mix(0.04))
            .draw()?;
        for (server, points) in lines {
            let colour = colour(*server);
            let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(3);
            chart
                .draw_series(line)?
                .label(server.name())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        }
        // What grows from the left leaves that corner free.
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .label_font(LABEL)
            .background_style(WHITE.mix(0.8))
            .draw()?;
    }
    root.present()?;
    Ok(())
}

/// The powers of ten between which all points lie.
fn decades(lines: &[Line]) -> (i32, i32) {
    let values = || lines.iter().flat_map(|(_, points)| points).map(|&(_, value)| value.log10());
    let (lowest, highest) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "no power of ten of a rate or a time is beyond an i32"
    )]
    let (lowest, highest) = (lowest.floor() as i32, (highest + LEGEND).ceil() as i32);
    (lowest, highest.max(lowest + 1))
}

/// Okabe and Ito's colours, which people who see few colours can tell apart too.
const fn colour(server: Server) -> RGBColor {
    match server {
        Server::Upcase | Server::UpcaseQuiet => RGBColor(0, 114, 178),
        Server::Baseline | Server::BaselineQuiet => RGBColor(86, 180, 233),
        Server::Epoll | Server::EpollLines => RGBColor(0, 0, 0),
        Server::Tutorial => RGBColor(213, 94, 0),
        Server::Threads => RGBColor(0, 158, 115),
        Server::Socat | Server::Ncat => RGBColor(204, 121, 167),
    }
}
