/** Reads values of Kafka's protocol, compact ones where nothing else is said. */
export class Reader {
  private at = 0;
  private readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
  private take(length: number): number {
    this.at += length;
    return this.at - length;
  }
  int8 = (): number => this.bytes.readInt8(this.take(1));
  int16 = (): number => this.bytes.readInt16BE(this.take(2));
  int32 = (): number => this.bytes.readInt32BE(this.take(4));
  int64 = (): bigint => this.bytes.readBigInt64BE(this.take(8));
  varint(): number {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.bytes.readUInt8(this.take(1));
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
      shift += 7;
    }
  }
  private slice = (length: number): Buffer => this.bytes.subarray(this.take(length), this.at);
  string = (): string => this.slice(Math.max(0, this.varint() - 1)).toString();
  oldString = (): string => this.slice(Math.max(0, this.int16())).toString();
  raw = (): Buffer => Buffer.from(this.slice(Math.max(0, this.varint() - 1)));
  /** null: all of them. */
  array<T>(read: () => T): T[] | null {
    const length = this.varint() - 1;
    return length < 0 ? null : Array.from({ length }, read);
  }
  oldArray = <T>(read: () => T): T[] => Array.from({ length: Math.max(0, this.int32()) }, read);
  tags(): void {
    for (let left = this.varint(); left > 0; left -= 1) {
      this.varint();
      this.slice(this.varint());
    }
  }
}

/** Values of Kafka's protocol as bytes. */
export const write = {
  int8: (value: number) => sized(1, (bytes) => bytes.writeInt8(value)),
  int16: (value: number) => sized(2, (bytes) => bytes.writeInt16BE(value)),
  int32: (value: number) => sized(4, (bytes) => bytes.writeInt32BE(value)),
  int64: (value: bigint) => sized(8, (bytes) => bytes.writeBigInt64BE(value)),
  varint(value: number): Buffer {
    const bytes: number[] = [];
    let left = value;
    for (; left > 127; left >>>= 7) bytes.push((left & 127) | 128);
    return Buffer.from([...bytes, left]);
  },
  string: (value: string) => Buffer.concat([write.varint(Buffer.byteLength(value) + 1), Buffer.from(value)]),
  oldString: (value: string) => Buffer.concat([write.int16(Buffer.byteLength(value)), Buffer.from(value)]),
  nothing: () => Buffer.from([0]),
  tags: () => Buffer.from([0]),
  array: <T>(items: readonly T[], each: (item: T) => Buffer[]) =>
    Buffer.concat([write.varint(items.length + 1), ...items.flatMap(each)]),
  oldArray: <T>(items: readonly T[], each: (item: T) => Buffer[]) =>
    Buffer.concat([write.int32(items.length), ...items.flatMap(each)]),
} as const;

function sized(length: number, fill: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  fill(bytes);
  return bytes;
}
