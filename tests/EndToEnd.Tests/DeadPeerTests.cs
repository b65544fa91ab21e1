using System.Net;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Clients that are gone without a word, as when a machine loses power.</summary>
public sealed class DeadPeerTests
{
    // Goal: it is noticed and its places are free for others, though neither side had anything to say. Method: the client's system forgets the connection, so the server's
    // question is answered by nobody who knows of it.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_VanishesInSilence_IsNoticed(bool isWeb)
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>(WebSocketTests.On)
        {
            ["Iggy__Limits__PeerTimeout"] = "00:00:04", ["Iggy__Logging__Level"] = "Debug",
        });
        using var vanishing = await LogInAsync(isWeb ? server.WebSocket : (EndPoint)server.Tcp);
        Assert.SkipUnless(vanishing.TryVanish(), "The test may not use TCP_REPAIR (CAP_NET_ADMIN).");
        await server.WaitForOutputAsync(" is gone");
    }
}
