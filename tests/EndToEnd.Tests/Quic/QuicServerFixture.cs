using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>One server with a QUIC listener for all tests that can share it.</summary>
public sealed class QuicServerFixture : IAsyncLifetime
{
    public ServerProcess Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Server.DataPath, recursive: true);
    }

    /// <summary>Starts one.</summary>
    public static Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings) =>
        ServerProcess.StartAsync(settings: new Dictionary<string, string>(settings.Select(one => KeyValuePair.Create(one.Name, one.Value)))
        {
            ["IGGY_QUIC_ENABLED"] = "true",
            ["IGGY_QUIC_ADDRESS"] = "127.0.0.1:0",
            ["Iggy__Login__FailuresPerMinute"] = "0",
        });
}
