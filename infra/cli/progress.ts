import type { AgentRunStatus } from '../../crds/agentrun-status.ts';
import type { Chunk, RunEvent } from './follow.ts';
import type { Terminal } from './terminal.ts';
import { harmless, painter, shortened } from './text.ts';

/**
 * Shows a run as it goes, on standard error: phases, tool calls, text. On a screen (both outputs are one) the text is written
 * where the answer goes, so that it need not be written twice; `shown()` is the text since the last tool call.
 */
export function createProgress(terminal: Terminal, options: { answerOnScreen: boolean }) {
  const paint = painter(terminal.errIsTty, terminal);
  let phase: string | undefined;
  let text = '';
  let midLine = false;
  let lost = false;

  /** Ends a line that text has left open, where it stands, before something else is written. */
  function settle(): void {
    if (midLine) (options.answerOnScreen ? terminal.out : terminal.err)('\n');
    midLine = false;
  }
  function line(content: string): void {
    settle();
    terminal.err(`${content}\n`);
  }
  function showStatus(status: AgentRunStatus): void {
    if (status.phase === phase) return;
    phase = status.phase;
    line(paint('dim', `· ${phase}${status.podName && phase === 'Running' ? ` in pod ${status.podName}` : ''}`));
  }
  function showText(content: string, isAnswer: boolean): void {
    const clean = harmless(content);
    if (clean === '') return;
    if (isAnswer) text += clean;
    if (isAnswer && options.answerOnScreen) terminal.out(clean);
    else terminal.err(paint('dim', clean));
    midLine = !clean.endsWith('\n');
  }
  function showChunk({ type, content }: Chunk): void {
    if (type === 'text' || type === 'thinking') showText(content, type === 'text');
    else text = '';
    const width = Math.max(40, terminal.width - 4);
    if (type === 'tool_use') line(paint('cyan', `→ ${callText(content, width)}`));
    if (type === 'tool_result') line(paint('dim', `← ${shortened(content, width)}`));
  }

  return {
    show(event: RunEvent): void {
      if (event.event === 'reconnecting' && !lost) line(paint('yellow', '· The connection was lost; trying again'));
      lost = event.event === 'reconnecting';
      if (event.event === 'status') showStatus(event.status);
      if (event.event === 'chunk') showChunk(event.chunk);
    },
    line,
    settle,
    shown: () => text,
  };
}

/** `write_file path=haiku.txt content="Five files…"` from `{"name","input"}`. */
function callText(content: string, width: number): string {
  const { name, input } = parseCall(content);
  if (name === undefined) return shortened(content, width);
  const entries = typeof input === 'object' && input !== null ? Object.entries(input) : [];
  const words = entries.map(([key, value]) => `${key}=${shortened(argumentText(value), 60)}`);
  return shortened([name, ...words].join(' '), width);
}

function argumentText(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}

function parseCall(content: string): { name?: string; input?: unknown } {
  try {
    const call: unknown = JSON.parse(content);
    if (typeof call === 'object' && call !== null && 'name' in call && typeof call.name === 'string') {
      return { name: call.name, input: 'input' in call ? call.input : undefined };
    }
  } catch {
    // Not JSON: shown as it is.
  }
  return {};
}
