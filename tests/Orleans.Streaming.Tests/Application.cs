using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Streams;
using Orleans.TestingHost;

namespace Iggy.Orleans.Streaming.Tests;

/// <summary>A user's application of some silos over a server of its own.</summary>
internal sealed class Application : IAsyncDisposable
{
    public const string Provider = "events";

    private Application(IggyTestServer server, IggyClient client, InProcessTestCluster cluster) => (Server, Client, Cluster) = (server, client, cluster);

    public IggyTestServer Server { get; }

    /// <summary>Of the server: a producer that knows nothing of Orleans.</summary>
    public IggyClient Client { get; }

    public InProcessTestCluster Cluster { get; }

    public static Identifier Stream { get; } = new("app");

    public static Identifier Topic { get; } = new("numbers");

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Application> StartAsync(short silos, uint partitions, Action<IggyStreamOptions>? configure = null, StreamPubSubType pubSub = StreamPubSubType.ExplicitGrainBasedAndImplicit)
    {
        var server = await IggyTestServer.StartAsync(
            new() { Settings = new Dictionary<string, string?> { ["Iggy:Storage:SegmentBytes"] = "4096" } }, Cancel);
        var client = await IggyClient.ConnectAsync(server.ConnectionString, Cancel);
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error));
            silo.AddIggyStreams(Provider, Set, provider =>
                provider.Configure<StreamPubSubOptions>(options => options.Configure(one => one.PubSubType = pubSub)));
        });
        builder.ConfigureClient(one => one.AddIggyStreams(Provider, Set));
        var cluster = builder.Build();
        await cluster.DeployAsync(Cancel);
        return new(server, client, cluster);

        void Set(IggyStreamOptions options)
        {
            (options.ConnectionString, options.Stream, options.Topic, options.CreatePartitions) = (server.ConnectionString, "app", "numbers", partitions);
            configure?.Invoke(options);
        }
    }

    public IAsyncStream<int> Events(StreamId id) => Cluster.Client.GetStreamProvider(Provider).GetStream<int>(id);

    /// <summary>Sends numbers as any producer in any language can: a key, a header, a text.</summary>
    public async Task SendAsync(StreamId stream, int from, int count)
    {
        var headers = new MessageHeaders().Add(StreamHeaders.Key, stream.GetKeyAsString()).Add(StreamHeaders.Namespace, stream.GetNamespace()!).ToMemory();
        foreach (var batch in Enumerable.Range(from, count).Chunk(50))
            await Client.SendMessagesAsync(Stream, Topic, Partitioning.ByKey(stream.Key), batch.Select(i => new Message($"{i}") { UserHeaders = headers }).ToArray(), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
