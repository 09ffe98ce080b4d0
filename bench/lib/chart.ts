// Charts as SVG, for pages that people read: bars for figures side by side, lines for what goes on for a while.

/** A bar, and the mark that it is to reach. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly goal?: number | undefined;
}

const WIDTH = 760;
const LABELS = 330;
const NUMBERS = 70;
const ROW = 22;
const TOP = 44;
const INK = "#24292f";
const FAINT = "#8c959f";
const FILL = "#4878a8";
const GOAL = "#c0392b";

const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const short = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const at = (value: number) => value.toFixed(1);

function text(x: number, y: number, content: string, more = ""): string {
  return `<text x="${at(x)}" y="${at(y)}" ${more}>${escaped(content)}</text>`;
}

function svg(height: number, title: string, parts: readonly string[]): string {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}" role="img">`;
  const ground = `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`;
  const heading = text(12, 24, title, 'font-size="15" font-weight="600"');
  return [open, `<title>${escaped(title)}</title>`, ground, heading, ...parts, "</svg>", ""].join("\n");
}

/** Bars from a common start; a red mark where a bar has a goal. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.flatMap(({ value, goal }) => [value, goal ?? 0]));
  const scale = (WIDTH - LABELS - NUMBERS) / (most || 1);
  const parts = bars.flatMap(({ label, value, goal }, index) => {
    const y = TOP + index * ROW;
    const length = value * scale;
    const bar = `<rect x="${LABELS}" y="${y + 3}" width="${at(length)}" height="${ROW - 8}" fill="${FILL}"/>`;
    const x = LABELS + (goal ?? 0) * scale;
    const mark = `<line x1="${at(x)}" x2="${at(x)}" y1="${y}" y2="${y + ROW - 2}" stroke="${GOAL}" stroke-width="2"/>`;
    return [
      text(LABELS - 8, y + 14, label, 'text-anchor="end"'),
      bar,
      text(LABELS + Math.max(length, goal === undefined ? 0 : x - LABELS) + 6, y + 14, `${short(value)} ${unit}`),
      ...(goal === undefined ? [] : [mark]),
    ];
  });
  const goals = bars.some(({ goal }) => goal !== undefined);
  const legend = goals ? [text(WIDTH - 12, 24, "red: the goal", `text-anchor="end" fill="${GOAL}"`)] : [];
  return svg(TOP + bars.length * ROW + 12, title, [...legend, ...parts]);
}

/** What is drawn as a line, and what its ends are called. */
export interface Line {
  readonly values: readonly number[];
  readonly unit: string;
  readonly goal?: number;
  readonly from: string;
  readonly to: string;
}

const PLOT = { left: 60, right: WIDTH - 20, top: TOP + 4, bottom: 240 };

/** A line over evenly spaced values, from nothing up; a red line across where there is a goal. */
export function lineChart(title: string, { values, unit, goal, from, to }: Line): string {
  const most = Math.max(...values, goal ?? 0) * 1.05 || 1;
  const x = (index: number) => PLOT.left + ((PLOT.right - PLOT.left) * index) / Math.max(1, values.length - 1);
  const y = (value: number) => PLOT.bottom - ((PLOT.bottom - PLOT.top) * value) / most;
  const points = values.map((value, index) => `${at(x(index))},${at(y(value))}`).join(" ");
  const across = (value: number, colour: string) =>
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="${colour}"/>`;
  const ticks = [0, 0.5, 1].map((share) => (most / 1.05) * share);
  return svg(PLOT.bottom + 36, title, [
    ...ticks.map((tick) => across(tick, "#d8dee4")),
    ...ticks.map((tick) =>
      text(PLOT.left - 6, y(tick) + 4, `${short(tick)} ${unit}`, `text-anchor="end" fill="${FAINT}"`),
    ),
    `<polyline points="${points}" fill="none" stroke="${FILL}" stroke-width="2"/>`,
    ...(goal === undefined
      ? []
      : [
          across(goal, GOAL),
          text(PLOT.right, y(goal) - 5, `goal: ${short(goal)} ${unit}`, `text-anchor="end" fill="${GOAL}"`),
        ]),
    text(PLOT.left, PLOT.bottom + 20, from, `fill="${FAINT}"`),
    text(PLOT.right, PLOT.bottom + 20, to, `text-anchor="end" fill="${FAINT}"`),
  ]);
}
