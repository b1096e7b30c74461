import type { BadSink, InfluxSettings } from '../index.js';
import type { Sink, SinkContext } from '../sink.js';
import { type InfluxTarget, parseInfluxUrl, targetName } from './url.js';

/** What HTTP lets a header hold, and every token consists of. */
const tokenForm = /^[\x21-\x7e]+$/;

/**
 * The sink that the settings of an InfluxDB stand for, or why they cannot be used. Connects to nothing yet. Loads the
 * library of the version alone.
 */
export async function influxSink(settings: InfluxSettings, context: SinkContext): Promise<Sink | BadSink> {
  const { version, url } = settings;
  const target = parseInfluxUrl(url, version);
  if ('reason' in target) return { problem: target.message };
  return version === '1' ? databaseSink(target, settings, context) : bucketSink(target, settings, context);
}

async function databaseSink(
  target: InfluxTarget,
  { token }: InfluxSettings,
  context: SinkContext,
): Promise<Sink | BadSink> {
  if (token !== null) {
    return {
      problem: 'InfluxDB 1 takes no token: set --influx-version to 2 or 3, or leave --influx-token out.',
    };
  }
  const { DatabaseSink } = await import('./database-sink.js');
  return new DatabaseSink(target, context);
}

async function bucketSink(
  target: InfluxTarget,
  { version, token, org }: InfluxSettings,
  context: SinkContext,
): Promise<Sink | BadSink> {
  if (target.user !== '' || target.password !== '') {
    return {
      problem: `InfluxDB ${version} takes a token, not a user and password: leave them out of the InfluxDB URL and set --influx-token.`,
    };
  }
  if (token === null) return { problem: `InfluxDB ${version} takes a token: set --influx-token.` };
  if (!tokenForm.test(token)) {
    return {
      problem: 'The InfluxDB token holds a space or another character that no token has: copy it again.',
    };
  }
  if (version === '2' && org === null) {
    return {
      problem: 'InfluxDB 2 has its buckets in organizations: set --influx-org to the name of yours.',
    };
  }
  const [{ BucketSink }, { writeApi2, writeApi3 }] = await Promise.all([
    import('./bucket-sink.js'),
    import('./write-api.js'),
  ]);
  const where = `influx ${version} ${targetName(target)}`;
  if (version === '3')
    return new BucketSink({ name: where, target, token }, writeApi3(target, token), context);
  // Two organizations may have a bucket of the same name.
  const name = `${where}?org=${encodeURIComponent(org ?? '')}`;
  return new BucketSink({ name, target, token }, writeApi2(target, token, org ?? ''), context);
}
