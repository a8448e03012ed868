/** What an operator can ask of a session while its workflow runs; `writeOff` also closes the matter of one that has ended. */
export type OperatorActionKind = 'endNow' | 'retryCapture' | 'release' | 'writeOff';
