using System.Diagnostics;
using System.Net;
using Iggy.EndToEnd.Tests.Http;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>How long a stop takes, and what it says.</summary>
public sealed class StopTests
{
    // Goal: a client that does not read its reply costs moments, on any listener, and nothing that looks like a fault.
    [Fact]
    public async Task Stop_ClientsThatDoNotReadTheirReply_TakesFiveSecondsAtMostAndIsQuiet()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>(WebSocketTests.On)
        {
            ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0", ["Iggy__Server__StopTimeout"] = "00:01:00",
        });
        using var deaf = await LogInAsync(server.Tcp);
        await deaf.DoAsync(202, Name("s"));
        await deaf.DoAsync(302, NewTopic(Id("s"), "t", 1));
        await deaf.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), (1, new byte[40_000_000], []))); // more than the system keeps for a client

        var poll = Frame(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 10));
        await deaf.SendAsync(poll);
        await deaf.ReceiveHeadAsync();
        using var deafWeb = await LogInAsync((EndPoint)server.WebSocket);
        await deafWeb.SendAsync(poll);
        await deafWeb.ReceiveHeadAsync();
        using var login = await ApiClient.LogInAsync(server);
        using var deafHttp = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
        deafHttp.DefaultRequestHeaders.Authorization = new("Bearer", login.Token);
        using var reply = await deafHttp.GetAsync(
            new Uri("/streams/s/topics/t/messages?consumer_id=1&partition_id=0&kind=offset&value=0&count=10", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);

        var before = server.Output.Length;
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(0, await server.StopAsync());
        var taken = Stopwatch.GetElapsedTime(started);
        Assert.True(taken < TimeSpan.FromSeconds(5), $"The stop took {taken}:\n{server.Output}");
        Assert.DoesNotContain("warn: ", server.Output[before..], StringComparison.Ordinal);
        Assert.DoesNotContain("fail: ", server.Output[before..], StringComparison.Ordinal);
    }
}
