using Iggy.Testing;

namespace Iggy.Client.Tests;

/// <summary>Clients of a scripted server.</summary>
internal static class Setup
{
    /// <summary>Quick to come back, so that tests are quick too.</summary>
    public static IggyClientOptions Options(ScriptedServer server) => new()
    {
        Address = ServerAddress.Parse(server.Address),
        Dialect = ProtocolDialect.Classic, // what the scripts are written in
        HeartbeatInterval = null, // a peer that is told byte by byte expects none
        Reconnect = new() { FirstDelay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(10), MaxAttempts = 3 },
    };

    /// <summary>A connected client that has not logged in, and the server's side of it.</summary>
    public static async Task<(IggyClient Client, ScriptedPeer Peer)> ConnectAsync(ScriptedServer server, Func<IggyClientOptions, IggyClientOptions>? change = null)
    {
        var options = Options(server);
        var connecting = IggyClient.ConnectAsync(change is null ? options : change(options), Cancellation);
        var peer = await server.AcceptAsync();
        if (change is not null && change(options).Credentials is not null)
            await peer.AcceptLoginAsync();
        return (await connecting.WaitAsync(ScriptedServer.Limit), peer);
    }

    /// <summary>Ends with the test.</summary>
    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Waits for a call that must come to an end.</summary>
    public static Task<T> Within<T>(this ValueTask<T> call) => call.AsTask().WaitAsync(ScriptedServer.Limit);

    /// <summary>Waits for a call that must come to an end.</summary>
    public static Task Within(this ValueTask call) => call.AsTask().WaitAsync(ScriptedServer.Limit);
}
