//! Figures of several panels: nothing leaves its cell, nothing overlaps, and what is seen is what is filed.

use super::*;
use glam::DVec2;
use svg::Area;

fn content(kind: usize) -> Content {
    let axis = |label: &str, range| Axis { label: label.into(), scale: Scale::Log10, range };
    match kind {
        0 => Content::Molecule(molecule()),
        1 => Content::Chart(chart()),
        2 => Content::Activations(strip()),
        3 => Content::ColorBar(bar().with_note("thin arcs: the 10 strongest of 123 absent bonds".into())),
        4 => Content::Missing("The molecules have not been measured under this model yet.".into()),
        5 => Content::Molecule(MoleculeFigure { bar: None, ..molecule() }),
        _ => Content::Chart(Chart {
            notes: vec!["mean log-likelihood = -3.123".into(), "1234 of 56789 values below -3".into()],
            y: axis("batch maximum of the edge ratio", (0.0, 6.0)),
            ..chart()
        }),
    }
}

fn composed(spec: FigureSpec, kinds: &[Vec<usize>], shares: f64) -> Figure {
    let rows = kinds.iter().map(|row| {
        let long = "Molecule 11000 (a name that is longer than any cell is wide, and then some more of it)";
        let named = |kind| Panel { title: long.into(), ..panel(content(kind)) };
        let bare = |kind| Panel { title: String::new(), caption: String::new(), content: content(kind) };
        let mut row = Row::of(row.iter().map(|&kind| if kind == 3 { bare(kind) } else { named(kind) }));
        row.height = shares;
        row.cells[0].width = shares;
        row
    });
    Figure { spec, rows: rows.collect(), provenance: Vec::new() }
}

/// What of a group shows, in points: strokes included, clips respected; `None` if nothing does.
fn shown(group: &usvg::Group) -> Option<Area> {
    let points = |rect: usvg::Rect| {
        let [left, top, right, bottom] =
            [rect.left(), rect.top(), rect.right(), rect.bottom()].map(|at| f64::from(at) * 0.75);
        Area { left, top, right, bottom }
    };
    let all = group.children().iter().filter_map(|node| match node {
        usvg::Node::Group(group) => shown(group),
        // The ink of the letters, not the height of their line.
        usvg::Node::Text(text) => text.flattened().stroke_bounding_box().transform(text.abs_transform()).map(points),
        other => Some(points(other.abs_stroke_bounding_box())),
    });
    let union = all.reduce(|a, b| Area {
        left: a.left.min(b.left),
        top: a.top.min(b.top),
        right: a.right.max(b.right),
        bottom: a.bottom.max(b.bottom),
    })?;
    let Some(clip) = group.clip_path() else { return Some(union) };
    let clip = points(clip.root().bounding_box().transform(group.abs_transform())?);
    Some(Area {
        left: union.left.max(clip.left),
        top: union.top.max(clip.top),
        right: union.right.min(clip.right),
        bottom: union.bottom.min(clip.bottom),
    })
}

fn panels(group: &usvg::Group) -> Vec<&usvg::Group> {
    let groups = group.children().iter().filter_map(|node| match node {
        usvg::Node::Group(group) => Some(&**group),
        _ => None,
    });
    groups.flat_map(|group| if group.id().starts_with("panel-") { vec![group] } else { panels(group) }).collect()
}

fn inside(inner: Area, outer: Area) -> bool {
    // A hair for the rounding of coordinates, and the half of an axis line that lies on its edge.
    const SLACK: f64 = 0.8;
    inner.left >= outer.left - SLACK
        && inner.top >= outer.top - SLACK
        && inner.right <= outer.right + SLACK
        && inner.bottom <= outer.bottom + SLACK
}

fn apart(a: &Area, b: &Area) -> bool {
    a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top
}

/// Checks that everything drawn stays where it belongs.
#[track_caller]
fn check(figure: &Figure) {
    let places = grid::places(figure).expect("sound");
    let text = draw(figure).expect("drawn");
    let tree = usvg::Tree::from_str(&text, &font::options()).expect("well-formed");
    let DVec2 { x, y } = places.size;
    let page = Area { left: 0.0, top: 0.0, right: x, bottom: y };
    assert!(shown(tree.root()).is_some_and(|all| inside(all, page)), "beyond the page");
    let drawn = panels(tree.root());
    assert_eq!(drawn.len(), places.cells.len());
    for (place, (group, cell)) in drawn.iter().zip(&places.cells).enumerate() {
        assert!(inside(*cell, page), "cell {place} beyond the page");
        if let Some(area) = shown(group) {
            assert!(inside(area, *cell), "panel {place}: {area:?} beyond {cell:?}\n{text}");
        }
        assert!(places.cells[place + 1..].iter().all(|other| apart(cell, other)), "cell {place} meets another");
    }
}

#[test]
fn everything_stays_in_its_cell_at_every_preset_with_one_to_six_panels() {
    let arrangements: [&[Vec<usize>]; 7] = [
        &[vec![0]],
        &[vec![0, 1]],
        &[vec![5, 5], vec![3]],
        &[vec![0, 1], vec![2, 6]],
        &[vec![0], vec![1], vec![6], vec![2], vec![4]],
        &[vec![0, 0, 0], vec![1, 6, 2]],
        &[vec![1, 6, 1, 0, 2, 4]],
    ];
    for preset in Preset::ALL {
        for kinds in arrangements {
            for letters in Letters::ALL {
                let spec = FigureSpec { title: "A title".into(), letters, ..FigureSpec::default() };
                check(&composed(spec.with_preset(preset), kinds, 1.0));
            }
        }
    }
}

/// The texts of a drawing, as they are read.
fn texts(svg: &str) -> Vec<String> {
    let text = |node| match node {
        usvg::Node::Text(text) => Some(text.chunks().iter().map(usvg::TextChunk::text).collect()),
        _ => None,
    };
    read(svg).into_iter().filter_map(text).collect()
}

#[test]
fn three_states_side_by_side_in_one_column_lose_no_word_and_no_end_of_their_bars() {
    let scale = ColorScale { low: 5.0, high: 50.0, ..bar().scale };
    let note = "thin arcs: the 10 strongest of 123 absent bonds".to_owned();
    let bars = [
        ColorBar::new(scale, "MA ratio, layer 3, all heads", None).with_note(note),
        ColorBar::new(
            ColorScale { low: 0.2, high: 50_000.0, ..scale },
            "change of |activation|, layer 10, head 7",
            Some(1000.0),
        ),
    ];
    let caption = "prediction 2.296 → 2.216 · 2 directed edges removed · bond 3–7 marked";
    for preset in Preset::ALL {
        for bar in &bars {
            let names = ["A gt-zinc, as trained", "B graphit-ebt-code-base, untrained", "C gt-ebt-zinc, edited"];
            let panels = names.map(|name| Panel {
                title: name.into(),
                caption: caption.into(),
                content: Content::Molecule(MoleculeFigure { bar: Some(bar.clone()), ..molecule() }),
            });
            let spec = FigureSpec { letters: Letters::None, ..FigureSpec::default() }.with_preset(preset);
            let figure = Figure { spec, rows: vec![Row::of(panels)], provenance: Vec::new() };
            check(&figure);
            let seen = texts(&draw(&figure).expect("drawn"));
            assert!(seen.iter().all(|text| !text.contains('…')), "{preset:?}: {seen:?}");
            // Spaces and points are lost where lines break.
            let plain = |text: &str| text.replace([' ', '·'], "");
            let all = plain(&seen.concat());
            for text in [caption, &bar.label, &bar.note].into_iter().filter(|text| !text.is_empty()) {
                assert_eq!(all.matches(&plain(text)).count(), 3, "{preset:?}: {text} in {seen:?}");
            }
            assert!(names.iter().all(|name| all.contains(&plain(name))), "{preset:?}: {seen:?}");
            let ends = [&bar.ticks[0].label, &bar.ticks[bar.ticks.len() - 1].label];
            for end in ends {
                assert_eq!(seen.iter().filter(|text| *text == end).count(), 3, "{preset:?}: {end} in {seen:?}");
            }
        }
    }
}

#[test]
fn panels_have_room_for_what_they_show_at_every_preset() {
    for preset in Preset::ALL {
        for kinds in [&[vec![0, 1]][..], &[vec![0, 1], vec![2, 6]], &[vec![5, 5], vec![3], vec![1]]] {
            let text = draw(&composed(FigureSpec::default().with_preset(preset), kinds, 1.0)).expect("drawn");
            assert!(!text.contains("no room") && !text.contains("no data"), "{preset:?} {kinds:?}");
        }
    }
}

#[test]
fn letters_are_bold_count_panels_and_skip_colour_bars() {
    let kinds = [vec![5, 3], vec![1]];
    let text = draw(&composed(FigureSpec::default(), &kinds, 1.0)).expect("drawn");
    let bold: Vec<&str> = text.lines().filter(|line| line.contains("font-weight=\"700\"")).collect();
    assert_eq!(bold.len(), 2, "{bold:?}");
    assert!(bold[0].ends_with(">a</text>") && bold[1].ends_with(">b</text>"));
    let alone = draw(&composed(FigureSpec::default(), &[vec![1]], 1.0)).expect("drawn");
    assert!(!alone.contains("font-weight"));
}

#[test]
fn headings_of_a_row_line_up() {
    let places = grid::places(&composed(FigureSpec::default(), &[vec![0, 1, 2]], 1.0)).expect("sound");
    assert!(
        places
            .cells
            .windows(2)
            .all(|pair| { (pair[0].top - pair[1].top).abs() < 1e-9 && (pair[0].bottom - pair[1].bottom).abs() < 1e-9 })
    );
    assert!(places.headings.windows(2).all(|pair| (pair[0].height - pair[1].height).abs() < 1e-9));
}

#[test]
fn the_pixels_shown_are_those_of_the_file() {
    let figure = composed(FigureSpec::default().with_preset(Preset::TwoColumns), &[vec![0, 1]], 1.0);
    let svg = draw(&figure).expect("drawn");
    assert_eq!(write(&figure, Format::Svg).expect("written"), svg.as_bytes());
    let seen = pixels(&svg, 2.0).expect("drawn");
    let file = image::load_from_memory(&write(&figure, Format::Png { scale: 2.0 }).expect("written")).expect("sound");
    assert_eq!((seen.width, seen.height), (file.width(), file.height()));
    assert_eq!(seen.rgba, file.to_rgba8().into_raw());
}

#[test]
fn every_panel_has_its_own_numbers() {
    let figure = composed(FigureSpec::default(), &[vec![0, 3], vec![1, 2]], 1.0);
    let tables = figure.tables().expect("sound");
    assert_eq!(tables.iter().map(|(letter, _)| letter.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(matches!(write(&figure, Format::Csv), Err(FigureError::Tables(3))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_leaves_its_cell_whatever_the_arrangement(
        kinds in proptest::collection::vec(proptest::collection::vec(0..7_usize, 1..4), 1..4), width in 40.0..260.0f64,
        height in proptest::option::of(40.0..200.0f64), font in 5.0..16.0f64, captions: bool, share in 0.2..4.0f64,
    ) {
        let spec = FigureSpec { width, height, font_size: font, captions, ..FigureSpec::default() };
        check(&composed(spec, &kinds, share));
    }
}
