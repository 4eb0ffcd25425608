//! The ways to look at the window, and what must hold in each of them.

use bondscope::ui::App;
use eframe::egui::{LayerId, Order, Rect, Role, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use image::RgbaImage;
use std::collections::BTreeSet;
use std::path::Path;

/// Window sizes in pixels.
const SIZES: [(u16, u16); 3] = [(1280, 800), (1920, 1080), (2560, 1440)];

/// Pixels per point on ordinary screens.
const SCALES: [f32; 2] = [1.0, 1.5];

/// The smallest and the largest text in the smallest window, and the largest window.
const EXTREMES: [Look; 3] = [
    Look { size: (1280, 800), scale: 0.8, theme: Theme::Dark },
    Look { size: (1280, 800), scale: 2.0, theme: Theme::Light },
    Look { size: (3840, 2160), scale: 1.0, theme: Theme::Dark },
];

/// The roles of what can be acted on.
const ACTIVE: [Role; 9] = [
    Role::Button,
    Role::CheckBox,
    Role::ComboBox,
    Role::RadioButton,
    Role::Slider,
    Role::SpinButton,
    Role::TextInput,
    Role::Tab,
    Role::Canvas,
];

/// Titles of panels, whose bar scrolls where it is too narrow for all.
const TABS: [&str; 10] = [
    "Library",
    "Molecule",
    "Gallery",
    "Inspector",
    "Edits",
    "Training",
    "Edge ratios",
    "Batch maxima",
    "Histogram",
    "Log",
];

/// One way to look at the window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    size: (u16, u16),
    /// Pixels per point: the scale of the screen times that of the text, which are one to the window.
    scale: f32,
    theme: Theme,
}

impl Look {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        let ordinary = SIZES.into_iter().flat_map(|size| SCALES.into_iter().map(move |scale| (size, scale)));
        let themes = [Theme::Light, Theme::Dark];
        let ordinary = ordinary.flat_map(|(size, scale)| themes.map(|theme| Self { size, scale, theme }));
        ordinary.chain(EXTREMES).collect()
    }

    /// Those of the smallest window, of the largest text, and one in the dark.
    pub(crate) fn few() -> Vec<Self> {
        let ordinary = Self { size: (2560, 1440), scale: 1.5, theme: Theme::Dark };
        let small = Self { size: (1280, 800), scale: 1.0, theme: Theme::Light };
        [small, ordinary].into_iter().chain(EXTREMES).collect()
    }

    /// Two of them for the dialog of that number, so that a few dialogs have all looks between them: the n-th and
    /// the one in the middle of the rest, which differs in size and theme.
    pub(crate) fn two(dialog: usize) -> Vec<Self> {
        let all = Self::all();
        let count = all.len();
        [dialog % count, (dialog + count / 2 + 1) % count].map(|place| all[place]).to_vec()
    }

    /// Width and height of the window in points.
    fn points(self) -> Vec2 {
        Vec2::new(f32::from(self.size.0), f32::from(self.size.1)) / self.scale
    }

    fn name(self, what: &str) -> String {
        let Self { size: (width, height), scale, theme } = self;
        let theme = if theme == Theme::Light { "light" } else { "dark" };
        format!("{what}-{width}x{height}-{:.0}-{theme}.png", scale * 100.0)
    }
}

/// Takes the window through some looks, checking and keeping each picture. What the window shows must not change
/// by itself meanwhile.
#[track_caller]
pub(crate) fn photograph(harness: &mut Harness<'_, App>, what: &str, looks: Vec<Look>) {
    let mut faults = Vec::new();
    for look in looks {
        harness.ctx.set_theme(look.theme);
        // The size is in points, which the first frame with the new scale settles.
        harness.set_pixels_per_point(look.scale);
        harness.step();
        harness.set_size(look.points());
        // One frame for the size, one for what follows from it, one for what follows from that.
        for _ in 0..3 {
            harness.step();
        }
        let image = harness.render().expect("a picture");
        assert_eq!((image.width(), image.height()), (look.size.0.into(), look.size.1.into()));
        let name = look.name(what);
        if let Some(folder) = std::env::var_os("BONDSCOPE_SCREENSHOTS") {
            std::fs::create_dir_all(&folder).unwrap();
            image.save(Path::new(&folder).join(&name)).unwrap();
        }
        check(harness, &image, look, &mut |fault| faults.push(format!("{name}: {fault}")));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    harness.set_pixels_per_point(1.0);
    harness.step();
    harness.set_size(Vec2::new(1280.0, 800.0));
    harness.step();
}

fn check(harness: &Harness<'_, App>, image: &RgbaImage, look: Look, tell: &mut dyn FnMut(String)) {
    let colors: BTreeSet<[u8; 4]> = image.pixels().map(|pixel| pixel.0).collect();
    if colors.len() <= 100 {
        tell(format!("blank, {} colours", colors.len()));
    }
    let background = image.get_pixel(2, 2).0;
    let bright = background.iter().take(3).all(|&part| part > 127);
    // Behind the veil of a question everything is darker, never the other theme.
    if bright != (look.theme == Theme::Light) {
        tell(format!("the theme is {background:?}"));
    }
    let ground = widgets(harness, LayerId::background());
    if ground.len() <= 15 {
        tell(format!("only {} widgets are known", ground.len()));
    }
    cut_or_covered(&ground, tell);
    let window = Rect::from_min_size(Default::default(), look.points());
    for layer in dialogs(harness) {
        let place = harness.ctx.memory(|memory| memory.area_rect(layer.id)).expect("an area");
        if !window.expand(0.5).contains_rect(place) {
            tell(format!("{layer:?} at {place} sticks out of the window"));
        }
        cut_or_covered(&widgets(harness, layer), tell);
    }
}

/// Tells what is cut off at its sides, and what covers another.
fn cut_or_covered(widgets: &[Widget], tell: &mut dyn FnMut(String)) {
    for Widget { label, whole, seen } in widgets {
        // Lists scroll up and down and tabs sideways; what else is cut off sideways is lost.
        if TABS.contains(&label.as_str()) {
            continue;
        }
        let cut = whole.width() - seen.width();
        if cut >= 2.0 {
            tell(format!("{label:?} at {whole} is cut off by {cut} points"));
        }
    }
    for (index, Widget { label, seen, .. }) in widgets.iter().enumerate() {
        for Widget { label: other, seen: beside, .. } in &widgets[..index] {
            let common = seen.intersect(*beside);
            let nested = seen.contains_rect(*beside) || beside.contains_rect(*seen);
            if common.width() > 2.0 && common.height() > 2.0 && !nested {
                tell(format!("{label:?} at {seen} covers {other:?} at {beside}"));
            }
        }
    }
}

/// Windows, menus and notices above the ground.
fn dialogs(harness: &Harness<'_, App>) -> Vec<LayerId> {
    let visible = harness.ctx.memory(|memory| memory.areas().visible_layer_ids());
    let above = |layer: &LayerId| matches!(layer.order, Order::Middle | Order::Foreground);
    let mut layers: Vec<LayerId> = visible.into_iter().filter(above).collect();
    layers
        .retain(|&layer| harness.ctx.viewport(|viewport| viewport.prev_pass.widgets.get_layer(layer).next().is_some()));
    layers
}

/// Something on a layer that can be acted on.
struct Widget {
    label: String,
    /// Where it would be if nothing cut it off, points.
    whole: Rect,
    /// What is left of it.
    seen: Rect,
}

fn widgets(harness: &Harness<'_, App>, layer: LayerId) -> Vec<Widget> {
    let named = harness.root().children_recursive().filter_map(|node| {
        let name = node.accesskit_node().label()?;
        ACTIVE.contains(&node.accesskit_node().role()).then(|| (name, node.rect()))
    });
    let named: Vec<(String, Rect)> = named.collect();
    harness.ctx.viewport(|viewport| {
        let there = viewport.prev_pass.widgets.get_layer(layer);
        let active = there.filter(|widget| widget.enabled && widget.sense.interactive());
        let seen = active.filter(|widget| widget.interact_rect.is_positive());
        let told = seen.filter_map(|widget| {
            let same =
                |rect: &Rect| (rect.min - widget.rect.min).length() + (rect.max - widget.rect.max).length() < 0.5;
            let (label, _) = named.iter().find(|(_, rect)| same(rect))?;
            Some(Widget { label: label.clone(), whole: widget.rect, seen: widget.interact_rect })
        });
        told.collect()
    })
}
