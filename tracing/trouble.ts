import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, setGlobalErrorHandler } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import { firstLineOf } from '../model/text.ts';

/** Traces are nobody's first concern: what is wrong with them is said this often at most, in ms. */
const GAP_MS = 60_000;

/** Says what keeps traces from their collector, in one line and seldom; and when they are taken again. */
export class ExportTrouble {
  private readonly log: Pick<Logger, 'warn' | 'info'>;
  private readonly endpoint: string;
  private readonly now: () => number;
  private saidAt: number | undefined;
  private unsaid = 0;
  private isAway = false;

  constructor(log: Pick<Logger, 'warn' | 'info'>, endpoint: string, now: () => number = Date.now) {
    this.log = log;
    this.endpoint = endpoint;
    this.now = now;
  }

  /** Spans were not taken. */
  failed(error: unknown): void {
    this.isAway = true;
    this.say(`Traces cannot be delivered to ${this.endpoint}: ${wordsOf(error)}; rollouts go on without`);
  }

  delivered(): void {
    if (!this.isAway) return;
    this.isAway = false;
    this.saidAt = undefined;
    this.log.info({ endpoint: this.endpoint }, 'Traces are delivered again');
  }

  /** Something else that the library complains of. */
  complained(message: string): void {
    this.say(`Traces: ${firstLineOf(message)}`);
  }

  private say(words: string): void {
    const now = this.now();
    this.unsaid += 1;
    if (this.saidAt !== undefined && now - this.saidAt < GAP_MS) return;
    this.saidAt = now;
    this.log.warn({ endpoint: this.endpoint, times: this.unsaid }, words);
    this.unsaid = 0;
  }
}

/** Has the library complain there, and nowhere else: of itself it writes to the console. */
export function complainTo(trouble: ExportTrouble): void {
  const complain = (message: string) => trouble.complained(message);
  const silent = () => {};
  const logger: DiagLogger = { error: complain, warn: complain, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  setGlobalErrorHandler(() => {}); // of exports that failed, which are seen below
}

/** Exports by another, and says how that goes. */
export class WatchedExporter implements SpanExporter {
  private readonly exporter: SpanExporter;
  private readonly trouble: ExportTrouble;

  constructor(exporter: SpanExporter, trouble: ExportTrouble) {
    this.exporter = exporter;
    this.trouble = trouble;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exporter.export(spans, (result) => {
      if (result.code === ExportResultCode.SUCCESS) this.trouble.delivered();
      else this.trouble.failed(result.error);
      done(result);
    });
  }

  async shutdown(): Promise<void> {
    await this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }
}

/** The status of an answer, where there was one: its body may be a page. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it was not taken';
  const { code } = error as { code?: unknown };
  const words = firstLineOf(error.message) || 'it was not taken';
  return typeof code === 'number' ? `HTTP ${code} ${words}` : words;
}
