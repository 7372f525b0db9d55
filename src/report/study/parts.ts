import { escaped } from './markup.ts';
import type { StudyReport } from './report.ts';
import type { Section } from './section.ts';
import { sectionsOf } from './sections.ts';
import { trialSections as sectionsOfTrial } from './trial-part.ts';

/** A section as text, for who makes a page of his own. */
export interface StudySection {
  /** Unique in its page. */
  readonly id: string;
  /** As HTML. */
  readonly title: string;
  /** As HTML, without the heading. */
  readonly content: string;
}

export function studySections(report: StudyReport): StudySection[] {
  return sectionsOf(report).map(asText);
}

export function trialSections(report: StudyReport, key: string): StudySection[] {
  return sectionsOfTrial(report, key).map(asText);
}

function asText({ id, title, content }: Section): StudySection {
  return { id, title: escaped(title), content: content.text };
}
