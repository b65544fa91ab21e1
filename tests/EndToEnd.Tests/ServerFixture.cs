using System.Net;
using Iggy.Testing;

[assembly: AssemblyFixture(typeof(Iggy.EndToEnd.Tests.ServerFixture))]

namespace Iggy.EndToEnd.Tests;

/// <summary>One server for all tests that can share it; each works in a stream of its own.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    private static int _streams;

    public ServerProcess Server { get; private set; } = null!;

    /// <summary>A name that no other test uses.</summary>
    public static string NewName() => $"stream-{Interlocked.Increment(ref _streams)}";

    public async ValueTask InitializeAsync() =>
        Server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["Iggy__Login__FailuresPerMinute"] = "0", // tests fail on purpose, all from one address
            ["IGGY_WEBSOCKET_ENABLED"] = "true", ["IGGY_WEBSOCKET_ADDRESS"] = "127.0.0.1:0",
            ["IGGY_QUIC_ENABLED"] = "true", ["IGGY_QUIC_ADDRESS"] = "127.0.0.1:0",
            ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0",
        });

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Server.DataPath, recursive: true);
    }

    /// <summary>A logged-in raw client with a stream and a topic called <c>t</c> of its own.</summary>
    /// <param name="partitions">Of the topic.</param>
    /// <param name="server">Where to connect; null for TCP.</param>
    public async Task<(RawClient Client, byte[] Stream, byte[] Topic)> NewTopicAsync(uint partitions, EndPoint? server = null)
    {
        var client = await RawClient.LogInAsync(server ?? Server.Tcp);
        var name = NewName();
        await client.DoAsync(202, RawClient.Name(name));
        await client.DoAsync(302, RawClient.NewTopic(RawClient.Id(name), "t", partitions));
        return (client, RawClient.Id(name), RawClient.Id("t"));
    }
}
