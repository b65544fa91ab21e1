using System.Diagnostics;
using Iggy.EndToEnd.Tests.Http;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Wrong logins, many or one after the other, and those who have the right password meanwhile.</summary>
public sealed class LoginFloodTests
{
    private static Dictionary<string, string> Settings => new()
    {
        ["IGGY_HTTP_ENABLED"] = "true",
        ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0",
        ["Iggy__Users__PasswordWorkFactor"] = "10",
    };

    // Goal: a flood keeps nobody out who has logged in from where it is, and is told so itself. Method: from one address for a user who did, from others for
    // names of their own, more than may wait.
    [Fact]
    public async Task Flood_OfWrongLoginsFromElsewhere_LetsTheRightOneIn()
    {
        var settings = Settings;
        settings["Iggy__Users__MaxWaitingPasswords"] = "20";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using (var root = await ApiClient.LogInAsync(server))
            await root.DoAsync("POST", "/users", """{"username":"alice","password":"secret","status":"active"}""");

        // 127.0.0.2 and on are strangers; the user came from 127.0.0.1.
        var flood = Enumerable.Range(0, 400).Select(i => WrongLoginAsync(server, $"127.0.{1 + (i / 250)}.{2 + (i % 250)}", $"name-{i}")).ToArray();
        await Task.WhenAny(flood);
        var started = Stopwatch.GetTimestamp();
        using (var alice = await ApiClient.LogInAsync(server, "alice", "secret"))
            await alice.DoAsync("GET", "/users/me");
        var took = Stopwatch.GetElapsedTime(started);
        Assert.True(took < TimeSpan.FromSeconds(5), $"The right login took {took}.");

        var answers = (await Task.WhenAll(flood)).CountBy(code => code).ToDictionary();
        Assert.Equal([42u, 12001u], answers.Keys.Order()); // wrong, and refused for want of room
    }

    // Goal: what clients that left had asked for is nobody's work. Method: so many wrong logins that comparing them all would take long, from connections that
    // are closed at once, then a right one from a stranger's address.
    [Fact]
    public async Task Flood_OfClientsThatLeave_IsGivenUp()
    {
        const int Clients = 60;
        var settings = Settings;
        settings["Iggy__Users__PasswordWorkFactor"] = "13"; // half a second each
        await using var server = await ServerProcess.StartAsync(settings: settings);
        var alone = Stopwatch.GetTimestamp();
        using (var client = await ConnectFromAsync(System.Net.IPAddress.Parse("127.0.2.1"), server.Tcp))
            await client.DoAsync(38, Login(ServerProcess.Username, ServerProcess.Password));
        var limit = Stopwatch.GetElapsedTime(alone) * Clients / 2; // comparing them all would take twice as long on one core
        for (var i = 0; i < Clients; i++)
        {
            using var client = await ConnectFromAsync(System.Net.IPAddress.Parse($"127.0.1.{2 + i}"), server.Tcp);
            await client.SendAsync(Frame(38, Login($"name-{i}", "wrong")));
        }
        var started = Stopwatch.GetTimestamp();
        using (var client = await ConnectFromAsync(System.Net.IPAddress.Parse("127.0.2.2"), server.Tcp))
            await client.DoAsync(38, Login(ServerProcess.Username, ServerProcess.Password));
        var took = Stopwatch.GetElapsedTime(started);
        Assert.True(took < limit, $"The right login took {took}, of {limit}.");
    }

    // Goal: a program with an old password does not lock the others behind its address out, not even those with its name. Method: so many failures that
    // each waits for the longest, one always under way, then the right password.
    [Fact]
    public async Task Failures_OfOneProgram_LeaveTheRightPasswordFromTheSameAddressGood()
    {
        var settings = Settings;
        settings["Iggy__Login__FailuresPerMinute"] = "2";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        for (var i = 0; i < 3; i++)
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => WrongLoginAsync(server, "127.0.0.1", ServerProcess.Username)));
        var old = WrongLoginAsync(server, "127.0.0.1", ServerProcess.Username);
        var another = WrongLoginAsync(server, "127.0.0.1", ServerProcess.Username);
        using (var client = await LogInAsync(server.Tcp))
            await client.DoAsync(1);
        using var api = await ApiClient.LogInAsync(server);
        await api.DoAsync("GET", "/streams");
        Assert.Equal((42u, 42u), (await old, await another));
    }

    private static async Task<uint> WrongLoginAsync(ServerProcess server, string from, string name)
    {
        using var client = await ConnectFromAsync(System.Net.IPAddress.Parse(from), server.Tcp);
        var (status, _) = await client.AskAsync(38, Login(name, $"wrong for {name}")); // equal guesses would share one comparison
        return status;
    }
}
