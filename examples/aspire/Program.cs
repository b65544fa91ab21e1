// A server and two members of a consumer group, started and watched by Aspire. It needs Docker or Podman, and the image:
//   docker build -f deploy/docker/Dockerfile -t iggy-net .
//   dotnet run --project examples/aspire
using Iggy.Aspire;
using Iggy.Client;

var builder = DistributedApplication.CreateBuilder(args);
var iggy = builder.AddIggy("iggy").WithDataVolume();
builder.Eventing.Subscribe<ResourceReadyEvent>(iggy.Resource, async (_, cancellationToken) =>
{
    await using var client = await IggyClient.ConnectAsync((await iggy.Resource.ConnectionStringExpression.GetValueAsync(cancellationToken))!, cancellationToken);
    if (await client.GetStreamAsync(new("shop"), cancellationToken) is null)
        await client.CreateStreamAsync("shop", cancellationToken);
    if (await client.GetTopicAsync(new("shop"), new("orders"), cancellationToken) is null)
        await client.CreateTopicAsync(new("shop"), "orders", 4, cancellationToken: cancellationToken);
});
for (var member = 1; member <= 2; member++)
    builder.AddProject<Projects.ConsumerGroup>($"member-{member}").WithArgs("shop", "orders", "readers", iggy.Resource.ConnectionStringExpression).WaitFor(iggy);
await builder.Build().RunAsync();
