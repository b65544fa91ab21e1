// A silo whose grains get the events of a topic: one grain for each customer, told of its orders in order.
//   IGGY_ROOT_USERNAME=iggy IGGY_ROOT_PASSWORD=iggy ./run.sh &
//   dotnet run --project examples/orleans-streams -- iggy://iggy:iggy@127.0.0.1:8090
using Iggy.Examples.OrleansStreams;
using Iggy.Orleans.Streaming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var server = args.FirstOrDefault() ?? "iggy://iggy:iggy@127.0.0.1:8090";
var builder = Host.CreateApplicationBuilder();
builder.UseOrleans(silo => silo
    .UseLocalhostClustering()
    .AddMemoryGrainStorage("PubSubStore")
    .AddIggyStreams("events", options => (options.ConnectionString, options.Stream, options.Topic, options.CreatePartitions) = (server, "shop", "orders", 4)));
using var host = builder.Build();
await host.StartAsync();

// Here a silo sends; a producer in any language may, with the customer as the message key and as the header "orleans-key".
var events = host.Services.GetRequiredService<IClusterClient>().GetStreamProvider("events");
for (var i = 0; i < 9; i++)
    await events.GetStream<Order>(StreamId.Create("orders", $"customer-{i % 3}")).OnNextAsync(new Order(i, 10m + i));
await host.WaitForShutdownAsync();
