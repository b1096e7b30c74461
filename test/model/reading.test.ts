import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ReadingDraft, reading } from '../../src/model/reading.js';

const draft: ReadingDraft = {
  vendor: 'withings',
  kind: 'weight',
  value: 66.85,
  timeMs: 1_283_558_512_000,
  device: '00:24:e4:ff:fc:01',
  person: '101010',
};

describe('reading', () => {
  test('has the unit of its kind, and says nothing that it was not told', () => {
    expect(reading(draft)).toEqual({
      ...draft,
      id: reading(draft).id,
      unit: 'kg',
      candidates: [],
      quality: [],
      cloudId: null,
    });
    expect(reading({ ...draft, kind: 'withings_hrv' }).unit).toBe('');
  });

  test('keeps what it was told', () => {
    const told = {
      candidates: ['1', '2'],
      quality: ['ambiguous-person'],
      cloudId: '5919278420902642176',
    } as const;
    expect(reading({ ...draft, person: null, ...told })).toMatchObject(told);
  });

  // A changed id would double every reading of every installation.
  test('has an id that never changes', () => {
    expect(reading(draft).id).toBe('vqQuoOyRk2pRd14uBQNlNM');
  });

  test('has the same id whatever was measured, however sure we are and whatever the cloud calls it', () => {
    const { id } = reading(draft);
    const other = { value: 70, quality: ['unverified'], candidates: ['1'], cloudId: '7' } as const;
    expect(reading({ ...draft, ...other }).id).toBe(id);
  });

  test('has an id by its place where that stands for the device', () => {
    const { id } = reading(draft, '');
    expect(id).not.toBe(reading(draft).id);
    expect(reading({ ...draft, device: '' }, '').id).toBe(id);
    expect(reading(draft, '').device).toBe(draft.device);
  });

  test.each([
    { vendor: 'renpho' },
    { kind: 'bmi' },
    { timeMs: 1_283_558_513_000 },
    { device: '00:24:e4:ff:fc:02' },
    { person: null },
    { person: 'null' },
    { person: '' },
  ] as const)('has another id with %j', (other) => {
    expect(reading({ ...draft, ...other }).id).not.toBe(reading(draft).id);
  });

  test('ids cannot be made to meet by moving text between fields', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.string(),
        fc.string(),
        (deviceA, personA, deviceB, personB) => {
          const a = reading({ ...draft, device: deviceA, person: personA });
          const b = reading({ ...draft, device: deviceB, person: personB });
          expect(a.id === b.id).toBe(deviceA === deviceB && personA === personB);
          expect(a.id).toMatch(/^[\w-]{22}$/);
        },
      ),
    );
  });
});
