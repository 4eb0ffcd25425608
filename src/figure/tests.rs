//! What every figure must be, whatever it shows: sound, repeatable, honest about having no data.

use super::*;
use crate::analysis::chart::{Axis, Role, Scale, Shape};
use crate::domain::{AtomId, BondId, DirectedEdge, Matrix};
use crate::scene::{AtomMark, Background, ColorBar, ColorMap, ColorScale, Curve, LabelPiece, Rgb, Scene, Stroke};
use glam::Vec2;
use proptest::prelude::*;
use resvg::usvg;

mod layout;

fn bar() -> ColorBar {
    let scale = ColorScale { map: ColorMap::Cividis, low: 0.1, high: 10_000.0, log: true };
    ColorBar::new(scale, "MA ratio", Some(1000.0))
}

fn stroke(from: (f32, f32), to: (f32, f32), dashed: bool) -> Stroke {
    let edge = Some(DirectedEdge { source: AtomId(3), target: AtomId(7) });
    let color = Rgb::new(10, 200, 30);
    Stroke { from: from.into(), to: to.into(), width: 0.1, color, dashed, edge, bond: Some(BondId(0)) }
}

fn molecule() -> MoleculeFigure {
    let strokes = vec![stroke((0.0, 0.0), (0.5, 0.3), false), stroke((1.0, 0.6), (0.5, 0.3), true)];
    let halos = vec![Stroke { width: 0.6, edge: None, ..stroke((0.0, 0.0), (0.0, 0.0), false) }];
    let color = Rgb::new(0, 0, 255);
    let piece = |text: &str, x: f32| LabelPiece { text: text.into(), center: Vec2::new(x, 0.0), size: 0.5, color };
    let pieces = vec![piece("N", 0.0), piece("H", -0.4)];
    let atom = AtomMark { atom: AtomId(0), center: Vec2::ZERO, radius: 0.3, label: "HN".into(), pieces, color };
    let (label, pieces) = (String::new(), Vec::new());
    let bare = AtomMark { atom: AtomId(1), center: Vec2::new(1.0, 0.6), radius: 0.0, label, pieces, color };
    let table = Table { columns: vec!["edge".into()], rows: vec![vec!["3>7".into()]] };
    let scene = Scene { halos, strokes, atoms: vec![atom, bare], ..Scene::default() };
    MoleculeFigure { scene, bar: Some(bar()), table }
}

fn chart() -> Chart {
    let axis = |label: &str, scale, range| Axis { label: label.into(), scale, range };
    let series = |name: &str, role, shape| Series { name: name.into(), role, opacity: 0.5, shape };
    Chart {
        title: "Sorted maxima".into(),
        x: axis("rank", Scale::Linear, (0.0, 100.0)),
        y: axis("ratio", Scale::Log10, (0.0, 6.0)),
        series: vec![
            series("base", Role::Base, Shape::Band { low: 0.5, high: 2.0 }),
            series(
                "trained",
                Role::Trained,
                Shape::Line((0..=100).map(|i| [f64::from(i), f64::from(i) / 25.0]).collect()),
            ),
            series("", Role::Selected, Shape::Line(vec![[0.0, 1.0], [50.0, f64::NAN], [60.0, 2.0], [100.0, 1e300]])),
            series("bars", Role::Base, Shape::Bars { width: 10.0, bars: vec![[0.0, 1.0], [10.0, 2.0], [30.0, 1.0]] }),
            series("fit", Role::Fit, Shape::HLine(3.0)),
            series("", Role::Threshold, Shape::VLine(20.0)),
        ],
        notes: vec!["KS 0.031".into()],
        table: Table { columns: vec!["rank".into(), "ratio".into()], rows: vec![vec!["0".into(), "-1.5".into()]] },
    }
}

fn strip() -> HeatStrip {
    let values = (0..60).map(|index| 10_f32.powf(index as f32 / 15.0 - 1.0)).collect();
    let values = Matrix::new(5, 12, values).expect("5 by 12");
    HeatStrip { values, heads: 3, bar: bar() }
}

fn figure(content: Content) -> Figure {
    let provenance = vec![("probe".to_owned(), "gt, molecule 4".to_owned()), ("weights".to_owned(), "00ff".to_owned())];
    Figure::single(panel(content), provenance)
}

fn panel(content: Content) -> Panel {
    Panel { title: "Molecule 4".into(), caption: "prediction 1.23".into(), content }
}

fn all() -> [Figure; 3] {
    [Content::Molecule(molecule()), Content::Chart(chart()), Content::Activations(strip())].map(figure)
}

fn svg(content: Content) -> String {
    draw(&figure(content)).expect("drawn")
}

/// Every path, text and group of a tree.
fn nodes(group: &usvg::Group) -> Vec<usvg::Node> {
    let inner = group.children().iter().flat_map(|node| match node {
        usvg::Node::Group(group) => nodes(group),
        _ => vec![node.clone()],
    });
    inner.collect()
}

fn read(svg: &str) -> Vec<usvg::Node> {
    let tree = usvg::Tree::from_str(svg, &font::options()).expect("well-formed SVG");
    nodes(tree.root())
}

#[test]
fn two_exports_of_a_figure_are_the_same_bytes() {
    for figure in all() {
        for format in [Format::Svg, Format::Pdf, Format::Png { scale: 1.0 }, Format::Csv] {
            let (first, second) =
                (write(&figure, format).expect("written"), write(&figure.clone(), format).expect("written"));
            assert!(first == second, "{format:?}");
            assert!(!first.is_empty());
        }
    }
}

#[test]
fn a_molecule_has_its_strokes_colours_labels_and_metadata() {
    let svg = svg(Content::Molecule(molecule()));
    assert_eq!(svg.matches("data-edge=\"3&gt;7\"").count(), 2);
    assert_eq!(svg.matches("class=\"ablated\"").count(), 1);
    assert!(svg.contains("#0ac81e") && svg.contains("<b:entry key=\"weights\">00ff</b:entry>"));
    let nodes = read(&svg);
    let strokes = nodes.iter().filter(|node| match node {
        usvg::Node::Path(path) => {
            path.stroke().is_some_and(|stroke| *stroke.paint() == usvg::Paint::Color(usvg::Color::new_rgb(10, 200, 30)))
        }
        _ => false,
    });
    assert_eq!(strokes.count(), 2);
    let texts: Vec<String> = nodes
        .iter()
        .filter_map(|node| match node {
            usvg::Node::Text(text) => Some(text.chunks().iter().map(usvg::TextChunk::text).collect()),
            _ => None,
        })
        .collect();
    for expected in ["N", "H", "prediction 1.23", "MA ratio", "1000"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn arcs_are_paths_behind_the_bonds_and_the_bar_says_what_they_are() {
    let mut figure = molecule();
    let half = Curve {
        from: Vec2::ZERO,
        control: Vec2::new(0.5, 1.5),
        to: Vec2::new(1.0, 2.0),
        width: 0.04,
        color: Rgb::new(77, 1, 2),
        dashed: false,
        edge: DirectedEdge::new(3, 9),
    };
    let unsound = Curve { control: Vec2::splat(f32::NAN), color: Rgb::new(66, 66, 66), ..half };
    figure.scene.arcs = vec![half, unsound];
    figure.bar = figure.bar.map(|bar| bar.with_note("arcs: 2 of 9 absent bonds".to_owned()));
    let svg = svg(Content::Molecule(figure));
    let (arcs, bonds) =
        (svg.find("class=\"absent-bonds\"").expect("arcs"), svg.find("class=\"bonds\"").expect("bonds"));
    assert!(arcs < bonds && svg.matches("data-edge=\"3&gt;9\"").count() == 1 && !svg.contains("#424242"));
    assert!(svg.contains("arcs: 2 of 9 absent bonds</text>"));
    let curved = read(&svg).into_iter().any(|node| match node {
        usvg::Node::Path(path) => {
            path.data().segments().any(|segment| matches!(segment, usvg::tiny_skia_path::PathSegment::QuadTo(..)))
        }
        _ => false,
    });
    assert!(curved, "an arc is one curve");
}

#[test]
fn a_chart_has_the_colours_of_the_paper_a_legend_and_dashed_lines() {
    let svg = svg(Content::Chart(chart()));
    assert!(svg.contains("stroke=\"#512888\"") && svg.contains("fill=\"#eb6123\""));
    // Two reference lines, and the legend's entry for the named one.
    assert_eq!(svg.matches("class=\"reference\"").count(), 3);
    for text in ["base</text>", "trained</text>", "bars</text>", "KS 0.031</text>", "Molecule 4</text>"] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(!read(&svg).is_empty());
}

#[test]
fn a_long_line_is_thinned_and_keeps_its_ends() {
    let points: Vec<[f64; 2]> = (0..60_000).map(|rank| [f64::from(rank), f64::from(rank) / 1e4]).collect();
    let series = Series { name: String::new(), role: Role::Trained, opacity: 0.5, shape: Shape::Line(points) };
    let x = Axis { range: (0.0, 59_999.0), ..chart().x };
    let drawn = svg(Content::Chart(Chart { series: vec![series], x, ..chart() }));
    assert!(drawn.len() < 100_000, "{} bytes", drawn.len());
    let line = read(&drawn).into_iter().find_map(|node| match node {
        usvg::Node::Path(path) if path.data().len() > 100 => Some(path.data().bounds()),
        _ => None,
    });
    let axis = read(&drawn).iter().map(|node| node.bounding_box().right()).fold(0.0, f32::max);
    assert!(line.is_some_and(|line| line.width() > 0.7 * axis));
}

#[test]
fn a_single_point_is_a_dot() {
    let series =
        Series { name: String::new(), role: Role::Trained, opacity: 1.0, shape: Shape::Line(vec![[50.0, 3.0]]) };
    let picture = |series| {
        let figure = figure(Content::Chart(Chart { series, ..chart() }));
        let png = write(&figure, Format::Png { scale: 2.0 }).expect("drawn");
        image::load_from_memory(&png).expect("a sound PNG").to_rgb8()
    };
    let violet =
        |picture: &image::RgbImage| picture.pixels().filter(|pixel| pixel.0[2] > pixel.0[1].saturating_add(40)).count();
    assert!(violet(&picture(vec![series])) > 0);
    assert_eq!(violet(&picture(vec![])), 0);
}

#[test]
fn a_name_stands_in_the_legend_once() {
    let mut twice = chart();
    twice.series.extend(chart().series);
    assert_eq!(svg(Content::Chart(twice)).matches("trained</text>").count(), 1);
}

#[test]
fn a_picture_has_the_size_asked_for() {
    for figure in all() {
        let spec = FigureSpec::in_pixels(640.0, 400.0);
        let png = write(&Figure { spec, ..figure }, Format::Png { scale: 2.0 }).expect("drawn");
        let picture = image::load_from_memory(&png).expect("a sound PNG").to_rgb8();
        assert_eq!(picture.dimensions(), (1280, 800));
        assert!(picture.pixels().any(|pixel| pixel.0 != [255, 255, 255]));
    }
}

#[test]
fn a_pdf_has_one_page_embedded_text_and_no_date() {
    for figure in all() {
        let pdf = write(&figure, Format::Pdf).expect("written");
        assert!(pdf.starts_with(b"%PDF"));
        let has = |needle: &str| pdf.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(has("/Count 1") && has("Inter-Regular"));
        assert!(!has("Date"));
    }
}

#[test]
fn nothing_to_show_is_said_not_hidden() {
    let empty = MoleculeFigure { scene: Scene::default(), bar: None, ..molecule() };
    let series =
        Series { name: "none".into(), role: Role::Base, opacity: 1.0, shape: Shape::Line(vec![[f64::NAN, 1.0]]) };
    let blank = Chart { series: vec![series], ..chart() };
    let endless = Chart { x: Axis { range: (f64::NEG_INFINITY, 1.0), ..chart().x }, ..chart() };
    let missing = HeatStrip { values: Matrix::default(), heads: 0, ..strip() };
    let contents =
        [Content::Molecule(empty), Content::Chart(blank), Content::Chart(endless), Content::Activations(missing)];
    for content in contents {
        let figure = figure(content);
        assert!(draw(&figure).expect("drawn").contains("no data"));
        for format in [Format::Pdf, Format::Png { scale: 1.0 }, Format::Csv] {
            assert!(write(&figure, format).is_ok());
        }
    }
}

#[test]
fn dark_figures_have_dark_paper() {
    let spec = FigureSpec { background: Background::Dark, ..FigureSpec::default() };
    for figure in all() {
        let png = write(&Figure { spec: spec.clone(), ..figure }, Format::Png { scale: 1.0 }).expect("drawn");
        let picture = image::load_from_memory(&png).expect("a sound PNG").to_rgb8();
        let paper = Background::Dark.paper();
        assert_eq!(picture.get_pixel(0, 0).0, paper.0);
    }
}

#[test]
fn a_heat_strip_lists_its_numbers_by_head_and_channel() {
    let table = strip().table();
    assert_eq!(table.columns, ["layer", "head", "channel", "value"]);
    assert_eq!(table.rows.len(), 60);
    assert_eq!(table.rows[12 + 5][..3], ["1", "1", "1"]);
    assert_eq!(strip().color(9, 0, Background::Light), Background::Light.grey());
}

#[test]
fn absurd_coordinates_never_reach_the_file() {
    let mut figure = molecule();
    for bad in [f32::NAN, f32::INFINITY, f32::MAX, -1e20] {
        figure.scene.strokes.push(stroke((bad, 0.0), (1.0, 1.0), false));
        figure.scene.strokes.push(Stroke { width: bad, ..stroke((0.0, 0.0), (1.0, 1.0), false) });
        figure.scene.atoms.push(AtomMark {
            center: Vec2::new(0.0, bad),
            pieces: vec![],
            ..figure.scene.atoms[0].clone()
        });
        let piece = figure.scene.atoms[0].pieces[0].clone();
        figure.scene.atoms[1].pieces.push(LabelPiece { size: bad, ..piece.clone() });
        figure.scene.atoms[1].pieces.push(LabelPiece { center: Vec2::new(bad, 0.0), ..piece });
        figure.scene.atoms.push(AtomMark { radius: bad, pieces: vec![], ..figure.scene.atoms[0].clone() });
    }
    assert_eq!(svg(Content::Molecule(figure)), svg(Content::Molecule(molecule())));
}

/// Any number, with a taste for the awkward ones.
fn awkward() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0f64,
        1 => any::<f64>(),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX), Just(0.0)],
    ]
}

/// Whether all coordinates in an SVG are numbers of a sane size.
fn sane(svg: &str) -> bool {
    let lower = svg.to_lowercase();
    let tokens = lower.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '#')));
    !tokens.into_iter().any(|token| {
        matches!(token, "nan" | "inf" | "-inf") || token.parse::<f64>().is_ok_and(|number| number.abs() > 1e5)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_title_makes_a_well_formed_file(title in any::<String>(), key in any::<String>(), value in any::<String>()) {
        let mut hostile = Figure::single(
            Panel { title: key.clone(), caption: value.clone(), content: Content::Molecule(molecule()) }, Vec::new(),
        );
        hostile.spec.title = format!("<&\"'\u{0}\u{1b}\u{fffe}]]>{title}");
        hostile.provenance.push((key, value));
        let drawn = draw(&hostile).expect("drawn");
        prop_assert!(usvg::Tree::from_str(&drawn, &font::options()).is_ok());
        prop_assert!(write(&hostile, Format::Pdf).is_ok());
    }

    #[test]
    fn any_chart_makes_a_sane_file(
        points in proptest::collection::vec((awkward(), awkward()), 0..12), x in (awkward(), awkward()),
        y in (awkward(), awkward()), at in awkward(), width in awkward(), logarithmic: bool,
    ) {
        let points: Vec<[f64; 2]> = points.into_iter().map(|(x, y)| [x, y]).collect();
        let shapes = [
            Shape::Line(points.clone()), Shape::Bars { width, bars: points }, Shape::VLine(at), Shape::HLine(at),
            Shape::Band { low: at, high: width },
        ];
        let series = shapes.map(|shape| Series { name: "s".into(), role: Role::Trained, opacity: 0.5, shape });
        let scale = if logarithmic { Scale::Log10 } else { Scale::Linear };
        let axis = |range| Axis { label: String::new(), scale, range };
        let chart = Chart { title: String::new(), x: axis(x), y: axis(y), series: series.to_vec(), ..chart() };
        let drawn = svg(Content::Chart(chart));
        prop_assert!(sane(drawn.split_once("</metadata>").expect("metadata").1), "{}", drawn);
        prop_assert!(usvg::Tree::from_str(&drawn, &font::options()).is_ok());
    }
}
