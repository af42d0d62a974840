// Paints tiles on a canvas. Each look of a tile is drawn once, on a small canvas of its own, and then copied: 5,000 take a few milliseconds.

import type { Edge } from "../../api";
import type { Mark } from "./colour";
import { above, aside } from "./curves";
import { spot, spotOf, type Packing, type TileSize } from "./pack";

/** Colours as the browser computes them for the theme. */
export type Palette = Record<string, string>;

const inks = ["ink", "soft", "faint", "line", "accent", "bg", "panel", "ok", "drift", "bad", "new", "plain", "unk", "ok-on", "drift-on", "bad-on", "new-on", "plain-ink", "unk-ink"] as const;

/** Reads the theme's colours off an element: custom properties alone are not computed. */
export function palette(of: HTMLElement): Palette {
  const probe = of.appendChild(document.createElement("i"));
  const found: Palette = {};
  for (const ink of inks) {
    probe.style.color = `var(--${ink})`;
    found[ink] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

export interface Scene {
  packing: Packing;
  marks: readonly Mark[];
  /** Text on a tile instead of its shape, such as a score. */
  text: (tile: number) => string;
  name: (tile: number) => string;
  /** A few letters at the right of a name. */
  note: (tile: number) => string;
  selected: number;
  hovered: number;
  /** Tiles that stand for the selected workload elsewhere, too. */
  alike: readonly number[];
  /** From the selection to its neighbours. */
  lines: readonly { from: number; to: number; edge: Edge }[];
}

export interface View {
  width: number;
  height: number;
  /** Where the tiles begin, and how far they are scrolled. */
  left: number;
  top: number;
  ratio: number;
}

type Sprite = ImageBitmap;

/** What tiles that are too small for a sign are instead of a square: no colour stands alone. Paths in a square of so many pixels. */
const smallShapes: Partial<Record<Mark["tone"], (s: number) => string>> = {
  bad: (s) => `M0 0h${s * 0.3}l${s * 0.2} ${s * 0.25} ${s * 0.2} ${-s * 0.25}h${s * 0.3}v${s * 0.3}l${-s * 0.25} ${s * 0.2} ${s * 0.25} ${s * 0.2}v${s * 0.3}h${-s * 0.3}l${-s * 0.2} ${-s * 0.25} ${-s * 0.2} ${s * 0.25}h${-s * 0.3}v${-s * 0.3}l${s * 0.25} ${-s * 0.2} ${-s * 0.25} ${-s * 0.2}z`,
  drift: (s) => `M${s / 2} ${-s * 0.06}L${s * 1.06} ${s / 2} ${s / 2} ${s * 1.06} ${-s * 0.06} ${s / 2}z`,
  new: (s) => `M${s / 2} 0L${s} ${s}H0z`,
};

export class Painter {
  private sprites = new Map<string, Sprite>();
  private ratio = 1;
  /** The colour that the canvas fills with: setting it to the same again costs. */
  private filled = "";

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private colours: Palette,
    private readonly fonts: { sans: string; mono: string },
  ) {}

  theme(colours: Palette): void {
    this.colours = colours;
    this.sprites.clear();
  }

  paint(scene: Scene, view: View): void {
    const { canvas } = this;
    if (this.ratio !== view.ratio) this.sprites.clear();
    this.ratio = view.ratio;
    const [width, height] = [Math.round(view.width * view.ratio), Math.round(view.height * view.ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const to = canvas.getContext("2d")!;
    to.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    to.clearRect(0, 0, view.width, view.height);
    to.translate(view.left, -view.top);
    this.blocks(to, scene, view);
    this.lines(to, scene);
    for (const tile of scene.alike) this.ring(to, scene, tile, this.colours["accent"]!, 1);
    if (scene.hovered >= 0) this.ring(to, scene, scene.hovered, this.colours["soft"]!, 1.5);
    if (scene.selected >= 0) this.ring(to, scene, scene.selected, this.colours["accent"]!, 2);
  }

  private blocks(to: CanvasRenderingContext2D, scene: Scene, view: View): void {
    const { packing } = scene;
    const step = packing.size.height + packing.size.gap;
    for (const block of packing.blocks) {
      const rows = Math.ceil(block.n / block.columns);
      if (block.y > view.top + view.height || block.y + 22 + rows * step < view.top) continue;
      this.title(to, block.title, String(block.n), block.x, block.y + 13, block.width);
      this.filled = "";
      const from = Math.max(0, Math.floor((view.top - block.y - 22) / step)) * block.columns;
      const end = Math.min(block.n, Math.ceil((view.top + view.height - block.y - 22) / step) * block.columns);
      for (let i = from; i < end; i++) {
        const { x, y } = spot(packing, block, i);
        const tile = block.first + i;
        this.tile(to, scene, tile, x, y);
      }
    }
  }

  private title(to: CanvasRenderingContext2D, title: string, n: string, x: number, y: number, width: number): void {
    to.font = `600 12px ${this.fonts.sans}`;
    to.fillStyle = this.colours["ink"]!;
    const told = cut(to, title, width - 26);
    to.fillText(told, x, y);
    const after = to.measureText(told).width + 6;
    to.font = `400 12px ${this.fonts.sans}`;
    to.fillStyle = this.colours["faint"]!;
    to.fillText(n, x + after, y);
  }

  private tile(to: CanvasRenderingContext2D, scene: Scene, tile: number, x: number, y: number): void {
    const mark = scene.marks[tile]!;
    const { size } = scene.packing;
    if (size.height < 10 && (mark.tone === "ok" || mark.tone === "plain")) {
      const colour = this.colours[mark.tone]!;
      if (this.filled !== colour) to.fillStyle = this.filled = colour;
      to.fillRect(x, y, size.width, size.height);
      return;
    }
    const text = size.width >= 20 ? scene.text(tile) : "";
    to.drawImage(this.sprite(mark, size, text), x, y, size.width, size.height);
    if (size.named) this.named(to, scene, tile, x, y);
  }

  private named(to: CanvasRenderingContext2D, scene: Scene, tile: number, x: number, y: number): void {
    const { size } = scene.packing;
    const line = y + size.height / 2 + 4.5;
    const note = scene.note(tile);
    to.font = `400 11px ${this.fonts.sans}`;
    to.fillStyle = this.colours["soft"]!;
    const wide = note ? to.measureText(note).width + 8 : 0;
    if (note) to.fillText(note, x + size.width - wide, line);
    to.font = `500 12.5px ${this.fonts.sans}`;
    to.fillStyle = this.colours["ink"]!;
    to.fillText(cut(to, scene.name(tile), size.width - size.height - 12 - wide), x + size.height + 6, line);
  }

  private inkOn(mark: Mark): string {
    const tone = mark.tone;
    if (tone === "ok" || tone === "drift" || tone === "bad" || tone === "new") return this.colours[tone + "-on"]!;
    return tone === "age1" ? this.colours["bg"]! : this.colours[tone === "plain" ? "plain-ink" : tone === "unknown" ? "unk-ink" : "ink"]!;
  }

  private sprite(mark: Mark, size: TileSize, text: string): Sprite {
    const key = `${mark.key} ${mark.tone} ${size.width} ${text}`;
    const made = this.sprites.get(key);
    if (made) return made;
    const canvas = new OffscreenCanvas(Math.ceil(size.width * this.ratio), Math.ceil(size.height * this.ratio));
    const to = canvas.getContext("2d")!;
    to.scale(canvas.width / size.width, canvas.height / size.height);
    this.look(to, mark, size, text);
    const sprite = canvas.transferToImageBitmap();
    this.sprites.set(key, sprite);
    return sprite;
  }

  private look(to: OffscreenCanvasRenderingContext2D, mark: Mark, size: TileSize, text: string): void {
    if (size.named) this.card(to, mark, size);
    const { height } = size;
    const width = size.named ? height : size.width;
    to.beginPath();
    to.roundRect(0, 0, width, height, Math.min(6, Math.max(1.5, height / 5)));
    if (mark.tone === "unknown") this.hatch(to, width, height);
    else if (height < 10 && smallShapes[mark.tone]) {
      to.fillStyle = this.colours[mark.tone]!;
      to.fill(new Path2D(smallShapes[mark.tone]!(height)), "evenodd");
    } else {
      const { fill, alpha } = this.ground(mark);
      to.globalAlpha = alpha;
      to.fillStyle = fill;
      to.fill();
      to.globalAlpha = 1;
    }
    const loud = mark.tone !== "ok" && mark.tone !== "plain";
    const shape = text || (loud || size.named ? mark.shape : "");
    if (!shape || height < 10 || (mark.tone === "unknown" && !size.named && !text)) return;
    to.fillStyle = this.inkOn(mark);
    const points = text ? Math.min(11, height * 0.46) : Math.min(13, height * 0.62);
    to.font = `700 ${points}px ${this.fonts.mono}`;
    to.textAlign = "center";
    to.textBaseline = "middle";
    to.fillText(shape, width / 2, height / 2 + points * 0.06);
  }

  /** The ground of a tile with a name: quiet, but for what needs a look. */
  private card(to: OffscreenCanvasRenderingContext2D, mark: Mark, size: TileSize): void {
    to.beginPath();
    to.roundRect(0.5, 0.5, size.width - 1, size.height - 1, 6);
    to.fillStyle = this.colours["panel"]!;
    to.fill();
    if (mark.tone === "bad" || mark.tone === "drift") {
      to.globalAlpha = 0.2;
      to.fillStyle = this.colours[mark.tone]!;
      to.fill();
      to.globalAlpha = 1;
    }
    to.strokeStyle = this.colours["line"]!;
    to.stroke();
  }

  private ground(mark: Mark): { fill: string; alpha: number } {
    const alphas: Partial<Record<Mark["tone"], number>> = { age1: 1, age2: 0.55, age3: 0.25 };
    const alpha = alphas[mark.tone];
    return alpha ? { fill: this.colours["accent"]!, alpha } : { fill: this.colours[mark.tone] ?? this.colours["unk"]!, alpha: 1 };
  }

  private hatch(to: OffscreenCanvasRenderingContext2D, width: number, height: number): void {
    to.save();
    to.clip();
    to.strokeStyle = this.colours["unk"]!;
    const wide = height >= 16 ? 3 : 1.5;
    to.lineWidth = wide;
    for (let x = -height; x < width + height; x += wide * 2.2) {
      to.beginPath();
      to.moveTo(x, height);
      to.lineTo(x + height, 0);
      to.stroke();
    }
    to.lineWidth = 2;
    to.beginPath();
    to.roundRect(0, 0, width, height, Math.min(6, Math.max(1.5, height / 5)));
    to.stroke();
    to.restore();
  }

  private ring(to: CanvasRenderingContext2D, scene: Scene, tile: number, colour: string, width: number): void {
    const at = spotOf(scene.packing, tile);
    if (!at) return;
    const { size } = scene.packing;
    const off = width / 2 + 1;
    to.beginPath();
    to.roundRect(at.x - off, at.y - off, size.width + 2 * off, size.height + 2 * off, Math.min(8, size.height / 4 + 2));
    to.lineWidth = width;
    to.strokeStyle = colour;
    to.stroke();
  }

  private lines(to: CanvasRenderingContext2D, scene: Scene): void {
    const { packing } = scene;
    to.strokeStyle = to.fillStyle = this.colours["accent"]!;
    for (const { from, to: end, edge } of scene.lines) {
      const [a, b] = [spotOf(packing, from), spotOf(packing, end)];
      if (!a || !b) continue;
      const curve = packing.size.named ? aside(a, b, packing.size) : above(a, b, packing.size);
      to.lineWidth = packing.size.named ? 1.25 : 1.6;
      to.setLineDash(edge.observed ? [] : [4, 4]);
      to.stroke(new Path2D(curve.line));
      to.setLineDash([]);
      to.fill(new Path2D(curve.head));
      this.ring(to, scene, from === scene.selected ? end : from, this.colours["accent"]!, 1.5);
    }
  }
}

const cuts = new Map<string, string>();

/** A text that is at most so wide. */
function cut(to: CanvasRenderingContext2D, text: string, width: number): string {
  const known = cuts.get(`${width} ${text}`);
  if (known !== undefined) return known;
  let told = text.slice(0, 80);
  if (text.length > 80 || to.measureText(told).width > width) {
    while (told.length > 1 && to.measureText(told + "…").width > width) told = told.slice(0, -1);
    told += "…";
  }
  if (cuts.size > 2000) cuts.clear();
  cuts.set(`${width} ${text}`, told);
  return told;
}
