import type * as z from 'zod';
import type { KindNames } from './group.ts';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'date';
  jsonPath: string;
  /** Shown only with `-o wide` when above 0. */
  priority?: number;
}

/** All that the CustomResourceDefinition of a kind is generated from. */
export interface KindDefinition {
  names: KindNames;
  description: string;
  spec: z.ZodType;
  status: z.ZodType;
  printerColumns: readonly PrinterColumn[];
  /** Fields that `kubectl get --field-selector` takes. */
  selectableFields?: readonly string[];
}

export const column = (name: string, jsonPath: string, type: PrinterColumn['type'] = 'string'): PrinterColumn => ({
  name,
  type,
  jsonPath,
});

/** Columns that say why an object is as it is: reason and message of its main condition. */
export const whyColumns = (condition: string): PrinterColumn[] =>
  ['Reason', 'Message'].map((name) => ({
    ...column(name, `.status.conditions[?(@.type=="${condition}")].${name.toLowerCase()}`),
    priority: 1,
  }));

export const AGE: PrinterColumn = column('Age', '.metadata.creationTimestamp', 'date');
