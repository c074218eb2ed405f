import type { AgreementSign } from "@/protocol/messages";

type Strokes = AgreementSign["strokes"];

/** What signature_pad keeps of a stroke, as far as it matters here. */
export interface PadStroke {
  points: { x: number; y: number; pressure: number; time: number }[];
}

const round = (value: number) => Math.round(value * 100) / 100;

/** The pad's strokes as the protocol wants them; strokes without a point fall away. */
export function toProtocol(drawn: readonly PadStroke[]): Strokes {
  return drawn
    .map((stroke) =>
      stroke.points.map(({ x, y, pressure, time }) => ({
        x: round(x),
        y: round(y),
        pressure: round(Math.min(1, Math.max(0, pressure || 0.5))),
        time: Math.round(time),
      })),
    )
    .filter((stroke) => stroke.length > 0);
}

/** Too little ink to be a name: a tap, or a slip of the finger. `size` is the pad's shorter edge in pixels. */
export function isSlip(strokes: Strokes, size: number): boolean {
  let length = 0;
  for (const stroke of strokes) {
    stroke.forEach((point, index) => {
      const before = stroke[index - 1];
      if (before) length += Math.hypot(point.x - before.x, point.y - before.y);
    });
  }
  return length < size * 0.4;
}

/** When the phone is turned, the drawing is fitted into the new pad as a whole. */
export function refit<T extends PadStroke>(
  drawn: readonly T[],
  from: { w: number; h: number },
  to: { w: number; h: number },
): T[] {
  const scale = Math.min(to.w / from.w, to.h / from.h);
  return drawn.map((stroke) => ({
    ...stroke,
    points: stroke.points.map((point) => ({ ...point, x: point.x * scale, y: point.y * scale })),
  }));
}
