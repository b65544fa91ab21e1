using System.Net;
using System.Text;
using Iggy.EndToEnd.Tests.Http;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Which address clients are told, where the server listens on all of its own.</summary>
public sealed class ClusterAddressTests
{
    [Theory]
    [InlineData("0.0.0.0:0", "127.0.0.1")]
    [InlineData("[::]:0", "127.0.0.1")] // over IPv4 it is reached as that
    [InlineData("[::]:0", "::1")]
    public async Task ClusterMetadata_OfAWildcard_IsTheAddressThatTheClientReached(string listening, string reached)
    {
        var settings = HttpFixture.Settings;
        settings["IGGY_TCP_ADDRESS"] = listening;
        settings["IGGY_HTTP_ADDRESS"] = listening;
        await using var server = await ServerProcess.StartAsync(settings: settings);
        var address = IPAddress.Parse(reached);
        using var client = await LogInAsync(new IPEndPoint(address, server.Tcp.Port));
        var told = await client.DoAsync(12);
        Assert.True(told.AsSpan().IndexOf(Join(U32((uint)reached.Length), Encoding.UTF8.GetBytes(reached))) > 0, Encoding.UTF8.GetString(told));

        using var api = new ApiClient(new IPEndPoint(address, server.Http.Port));
        var login = await api.DoAsync("POST", "/users/login", $$"""{"username":"{{ServerProcess.Username}}","password":"{{ServerProcess.Password}}"}""");
        api.Token = login.GetProperty("access_token").GetProperty("token").GetString();
        Assert.Equal(reached, (await api.DoAsync("GET", "/cluster/metadata")).GetProperty("nodes")[0].GetProperty("ip").GetString());
    }
}
