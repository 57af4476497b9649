import type * as z from 'zod';
import type { KindNames } from './group.ts';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'boolean' | 'date';
  jsonPath: string;
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

export const AGE: PrinterColumn = column('Age', '.metadata.creationTimestamp', 'date');
