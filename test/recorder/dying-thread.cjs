/**
 * Preloaded by `node --require` into every thread: has the store's thread die once, in the middle of its work. No
 * code of scaletap's is touched; the database's own `exec` is where it happens, at the COMMIT of this number.
 *
 *     DIES_AT      number of the COMMIT, the first is the migration's
 *     DIES         `before` the transaction is committed, `after`, or of a `fault` that nobody catches
 *     DIED_FILE    made when it happens, so that the next thread lives
 */
const { existsSync, writeFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');
const Libsql = require('libsql');

const { DIES_AT, DIES, DIED_FILE } = process.env;

if (!isMainThread && !existsSync(DIED_FILE)) {
  const exec = Libsql.prototype.exec;
  let commits = 0;
  Libsql.prototype.exec = function (sql) {
    const dies = sql === 'COMMIT' && ++commits === Number(DIES_AT);
    if (dies) writeFileSync(DIED_FILE, '');
    if (dies && DIES === 'before') process.exit(1);
    exec.call(this, sql);
    if (dies && DIES === 'after') process.exit(1);
    if (dies) {
      setImmediate(() => {
        throw new Error('a fault that nobody catches');
      });
    }
  };
}
