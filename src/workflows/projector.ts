import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { paymentPageOf, viewOf } from '../domain/session/view.ts';
import type { SessionState } from '../domain/session/state.ts';
import type { LinkFault } from '../domain/text-delivery.ts';
import { records } from './activity-options.ts';
import { currentDetails, searchAttributesOf } from './presentation.ts';

/** Shows the session to the world: the database row, the search attributes, the live account in the Temporal UI. */
export class Projector {
  /** of the last record */
  revision: number;
  /** of the session's handled texts, that many are on record */
  private recordedTexts: number;
  private shown = '';
  private attributes = '';
  private waiting: SessionState | null = null;
  private writing = false;

  constructor(recorded: { revision: number; texts: number }) {
    this.revision = recorded.revision;
    this.recordedTexts = recorded.texts;
  }

  show(session: SessionState, linkFault: LinkFault | null): void {
    setCurrentDetails(currentDetails(session, linkFault));
    this.showAttributes(session, linkFault);
    const picture = JSON.stringify([viewOf(session), session.inbox.handledIds, paymentPageOf(session)]);
    if (picture === this.shown) return;
    this.shown = picture;
    this.waiting = session;
    if (!this.writing) void this.write();
  }

  isIdle(): boolean {
    return !this.writing && this.waiting === null;
  }

  private showAttributes(session: SessionState, linkFault: LinkFault | null): void {
    const pairs = searchAttributesOf(session, linkFault);
    const attributes = JSON.stringify(pairs.map((pair) => pair.value));
    if (attributes === this.attributes) return;
    this.attributes = attributes;
    upsertSearchAttributes(pairs);
  }

  private async write(): Promise<void> {
    this.writing = true;
    while (this.waiting !== null) {
      const session = this.waiting;
      this.waiting = null;
      this.revision += 1;
      await records.recordSession.executeWithOptions({ summary: `Record ${session.phase.state}` }, [
        {
          session: viewOf(session),
          revision: this.revision,
          handledInboxIds: session.inbox.handledIds.slice(this.recordedTexts),
          ...paymentPageOf(session),
        },
      ]);
      this.recordedTexts = session.inbox.handledIds.length;
    }
    this.writing = false;
  }
}
