/** A message on its way to the stream. */
export interface OutgoingMessage {
  /** The stream keeps one message per id. */
  id: string;
  subject: string;
  body: string;
  headers: Record<string, string>;
}

/** The event bus as a pod uses it. Connecting goes on in the background for as long as it takes. */
export interface PodBus {
  /** Resolves once the stream has stored the message. Rejects when it is worth trying again. */
  publish(message: OutgoingMessage): Promise<void>;
  /** Delivers bodies of messages on exactly this subject, from when the connection stands. */
  subscribe(subject: string, deliver: (body: string) => void): void;
  /** Bytes that one message may hold. */
  maxPayload(): number;
  close(): Promise<void>;
}
