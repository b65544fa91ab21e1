using Iggy.Testing;

[assembly: AssemblyFixture(typeof(Iggy.EndToEnd.Tests.Http.HttpFixture))]

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>One server with the HTTP API for all tests that can share it; each works in a stream of its own.</summary>
public sealed class HttpFixture : IAsyncLifetime
{
    private static int s_names;

    /// <summary>What every server of these tests is started with.</summary>
    public static Dictionary<string, string> Settings => new()
    {
        ["IGGY_HTTP_ENABLED"] = "true",
        ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0",
        ["Iggy__Login__FailuresPerMinute"] = "0", // tests fail on purpose, all from one address
    };

    public ServerProcess Server { get; private set; } = null!;

    /// <summary>A name that no other test uses.</summary>
    public static string NewName() => $"http-{Interlocked.Increment(ref s_names)}";

    public async ValueTask InitializeAsync() => Server = await ServerProcess.StartAsync(settings: Settings);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Server.DataPath, recursive: true);
    }

    /// <summary>A client that is logged in as root.</summary>
    public Task<ApiClient> LogInAsync() => ApiClient.LogInAsync(Server);

    /// <summary>A client that is logged in as root, and the path of a new topic.</summary>
    public async Task<(ApiClient Client, string Topic)> NewTopicAsync(uint partitions = 1)
    {
        var (client, name) = (await LogInAsync(), NewName());
        await client.DoAsync("POST", "/streams", $$"""{"name":"{{name}}"}""");
        await client.DoAsync("POST", $"/streams/{name}/topics",
            $$"""{"name":"t","partitions_count":{{partitions}},"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""");
        return (client, $"/streams/{name}/topics/t");
    }
}
