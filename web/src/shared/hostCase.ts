const key = (seat: string) => `heshi.case.${seat}`;

/** The console leaves word of the case for this tab, so that the room leads the mediator back to it. */
export function rememberCase(seat: string, caseId: string): void {
  try {
    sessionStorage.setItem(key(seat), caseId);
  } catch {
    // The room then leads back to the list of cases.
  }
}

export function caseOfHost(seat: string): string | null {
  try {
    return sessionStorage.getItem(key(seat));
  } catch {
    return null;
  }
}
