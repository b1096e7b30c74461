import { onTestFinished } from 'vitest';
// The recorder's thread is a worker, which needs the built file.
import { Recorder } from '../../dist/recorder/recorder.js';
import type { RecorderSettings } from '../../src/recorder/messages.js';
import { openStore, plain } from '../store/stores.js';

/** A recorder, closed after the test, with what it has logged and told. */
export function recorderOf(dataDir: string, given: Partial<RecorderSettings> = {}) {
  const logged: string[] = [];
  const owing: (readonly string[])[] = [];
  const sessions: (readonly string[])[] = [];
  const at = (level: string) => (line: string) => {
    logged.push(`${level} ${line}`);
  };
  const log = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  const settings: RecorderSettings = {
    dataDir,
    retention: { maxAgeMs: null, maxBytes: null },
    sinks: {},
    answers: {
      people: [],
      place: { timeZone: 'Europe/Paris', latitude: null, altitude: 0, language: null },
      requireAuth: false,
      maxValueAgeMs: null,
    },
    learn: true,
    leaseMs: 60_000,
    ...given,
  };
  const recorder = new Recorder(settings, log, {
    onOwing: (list) => owing.push(list),
    onSessions: (list) => sessions.push(list),
  });
  onTestFinished(() => recorder.close());
  return { recorder, logged, owing, sessions };
}

/** What is in the journal of a folder. */
export function stored(dataDir: string) {
  const store = openStore(dataDir);
  const list = [...store.journal.list({ limit: 1_000_000 })];
  store.close();
  return list.map(plain);
}
