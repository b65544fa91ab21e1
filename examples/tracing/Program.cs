// One trace from a producer through the server to a consumer. Start all three with the same endpoint:
//   export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317
//   ./run.sh
//   dotnet run --project examples/tracing -- consume iggy://iggy:iggy@127.0.0.1:8090
//   dotnet run --project examples/tracing -- produce iggy://iggy:iggy@127.0.0.1:8090
using System.Diagnostics;
using Iggy.Client;
using Iggy.Protocol;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

if (args is not [("produce" or "consume") and var role, var server])
{
    Console.Error.WriteLine("usage: tracing produce|consume iggy://user:password@host:port");
    return 2;
}

using var application = new ActivitySource("orders");
using var traces = Sdk.CreateTracerProviderBuilder()
    .ConfigureResource(resource => resource.AddService($"orders-{role}"))
    .AddSource("Iggy.Client", application.Name) // what the client tells, and what the application does
    .AddOtlpExporter()
    .Build();
using var figures = Sdk.CreateMeterProviderBuilder()
    .ConfigureResource(resource => resource.AddService($"orders-{role}"))
    .AddMeter("Iggy.Client")
    .AddOtlpExporter()
    .Build();

var options = IggyClientOptions.Parse(server) with { BaggageKeys = ["customer"] };
await using var client = await IggyClient.ConnectAsync(options);
Identifier stream = new("tracing"), topic = new("orders");
if (await client.GetStreamAsync(stream) is null)
    await client.CreateStreamAsync("tracing");
if (await client.GetTopicAsync(stream, topic) is null)
    await client.CreateTopicAsync(stream, "orders", partitionsCount: 1);

if (role == "produce")
{
    using var order = application.StartActivity("place order");
    order?.AddBaggage("customer", "42");
    await client.SendMessageAsync(stream, topic, Partitioning.Balanced, new Message("a book"));
    Console.WriteLine($"sent in trace {order?.TraceId}");
    return 0;
}

await using var consumer = client.CreateConsumer(new ConsumerOptions
{
    Stream = stream, Topic = topic, Consumer = new(ConsumerKind.Group, new("shipping")), Follow = false, Commit = AutoCommit.AfterEach,
});
await consumer.HandleAsync((message, _) =>
{
    using var shipping = application.StartActivity("ship");
    Console.WriteLine($"{message.Message.PayloadText} for customer {Activity.Current?.GetBaggageItem("customer")} in trace {Activity.Current?.TraceId}");
    return default;
});
return 0;
