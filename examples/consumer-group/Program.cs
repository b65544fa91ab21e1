using Iggy.Client;
using Iggy.Protocol;

// Reads a topic as a member of a group: start it twice, and each reads half of the partitions; stop one, and the other takes over.
// consumer-group STREAM TOPIC [GROUP [CONNECTION STRING]]
if (args.Length < 2)
{
    Console.Error.WriteLine("consumer-group STREAM TOPIC [GROUP [CONNECTION STRING]]");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true; // leave the loop, store what was handled, leave the group
    stop.Cancel();
};

await using var client = await IggyClient.ConnectAsync(args.Length > 3 ? args[3] : "iggy://iggy:iggy@127.0.0.1:8090");
await using var consumer = client.CreateConsumer(new()
{
    Stream = Identifier.FromText(args[0]),
    Topic = Identifier.FromText(args[1]),
    Consumer = new(ConsumerKind.Group, new(args.Length > 2 ? args[2] : "readers")), // made if it is missing
    Commit = AutoCommit.AfterAll.OrAt(TimeSpan.FromSeconds(1)), // a message whose handling fails comes again
});
try
{
    await foreach (var (partition, current, message) in consumer.ReadAsync(stop.Token))
        Console.WriteLine($"partition {partition}, offset {message.Offset} of {current}: {message.PayloadText}");
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.WriteLine("Stopped.");
}
return 0;
