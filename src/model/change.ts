import type { VendorName } from './vendor.js';

/** A vendor's user id. */
export interface VendorId {
  readonly vendor: VendorName;
  readonly id: string;
}

/** What is known of a person besides the weigh-ins. All of it is checked by whoever makes a change. */
export interface PersonFacts {
  /** 1 to 64 characters on one line. */
  readonly name: string;
  /** What a scale shows: 1 to 3 characters of ASCII; null to have it made of the name. */
  readonly shortName: string | null;
  /** `#1f77b4`; null to have one chosen. */
  readonly colour: string | null;
  readonly ids: readonly VendorId[];
  readonly heightM: number | null;
  /** `1992-08-14` */
  readonly birthDate: string | null;
  readonly sex: 'female' | 'male' | null;
}

/** Something about people and their weigh-ins that somebody wants otherwise. */
export type Change =
  | { readonly change: 'add-person'; readonly person: PersonFacts }
  /** Members that are left out stay as they are. */
  | { readonly change: 'edit-person'; readonly key: string; readonly person: Partial<PersonFacts> }
  /** Somebody without weigh-ins, vendors' ids and settings. */
  | { readonly change: 'remove-person'; readonly key: string }
  /** All weigh-ins and vendors' ids go to somebody else, and the person is gone. */
  | { readonly change: 'merge-person'; readonly key: string; readonly into: string }
  /**
   * One weigh-in, by its `weighInId`: whose it is, by key and null for nobody's, and whether it counts. It holds for
   * good, or until it is taken back: with `reset` all that was said before is, and the rest of the change follows on it.
   */
  | {
      readonly change: 'weigh-in';
      readonly weighIn: string;
      readonly owner?: string | null;
      readonly counts?: boolean;
      readonly reset?: boolean;
    };

/** What became of a change. */
export type Changed =
  /** The key of the person whom it was about, for a weigh-in of its owner. */
  | { readonly done: true; readonly key: string | null }
  | {
      readonly done: false;
      /** `unknown`: there is no such person or weigh-in. `conflict`: it cannot be as things are. */
      readonly why: 'unknown' | 'conflict';
      /** For people: what is wrong, and what to do. */
      readonly message: string;
    };
