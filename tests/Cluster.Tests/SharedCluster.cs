using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.Cluster.Tests;

/// <summary>Three servers for tests that leave them running and use names of their own.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    internal ClusterOfProcesses Servers { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (PostgreSqlServer.Missing is null)
            Servers = await ClusterOfProcesses.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Servers is not null)
            await Servers.DisposeAsync();
    }

    /// <summary>A client for each gateway, logged in.</summary>
    internal async Task<RawClient[]> LogInAsync() => await Task.WhenAll(Enumerable.Range(0, 3).Select(number => RawClient.LogInAsync(Servers[number].Tcp)));

    /// <summary>A stream and in it the topic <c>t</c>.</summary>
    internal static async Task<byte[]> MakeTopicAsync(RawClient client, string stream, uint partitions)
    {
        await client.DoAsync(202, Name(stream));
        await client.DoAsync(302, NewTopic(Id(stream), "t", partitions));
        return Join(Id(stream), Id("t"));
    }
}
