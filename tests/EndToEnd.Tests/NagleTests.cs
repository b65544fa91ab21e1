using System.Diagnostics;
using System.Net;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Clients that leave Nagle's algorithm on and write a request in parts, as released ones do: their system holds the last part back until the one before
/// it is acknowledged, so nobody may wait for that.</summary>
public sealed class NagleTests
{
    private const int Rounds = 21;

    // Goal: such a client waits no longer than one that sends at once. Method: medians of both in turns on one server; the delay would be 40 ms.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Send_HeadAndBodyApart_IsAnsweredAsFastAsWithoutNagle(bool hasTls, bool isWeb)
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>(WebSocketTests.On)
        {
            ["IGGY_TCP_TLS_ENABLED"] = hasTls ? "true" : "false", ["IGGY_TCP_TLS_SELF_SIGNED"] = "true",
        });
        using var delaying = await ConnectAsync(server, hasTls, isWeb);
        using var prompt = await ConnectAsync(server, hasTls, isWeb);
        delaying.NoDelay = false;
        await prompt.DoAsync(202, Name("s"));
        await prompt.DoAsync(302, NewTopic(Id("s"), "t", 1));

        var (slow, fast) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            slow.Add(await SendAsync(delaying));
            fast.Add(await SendAsync(prompt));
        }
        var (delayed, undelayed) = (Median(slow), Median(fast));
        Assert.True(delayed < Math.Max(5, 4 * undelayed), $"Median with Nagle {delayed:F1} ms, without {undelayed:F1} ms.");
    }

    private static async Task<double> SendAsync(RawClient client)
    {
        var frame = Frame(101, Messages(Id("s"), Id("t"), ToPartition(0), (1, new byte[50_000], [])));
        var started = Stopwatch.GetTimestamp();
        await client.SendAsync(frame.AsMemory(0, 8));
        await client.SendAsync(frame.AsMemory(8));
        Assert.Equal(0u, (await client.ReceiveAsync()).Status);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task<RawClient> ConnectAsync(ServerProcess server, bool hasTls, bool isWeb)
    {
        var client = hasTls ? await RawClient.ConnectAsync(server.Tcp, Trusting()) : await RawClient.ConnectAsync(isWeb ? server.WebSocket : (EndPoint)server.Tcp);
        await client.DoAsync(38, Login(ServerProcess.Username, ServerProcess.Password));
        return client;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
