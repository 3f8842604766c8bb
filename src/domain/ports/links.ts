/**
 * Where people see one question in a browser and may answer it: the page behind a signed link. The same ticket and
 * deadline always give the same link. null: no public address is configured, so messages hold no links.
 */
export type ApprovalLinks = (ticket: string, dueAt: number) => string | null;
