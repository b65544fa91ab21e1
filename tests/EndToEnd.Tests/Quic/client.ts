// A client of the classic dialect over QUIC that shares no code with the product: the written protocol and nothing else.
// deno run --unstable-net -A client.ts PORT CERTIFICATE ALPN SCENARIO ARGUMENTS...
// Prints "ok" and what it counted; throws otherwise.
const [port, certificate, alpn, scenario, ...rest] = Deno.args;

type Reply = { status: number; payload: Uint8Array };

const join = (...parts: Uint8Array[]) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
const u8 = (value: number) => new Uint8Array([value]);
const u32 = (value: number) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
const u64 = (value: number) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
};
const text = (value: string) => join(u8(value.length), new TextEncoder().encode(value));
const name = (value: string) => join(u8(2), text(value));
const number = (value: number) => join(u8(1), u8(4), u32(value));
const login = () => join(text("iggy"), text("iggy"), u32(0), u32(0));
const frame = (code: number, payload: Uint8Array) => join(u32(4 + payload.length), u32(code), payload);

const send = (stream: string, payloads: Uint8Array[]) => {
  const metadata = join(name(stream), name("t"), u8(2), u8(4), u32(0), u32(payloads.length));
  const indexes: Uint8Array[] = [], bodies: Uint8Array[] = [];
  let end = 0;
  for (const payload of payloads) {
    end += 64 + payload.length;
    indexes.push(u32(0), u32(end), u64(0));
    bodies.push(u64(0), u64(1), u64(0), u64(0), u64(0), u64(12345), u32(0), u32(payload.length), u64(0), payload);
  }
  return join(u32(metadata.length), metadata, ...indexes, ...bodies);
};
const poll = (stream: string, offset: number, count: number) =>
  join(u8(1), number(1), name(stream), name("t"), u8(1), u32(0), u8(1), u64(offset), u32(count), u8(0));

const connect = () =>
  Deno.connectQuic({
    hostname: "127.0.0.1",
    port: Number(port),
    serverName: "localhost",
    alpnProtocols: alpn ? [alpn] : [],
    caCerts: certificate ? [Deno.readTextFileSync(certificate)] : undefined,
  });

const readAll = async (readable: ReadableStream<Uint8Array>) => {
  const parts: Uint8Array[] = [];
  for await (const part of readable) parts.push(part);
  return join(...parts);
};

const raw = async (connection: Deno.QuicConn, bytes: Uint8Array) => {
  const stream = await connection.createBidirectionalStream();
  const writer = stream.writable.getWriter();
  await writer.write(bytes);
  await writer.close();
  return await readAll(stream.readable);
};

const ask = async (connection: Deno.QuicConn, code: number, payload = new Uint8Array()): Promise<Reply> => {
  const bytes = await raw(connection, frame(code, payload));
  const view = new DataView(bytes.buffer);
  const length = view.getUint32(4, true);
  if (bytes.length !== 8 + length) throw new Error(`${bytes.length} B came, 8 + ${length} were announced`);
  return { status: view.getUint32(0, true), payload: bytes.subarray(8) };
};

const must = async (connection: Deno.QuicConn, code: number, payload = new Uint8Array()) => {
  const reply = await ask(connection, code, payload);
  if (reply.status !== 0) throw new Error(`command ${code} answered ${reply.status}`);
  return reply.payload;
};

const newTopic = async (connection: Deno.QuicConn, stream: string) => {
  await must(connection, 202, text(stream));
  await must(connection, 302, join(name(stream), u32(1), u8(1), u64(0), u64(0), u8(0), text("t")));
};

const scenarios: Record<string, () => Promise<unknown>> = {
  // One stream for each request; the login of one counts for the later ones.
  async session() {
    const connection = await connect();
    const before = await ask(connection, 20); // get_me needs a login
    await must(connection, 38, login());
    const me = await must(connection, 20);
    await must(connection, 39); // logout
    const after = await ask(connection, 20);
    connection.close({ closeCode: 0, reason: "" });
    return [before.status, me[8], after.status].join(","); // the transport's number is byte 8
  },
  async thousand() {
    const connection = await connect();
    for (let i = 0; i < 1000; i++) await must(connection, 1);
    connection.close({ closeCode: 0, reason: "" });
    return 1000;
  },
  // Frames of a megabyte each way.
  async large() {
    const [stream, count] = [rest[0], Number(rest[1])];
    const connection = await connect();
    await must(connection, 38, login());
    await newTopic(connection, stream);
    const payload = new Uint8Array(1024 * 1024);
    for (let i = 0; i < count; i++) {
      payload.fill(i + 1);
      await must(connection, 101, send(stream, [payload]));
    }
    let right = 0;
    for (let i = 0; i < count; i++) {
      const reply = await must(connection, 100, poll(stream, i, 1));
      const body = reply.subarray(16 + 64);
      if (body.length === payload.length && body.every((value) => value === i + 1)) right++;
    }
    connection.close({ closeCode: 0, reason: "" });
    return right;
  },
  // Many connections side by side, each with requests side by side.
  async crowd() {
    const stream = rest[0];
    const first = await connect();
    await must(first, 38, login());
    await newTopic(first, stream);
    await Promise.all(Array.from({ length: 50 }, async () => {
      const connection = await connect();
      await must(connection, 38, login());
      await Promise.all(Array.from({ length: 20 }, () => must(connection, 101, send(stream, [new Uint8Array(100)]))));
      connection.close({ closeCode: 0, reason: "" });
    }));
    const polled = await must(first, 100, poll(stream, 0, 5000));
    first.close({ closeCode: 0, reason: "" });
    return new DataView(polled.buffer, polled.byteOffset).getUint32(12, true);
  },
  // A length below 4, and a stream that ends inside a frame: no reply, and the connection lives on.
  async malformed() {
    const connection = await connect();
    const lengths: number[] = [];
    for (const bytes of [join(u32(3), u32(1)), join(u32(100), u32(38), u8(1)), u8(1)]) {
      const reply = await raw(connection, bytes); // an end and no byte, not a reset
      lengths.push(reply.length);
    }
    await must(connection, 1);
    connection.close({ closeCode: 0, reason: "" });
    return lengths.join(",");
  },
  // Dies with half a frame sent: nothing is closed, nobody is told.
  async killed() {
    const connection = await connect();
    await must(connection, 38, login());
    for (let i = 0; i < 20; i++) {
      const stream = await connection.createBidirectionalStream();
      await stream.writable.getWriter().write(join(u32(50_000_000), u32(101), new Uint8Array(30_000)));
    }
    await must(connection, 1);
    console.log("ok half");
    Deno.kill(Deno.pid, "SIGKILL");
  },
};

console.log("ok", await scenarios[scenario]());
