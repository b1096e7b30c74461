import { describe, expect, test } from 'vitest';
import { valueRules as rules } from '../../../src/vendors/renpho/value-rules.js';

const session =
  '{"api":"new","token":"T0ken","userId":"7","headers":[["token","T0ken"],["appVersion","7.6.4"],["devId","5f1c"]]}';
const old = '{"api":"old","key":"k3y","userId":"7","query":[["app_id","Renpho"]],"headers":[]}';
const form = '{"form":[["email","a@b.co"],["password","cGFzcw=="],["secure_flag","1"]]}';

describe('a text is judged by the name of its value', () => {
  test.each([
    ['session', session, session.replace('"T0ken","userId"', '"*****","userId"')],
    ['session', old, old.replace('k3y', '')],
    ['stale', '{"mark":"abc","why":"HTTP 401"}', '{"why":"HTTP 401"}'],
    ['profile', '{"name":"Ana","heightCm":172}', '{"heightCm":172}'],
    ['family', '["5245536005636456320"]', '[5245]'],
    ['friends', '[]', '["me"]'],
    [
      'tables',
      '[{"userIds":["1"],"tableName":"measurements_info_1"}]',
      '[{"tableName":"measurements_info_1"}]',
    ],
    ['password-form', form, form.replace('cGFzcw==', '********')],
    ['password-form', form, '{"form":[["password"]]}'],
    ['pulled', '{}', '[]'],
  ])('%s: %j and not %j', (name, good, bad) => {
    expect(rules.problem(name, good)).toBeNull();
    expect(rules.problem(name, bad)).toMatch(/^is not /);
    expect(rules.problem(name, 'no JSON')).toMatch(/^is not /);
  });

  test('and is none without such a name', () => {
    for (const name of ['sessions', 'constructor', '']) {
      expect(rules.problem(name, '{}')).toBe('is not a value that this scaletap knows');
    }
  });

  test('and can hold no NUL, where the database would cut it', () => {
    expect(rules.problem('friends', '[]\0')).toBe('has a NUL character in it');
  });
});

describe('covered is what is secret', () => {
  test.each([
    ['session', session, session.replaceAll('T0ken', '*****').replace('5f1c', '****')],
    ['session', old, old.replace('k3y', '***')],
    ['password-form', form, form.replace('a@b.co', '******').replace('cGFzcw==', '********')],
    ['session', 'no JSON', '*******'],
    ['stale', '{"mark":"abc","why":"HTTP 401"}', '{"mark":"abc","why":"HTTP 401"}'],
    ['profile', '{"name":"Ana"}', '{"name":"Ana"}'],
    ['profile', '{"name":"a@b.co"}', '{"name":"******"}'],
    ['family', '["5245536005636456320"]', '["5245536005636456320"]'],
    ['of a newer one', 'who knows', '*********'],
  ])('in %s', (name, text, covered) => {
    expect(rules.cover(name, text)).toBe(covered);
  });

  test('and what signs in cannot be imported when it is covered', () => {
    expect(rules.problem('session', rules.cover('session', session))).not.toBeNull();
    expect(rules.problem('password-form', rules.cover('password-form', form))).not.toBeNull();
  });
});

test('a device is the id of an account or a person', () => {
  expect(rules.device(' 5245536005636456320 ')).toBe('5245536005636456320');
  expect(rules.device('00:24:e4:00:00:01')).toBeNull();
  expect(rules.device('123456789012345678901')).toBeNull();
});
