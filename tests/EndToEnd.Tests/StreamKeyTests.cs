using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Streams with a key of their own: told by its fingerprint, and nothing of theirs is readable without it.</summary>
public sealed class StreamKeyTests : IDisposable
{
    private const string Marker = "PLAINTEXT-MARKER";

    private readonly string _data = Directory.CreateTempSubdirectory("iggy-stream-keys-").FullName;
    private readonly byte[] _own = RandomNumberGenerator.GetBytes(32);
    private readonly string _first = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), _second = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Stream_WithAKey_IsReadAfterAKillAndANewKeyOfTheServer()
    {
        await using (var server = await ServerProcess.StartAsync(_data, Settings(_first, 1)))
        {
            using var client = await RawSessionsClient.LogInAsync(server.Tcp);
            var created = Options(await client.DoAsync(202, Name("own"), Raw("encryption_key", _own)));
            await client.DoAsync(202, Name("servers"));
            Assert.Equal(70u, (await client.AskAsync(202, Join(Name("x"), Raw("encryption_key", new byte[31])))).Status);
            Assert.Equal(4105u, (await client.AskAsync(202, Join(Name("x"), RawVsrClient.Option("encryption_key_wrapped", "x")))).Status);
            Assert.Equal(4103u, (await client.AskAsync(16, Join([2], Id("own"), [0], Raw("encryption_key", _own)))).Status);
            Assert.Equal("stream", created["encryption_key_source"]);
            Assert.Matches("^[0-9a-f]{16}$", created["encryption_key_fingerprint"]);
            var servers = Options(await client.DoAsync(200, Id("servers")));
            Assert.Equal(("server", created["encryption_kek_fingerprint"]), (servers["encryption_key_source"], servers["encryption_key_fingerprint"]));
            Assert.False(servers.ContainsKey("encryption_kek_fingerprint"));

            var told = await HttpOptionsAsync(server, "own");
            Assert.Equal(created["encryption_key_fingerprint"], told.GetProperty("encryption_key_fingerprint").GetProperty("value").GetString());
            await client.DoAsync(302, Id("own"), U32(1), Name("t"));
            Assert.Equal(0u, await SendAsync(client, 1));
            await server.KillAsync();
        }
        string renewed;
        await using (var server = await ServerProcess.StartAsync(_data, Settings(_second, 2, $"1:{_first}")))
        {
            using var client = await RawSessionsClient.LogInAsync(server.Tcp);
            Assert.Equal(0u, await SendAsync(client, 2));
            Assert.Equal("1 2", await ReadAsync(client));
            renewed = Options(await client.DoAsync(200, Id("own")))["encryption_key_fingerprint"];
            await server.KillAsync();
        }
        await using (var server = await ServerProcess.StartAsync(_data, Settings(_second, 2, $"1:{_first}")))
        {
            using var client = await RawSessionsClient.LogInAsync(server.Tcp);
            var options = Options(await client.DoAsync(200, Id("own")));
            Assert.Equal(renewed, options["encryption_key_fingerprint"]); // the stream's key is the same
            Assert.Equal("1 2", await ReadAsync(client));
            using var older = await RawClient.LogInAsync(server.Tcp);
            Assert.Equal(2, ReadPoll(await older.DoAsync(100, Poll(9, Id("own"), Id("t"), 0, 3, 0, 10))).Messages.Count);
            Assert.DoesNotContain(Convert.ToBase64String(_own), server.Output, StringComparison.Ordinal);
        }
        foreach (var file in Directory.GetFiles(_data, "*", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(file);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Marker)) < 0 && bytes.AsSpan().IndexOf(_own) < 0, file);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Convert.ToBase64String(_own))) < 0, file);
        }
    }

    private static Dictionary<string, string> Settings(string key, int id, string old = "") => new()
    {
        ["Iggy__Encryption__Enabled"] = "true", ["Iggy__Encryption__Key"] = key, ["Iggy__Encryption__KeyId"] = id.ToString(System.Globalization.CultureInfo.InvariantCulture), ["Iggy__Encryption__OldKeys"] = old,
        ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0",
    };

    private static async Task<uint> SendAsync(RawSessionsClient client, ulong id) => (await client.AskAsync(
        101, RawVsrClient.Messages(Id("own"), Id("t"), ToPartition(0), new VsrMessage(id, Encoding.ASCII.GetBytes(Marker), [], 1)), await client.RouteAsync(Id("own"), Id("t"), 0))).Status;

    private static async Task<string> ReadAsync(RawSessionsClient client)
    {
        var poll = RawSessionsClient.DeferredPoll([1, .. Id(3)], Id("own"), Id("t"), 0, 3, 0, 10, false, 0);
        var (status, reply) = await client.AskAsync(106, poll, await client.RouteAsync(Id("own"), Id("t"), 0));
        Assert.Equal(0u, status);
        return string.Join(' ', RawSessionsClient.ReadPoll(reply).Messages.Select(message => message.IdLow));
    }

    private static async Task<JsonElement> HttpOptionsAsync(ServerProcess server, string stream)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Http}") };
        var login = await http.PostAsJsonAsync("/users/login", new { username = ServerProcess.Username, password = ServerProcess.Password });
        var token = (await login.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetProperty("token").GetString();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return (await http.GetFromJsonAsync<JsonElement>($"/streams/{stream}")).GetProperty("options");
    }

    private static byte[] Raw(string key, byte[] value) => [2, .. U32((uint)key.Length), .. Encoding.ASCII.GetBytes(key), 1, .. U32((uint)value.Length), .. value];

    // The block of what is in force, behind the name and the empty block of what was set.
    private static Dictionary<string, string> Options(byte[] stream)
    {
        var at = 4 + 8 + 4 + 8 + 8;
        at += 1 + stream[at];
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(stream.AsSpan(at)));
        var bytes = BinaryPrimitives.ReadInt32LittleEndian(stream.AsSpan(at + 4));
        var (options, block) = (new Dictionary<string, string>(), stream[(at + 8)..(at + 8 + bytes)]);
        for (at = 0; at < block.Length;)
        {
            string Text()
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(block.AsSpan(at + 1));
                at += 5 + length;
                return Encoding.ASCII.GetString(block, at - length, length);
            }
            var key = Text();
            options.Add(key, Text());
        }
        return options;
    }
}
