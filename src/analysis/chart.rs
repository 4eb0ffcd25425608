//! A chart as plain values: series, axes, notes. Both the screen and the figure writers draw it,
//! so a figure can only show what the window shows.

/// How an axis turns numbers into tick labels. Positions are always plotted linearly: a value on
/// a [`Scale::Log10`] axis has already been replaced by its decimal logarithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Positions are the values.
    Linear,
    /// Positions are decimal logarithms; ticks stand at whole numbers and read 10^n.
    #[default]
    Log10,
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Label with unit.
    pub label: String,
    /// Meaning of positions.
    pub scale: Scale,
    /// Smallest and largest position shown.
    pub range: (f64, f64),
}

/// What a series stands for; the theme and the figure writers turn it into a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The trained model (or the one chosen): violet, rgb(81,40,136) in figures of the paper.
    Trained,
    /// The untrained base model: orange, rgb(235,97,35).
    Base,
    /// A second untrained model beside the first: for a model with explicit bias, the base without it.
    OtherBase,
    /// The model shown after the reader's edits, beside what it was.
    Edited,
    /// The second of several states side by side.
    Second,
    /// The third of several states side by side.
    Third,
    /// One layer that the reader selected, drawn on top of the others.
    Selected,
    /// A fitted density.
    Fit,
    /// A reference line.
    Threshold,
}

/// How a line is drawn, so that nothing is told by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// One stroke.
    Solid,
    /// Dashes.
    Dashed,
    /// Dots.
    Dotted,
}

/// How a series is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A polyline through `(x, y)` positions.
    Line(Vec<[f64; 2]>),
    /// The area between two heights over the whole x range.
    Band {
        /// Lower position.
        low: f64,
        /// Upper position.
        high: f64,
    },
    /// Bars of equal width standing on the lower end of the y axis: `(left edge, top position)`.
    Bars {
        /// Width of every bar in x positions.
        width: f64,
        /// Left edge and top of each bar.
        bars: Vec<[f64; 2]>,
    },
    /// A dashed vertical line over the whole y range.
    VLine(f64),
    /// A dashed horizontal line over the whole x range.
    HLine(f64),
}

/// One named thing in a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name in the legend; series without one stay out of it.
    pub name: String,
    /// Meaning, hence colour.
    pub role: Role,
    /// 0..=1.
    pub opacity: f32,
    /// Geometry.
    pub shape: Shape,
}

impl Series {
    /// Whether it is one of several lines of a state that stands for all of them.
    pub fn is_prominent(&self) -> bool {
        self.opacity >= 1.0
    }

    /// Every height that it reaches, reference lines aside.
    pub fn heights(&self) -> Vec<f64> {
        match &self.shape {
            Shape::Line(points) | Shape::Bars { bars: points, .. } => {
                points.iter().map(|[_, height]| *height).collect()
            }
            Shape::Band { low, high } => vec![*low, *high],
            Shape::VLine(_) | Shape::HLine(_) => Vec::new(),
        }
    }

    /// How it is drawn if it is a line: what stands beside the main state is broken.
    pub fn pattern(&self) -> Pattern {
        match self.role {
            Role::Second | Role::Edited if self.is_prominent() => Pattern::Dashed,
            Role::Third if self.is_prominent() => Pattern::Dotted,
            _ => Pattern::Solid,
        }
    }
}

/// A complete chart and the numbers behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Title above the plot.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// In drawing order.
    pub series: Vec<Series>,
    /// Short lines of text inside the plot, e.g. the KS statistic.
    pub notes: Vec<String>,
    /// The numbers, for the CSV beside the figure.
    pub table: Table,
}

/// Room above the highest value of a linear axis, relative to it.
const ABOVE: f64 = 0.05;

impl Chart {
    /// The same chart with heights instead of their logarithms, from zero up to what is highest.
    #[must_use]
    pub fn on_linear_heights(mut self) -> Self {
        if self.y.scale == Scale::Linear {
            return self;
        }
        for series in &mut self.series {
            match &mut series.shape {
                Shape::Line(points) | Shape::Bars { bars: points, .. } => {
                    points.iter_mut().for_each(|[_, height]| *height = 10f64.powf(*height));
                }
                Shape::Band { low, high } => (*low, *high) = (10f64.powf(*low), 10f64.powf(*high)),
                Shape::HLine(at) => *at = 10f64.powf(*at),
                Shape::VLine(_) => {}
            }
        }
        let heights = self.series.iter().flat_map(|series| series.heights());
        let highest = heights.filter(|height| height.is_finite()).fold(0.0, f64::max);
        let highest = if highest > 0.0 { highest * (1.0 + ABOVE) } else { 1.0 };
        self.y = Axis { scale: Scale::Linear, range: (0.0, highest), ..self.y };
        self
    }
}

/// Named columns of text cells, every row as long as `columns`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Column names.
    pub columns: Vec<String>,
    /// Cells, row by row, numbers in Rust's shortest round-trip form.
    pub rows: Vec<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_replace_logarithms_and_nothing_stays_nothing() {
        let series = |shape| Series { name: String::new(), role: Role::Trained, opacity: 1.0, shape };
        let axis = |scale, range| Axis { label: String::new(), scale, range };
        let chart = Chart {
            title: String::new(),
            x: axis(Scale::Linear, (0.0, 2.0)),
            y: axis(Scale::Log10, (0.0, 3.0)),
            series: vec![
                series(Shape::Line(vec![[0.0, 2.0], [1.0, f64::NEG_INFINITY]])),
                series(Shape::Band { low: 0.0, high: 1.0 }),
                series(Shape::VLine(-3.0)),
            ],
            notes: Vec::new(),
            table: Table::default(),
        };
        let linear = chart.clone().on_linear_heights();
        assert_eq!(linear.series[0].shape, Shape::Line(vec![[0.0, 100.0], [1.0, 0.0]]));
        assert_eq!(linear.series[1].shape, Shape::Band { low: 1.0, high: 10.0 });
        assert_eq!(linear.series[2], chart.series[2]);
        assert_eq!((linear.y.scale, linear.y.range.0, linear.x == chart.x), (Scale::Linear, 0.0, true));
        assert!((linear.y.range.1 - 105.0).abs() < 1e-9);
        assert_eq!(linear.clone().on_linear_heights(), linear);
        let bare = Chart { series: Vec::new(), ..chart }.on_linear_heights();
        assert!((bare.y.range.1 - 1.0).abs() < 1e-9);
    }
}
