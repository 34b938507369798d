//! The plot of throughput and p99 by the number of clients.
//!
//! Two panels stand one below the other, in letters that are readable where the plot is 360 px wide.

use std::error::Error;
use std::path::Path;

use color_eyre::eyre::{Result, eyre};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use super::plan::Plan;
use super::results::{Key, Results};
use super::section::Section::ConnectionsScaling;
use super::section::{Figure, Section};
use super::server::Server;
use super::table::number;

const SECTION: Section = ConnectionsScaling;

const WIDTH: u32 = 560;
const LEGEND_HEIGHT: u32 = 100;
const PANEL_HEIGHT: u32 = 330;

/// At a width of 360 px, 19 units are 12 px.
const TITLE_FONT: (&str, u32) = ("sans-serif", 22);
const LABEL_FONT: (&str, u32) = ("sans-serif", 19);

/// Left edge of the panels' axes and of the legend.
const LEFT: i32 = 80;

type Point = (f64, f64);

/// A server's points, ordered by the number of clients.
type Series = (Server, Vec<Point>);

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the plot, and returns false if its section was not measured.
pub(super) fn draw(results: &Results, plan: &Plan, path: &Path) -> Result<bool> {
    let rates = series(results, plan, Figure::Rate, 1.0);
    let latencies = series(results, plan, Figure::P99, 1e-3);
    if rates.is_empty() {
        return Ok(false);
    }
    // The errors of plotters contain values that can't be sent to another thread.
    draw_panels(&rates, &latencies, plan, path).map_err(|error| eyre!("{error}"))?;
    Ok(true)
}

/// Returns the median of a figure, times `scale`, for each server and number of clients.
fn series(results: &Results, plan: &Plan, figure: Figure, scale: f64) -> Vec<Series> {
    let points = |server| {
        let point = |&clients: &usize| {
            let summary = results.summary(Key { section: SECTION, clients, server, figure })?;
            Some((f64::from(u32::try_from(clients).ok()?), summary.median * scale))
        };
        plan.section(SECTION).clients.iter().filter_map(point).collect::<Vec<_>>()
    };
    let servers = SECTION.servers().iter();
    servers.map(|&server| (server, points(server))).filter(|(_, points)| !points.is_empty()).collect()
}

fn draw_panels(
    rates: &[Series],
    latencies: &[Series],
    plan: &Plan,
    path: &Path,
) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, (WIDTH, LEGEND_HEIGHT + 2 * PANEL_HEIGHT)).into_drawing_area();
    root.fill(&WHITE)?;
    let (legend, panels) = root.split_vertically(LEGEND_HEIGHT);
    let (upper, lower) = panels.split_vertically(PANEL_HEIGHT);
    draw_legend(&legend, rates)?;

    let max_clients = plan.section(SECTION).clients.iter().copied().max().unwrap_or(2);
    let clients = 1.0..f64::from(u32::try_from(max_clients)?);
    let max_rate = values(rates).fold(0.0, f64::max);
    draw_panel(&upper, "Connections per second", rates, clients.clone(), 0.0..max_rate * 1.1)?;
    let decades = decades(latencies);
    draw_panel(&lower, "p99 latency in ms (log scale)", latencies, clients, decades.log_scale())?;
    root.present()?;
    Ok(())
}

/// Draws the plot's title, and the names of the servers in two columns.
fn draw_legend(area: &Canvas<'_>, series: &[Series]) -> Result<(), Box<dyn Error>> {
    const COLUMN_WIDTH: i32 = 230;
    const ROW_HEIGHT: i32 = 26;
    const FIRST_ROW: i32 = 58;
    area.draw(&Text::new("One message per connection", (LEFT, 14), TITLE_FONT))?;
    for (row, pair) in (0..).zip(series.chunks(2)) {
        for (column, &(server, _)) in (0..).zip(pair) {
            let (x, y) = (LEFT + column * COLUMN_WIDTH, FIRST_ROW + row * ROW_HEIGHT);
            let style = colour(server).stroke_width(3);
            area.draw(&PathElement::new([(x, y), (x + 36, y)], style))?;
            area.draw(&(EmptyElement::at((x + 18, y)) + marker(server)))?;
            area.draw(&Text::new(server.name(), (x + 46, y - 9), LABEL_FONT))?;
        }
    }
    Ok(())
}

fn draw_panel<Y>(
    area: &Canvas<'_>,
    title: &str,
    series: &[Series],
    clients: std::ops::Range<f64>,
    values: Y,
) -> Result<(), Box<dyn Error>>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
{
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(28)
        .caption(title, TITLE_FONT)
        .x_label_area_size(58)
        .y_label_area_size(LEFT - 8)
        .build_cartesian_2d(clients.log_scale(), values)?;
    chart
        .configure_mesh()
        .x_desc("clients (log scale)")
        .x_labels(4)
        .x_label_formatter(&|&clients| number(clients))
        .y_labels(5)
        .y_label_formatter(&|&value| number(value))
        .label_style(LABEL_FONT)
        .light_line_style(TRANSPARENT)
        .draw()?;
    // The first server is drawn last, above the others.
    for (server, points) in series.iter().rev() {
        let style = colour(*server).stroke_width(3);
        chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
        chart.draw_series(points.iter().map(|&point| EmptyElement::at(point) + marker(*server)))?;
    }
    Ok(())
}

fn values(series: &[Series]) -> impl Iterator<Item = f64> {
    series.iter().flat_map(|(_, points)| points).map(|&(_, value)| value)
}

/// Returns the powers of ten that enclose all values.
fn decades(series: &[Series]) -> std::ops::Range<f64> {
    let min = values(series).fold(f64::MAX, f64::min).log10().floor();
    let max = values(series).fold(f64::MIN, f64::max).log10().ceil();
    10_f64.powf(min)..10_f64.powf(max.max(min + 1.0))
}

/// Returns the colour of a server, from Okabe and Ito's palette for all kinds of colour vision.
const fn colour(server: Server) -> RGBColor {
    match server {
        Server::Epoll => RGBColor(0, 0, 0),
        Server::Tutorial => RGBColor(213, 94, 0),
        Server::Threads => RGBColor(0, 158, 115),
        _ => RGBColor(0, 114, 178),
    }
}

/// Returns the mark of a server's points, so that lines also differ without colour.
fn marker(server: Server) -> Polygon<(i32, i32)> {
    let corners: &[(i32, i32)] = match server {
        Server::Epoll => &[(-6, -6), (6, -6), (6, 6), (-6, 6)],
        Server::Tutorial => &[(0, -8), (8, 6), (-8, 6)],
        Server::Threads => &[(0, -9), (9, 0), (0, 9), (-9, 0)],
        _ => &[(-3, -7), (3, -7), (7, -3), (7, 3), (3, 7), (-3, 7), (-7, 3), (-7, -3)],
    };
    Polygon::new(corners, colour(server).filled())
}
