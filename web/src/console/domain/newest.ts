/** Rows with a time, the newest first; the given order is kept for equal times. */
export function newestFirst<T extends { at: string }>(rows: T[]): T[] {
  return [...rows].sort((a, b) => b.at.localeCompare(a.at));
}
