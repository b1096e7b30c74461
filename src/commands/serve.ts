import { describeListener, startApp } from '../app.js';
import type { Settings } from '../config/schema.js';
import { ServiceManager } from '../control/service-manager.js';
import type { Log } from '../log.js';
import { UserError } from '../model/errors.js';
import { formatEndpoint } from '../wire/address.js';
import { stopSignal } from './stop-signal.js';

/** Relays until a signal ends it. Resolves to the exit code. */
export async function run(settings: Settings, log: Log): Promise<number> {
  const stopped = stopSignal();
  const manager = new ServiceManager(process.env, log);
  const app = await startApp(settings, log);
  void manager.ready(() => app.trouble());
  for (const listener of app.listeners) log.info(`listening for scales: ${describeListener(listener)}`);
  for (const listener of app.proxies) {
    log.info(
      `listening for phones: ${describeListener(listener)}; http://ADDRESS:${listener.port}/ sets one up`,
    );
  }
  for (const listener of app.pages) log.info(`web page: http://${formatEndpoint(listener)}/`);
  const unusable = app.opened.then(
    (file) => {
      log.info(`keeping exchanges and readings in ${file}`);
      return new Promise<never>(() => undefined);
    },
    (error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      log.error(error.message);
      return null;
    },
  );
  const signal = await Promise.race([stopped, unusable]);
  if (signal !== null) log.info(`${signal}: closing`);
  await Promise.all([manager.stopping(), app.close()]);
  return signal === null ? 1 : 0;
}
