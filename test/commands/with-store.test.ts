import { join } from 'node:path';
import Libsql from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { capturePath, folder, scaletap } from './scaletap.js';

test('a database that another process holds is told of in one line, with what to do', async () => {
  const dataDir = folder();
  await scaletap('import', '--data-dir', dataDir, capturePath('ws30-update2.http'));
  const other = new Libsql(join(dataDir, 'scaletap.db'));
  onTestFinished(() => void other.close());
  other.exec('BEGIN IMMEDIATE');
  const set = ['values', 'set', '00:24:e4:00:00:01', 'gravity', '98128', '--data-dir', dataDir];
  const { code, stderr } = await scaletap(...set);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^cannot use .*scaletap\.db \(.*locked\); try again when it can be written$/);
  other.exec('ROLLBACK');
  expect(await scaletap(...set)).toMatchObject({ code: 0, stderr: '' });
});
