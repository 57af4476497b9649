/** One memory as clients of the memory server read it (API spec, 4.2). Times are RFC 3339 UTC, whole seconds. */
export interface MemoryEntry {
  id: number;
  content: string;
  tags?: string[];
  created_at: string;
  updated_at: string;
}

export interface NewMemory {
  content: string;
  tags: string[];
}

export interface Stored {
  id: number;
  stored_at: string;
}
