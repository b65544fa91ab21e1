// An independent client: loads the files as they are published, sends, and subscribes as a member of a group.
//   node client.js send    <address> <protos> <token> <stream> <first> <count>
//   node client.js consume <address> <protos> <token> <stream> <acknowledge: true|false>   prints one line for each message, and for each acknowledgement
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [command, address, protos, token, stream, ...rest] = process.argv.slice(2);
const { iggy } = grpc.loadPackageDefinition(loader.loadSync('iggy/v1/messages.proto', { includeDirs: [protos], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }));
const client = new iggy.v1.Messages(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set('authorization', `Bearer ${token}`);

function fail(error) {
  console.error(error);
  process.exit(1);
}

if (command === 'send') {
  const [first, count] = rest.map(Number);
  const messages = Array.from({ length: count }, (_, i) => ({ payload: Buffer.from(String(first + i)), headers: [{ key: Buffer.from('from'), value: Buffer.from('node') }] }));
  client.Send({ stream, topic: 't', partition_id: 0, messages }, metadata, (error, answer) => {
    if (error) fail(error);
    console.log(`sent at ${answer.base_offset}`);
    client.close();
  });
} else {
  const acknowledges = rest[0] === 'true';
  const call = client.Subscribe(metadata);
  call.on('error', fail);
  call.on('data', (answer) => {
    if (answer.event === 'rebalanced') console.log(`reads ${answer.rebalanced.partition_ids.length}`);
    if (answer.event === 'acked') console.log(`acked ${answer.acked.offset}`);
    if (answer.event !== 'delivery') return;
    const { partition_id, messages } = answer.delivery;
    for (const message of messages) console.log(`got ${message.payload.toString()} ${message.headers.map((header) => header.value.toString()).join()}`);
    call.write({ credit: { messages: messages.length, bytes: 100000 } });
    if (acknowledges) call.write({ ack: { partition_id, offset: messages[messages.length - 1].offset } });
  });
  call.write({ start: { stream, topic: 't', group: 'g', credit: { messages: 10, bytes: 100000 } } });
}
