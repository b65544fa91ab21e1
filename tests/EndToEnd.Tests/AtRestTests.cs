using System.Security.Cryptography;
using System.Text;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Compression and encryption on disk: seen in the files, and nowhere else.</summary>
public sealed class AtRestTests : IDisposable
{
    private const string Marker = "PLAINTEXT-MARKER";
    private static readonly byte[] s_payload = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Marker + " and more of it, ", 40)));
    private static readonly byte[] s_headers = UserHeader(Marker + "-HEADER");

    private readonly string _data = Directory.CreateTempSubdirectory("iggy-at-rest-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData(1)] // none
    [InlineData(2)] // gzip
    public async Task Encryption_UnderApacheIggysNames_LeavesNoMarkerInAnyFileAndIsReadAfterARestart(byte compression)
    {
        var settings = new Dictionary<string, string>
        {
            ["IGGY_SYSTEM_ENCRYPTION_ENABLED"] = "true",
            ["IGGY_SYSTEM_ENCRYPTION_KEY"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["IGGY_SYSTEM_SEGMENT_SIZE"] = "64 KiB", // so that there are sealed segments too
        };
        ulong size;
        await using (var server = await ServerProcess.StartAsync(_data, settings))
        {
            using (var client = await LogInAsync(server.Tcp))
            {
                await client.DoAsync(202, Name("s"));
                Assert.Equal(compression, (await client.DoAsync(302, Topic("t", compression)))[24]);
                await SendAsync(client, "t", batches: 30);
                await CheckAsync(client, "t", count: 300);
                size = TopicBytes(await client.DoAsync(300, Id("s"), Id("t")));
                Assert.Equal(300UL * (ulong)(64 + s_payload.Length + s_headers.Length), size); // what the wire carries, not what lies on disk
            }
            await server.KillAsync(); // nothing of it is tidied up
        }

        Assert.True(Directory.GetFiles(_data, "*.log", SearchOption.AllDirectories).Length > 1);
        Assert.Empty(FilesWithTheMarker());
        await using (var server = await ServerProcess.StartAsync(_data, settings))
        {
            using var client = await LogInAsync(server.Tcp);
            await CheckAsync(client, "t", count: 300);
            Assert.Equal(size, TopicBytes(await client.DoAsync(300, Id("s"), Id("t"))));
            Assert.Equal(0, await server.StopAsync());
            Assert.DoesNotContain(settings["IGGY_SYSTEM_ENCRYPTION_KEY"], server.Output, StringComparison.Ordinal);
        }
        Assert.Empty(FilesWithTheMarker());
    }

    // Goal: the test above can fail.
    [Fact]
    public async Task WithoutEncryption_TheMarkerIsInTheFiles()
    {
        await using var server = await ServerProcess.StartAsync(_data, new Dictionary<string, string> { ["IGGY_SYSTEM_SEGMENT_SIZE"] = "64 KiB" });
        using var client = await LogInAsync(server.Tcp);
        await client.DoAsync(202, Name("s"));
        await client.DoAsync(302, Topic("t", compression: 1));
        await SendAsync(client, "t", batches: 1);
        await server.KillAsync();
        Assert.Single(FilesWithTheMarker());
    }

    [Fact]
    public async Task Start_WithAnotherKeyOrWithout_Leaves5AndSaysWhy()
    {
        var settings = new Dictionary<string, string>
        {
            ["IGGY_SYSTEM_ENCRYPTION_ENABLED"] = "true",
            ["IGGY_SYSTEM_ENCRYPTION_KEY"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        };
        await using (await ServerProcess.StartAsync(_data, settings))
        {
        }

        var another = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var (code, output) = await ServerProcess.RunToEndAsync(_data, new Dictionary<string, string>(settings) { ["IGGY_SYSTEM_ENCRYPTION_KEY"] = another });
        Assert.True(code == 5, output);
        Assert.Contains("another key 1 than the one given", output, StringComparison.Ordinal);
        Assert.DoesNotContain(another, output, StringComparison.Ordinal);
        (code, output) = await ServerProcess.RunToEndAsync(_data);
        Assert.True(code == 5, output);
        Assert.Contains("key 1, which is not given", output, StringComparison.Ordinal);
        (code, output) = await ServerProcess.RunToEndAsync(_data, new Dictionary<string, string> { ["IGGY_SYSTEM_ENCRYPTION_ENABLED"] = "true", ["IGGY_SYSTEM_ENCRYPTION_KEY"] = "c2hvcnQ=" });
        Assert.True(code == 2, output);
        Assert.Contains("Iggy:Encryption:Key", output, StringComparison.Ordinal);
        Assert.DoesNotContain("c2hvcnQ", output, StringComparison.Ordinal);
        await using (await ServerProcess.StartAsync(_data, settings))
        {
        }
    }

    [Theory]
    [InlineData("Lz4")]
    [InlineData("Zstd")]
    public async Task Compression_AsATopicAsks_MakesItsFilesSmallAndIsReadByAnyLaterServer(string codec)
    {
        await using (var server = await ServerProcess.StartAsync(_data, new Dictionary<string, string> { ["Iggy__Storage__Compression"] = codec }))
        {
            using var client = await LogInAsync(server.Tcp);
            await client.DoAsync(202, Name("s"));
            await client.DoAsync(302, Topic("plain", compression: 1));
            await client.DoAsync(302, Topic("packed", compression: 2));
            foreach (var topic in new[] { "plain", "packed" })
            {
                await SendAsync(client, topic, batches: 10);
                await CheckAsync(client, topic, count: 100);
            }
            Assert.Equal(TopicBytes(await client.DoAsync(300, Id("s"), Id("plain"))), TopicBytes(await client.DoAsync(300, Id("s"), Id("packed"))));
            Assert.Equal(0, await server.StopAsync());
        }

        var sizes = Directory.GetFiles(_data, "*.log", SearchOption.AllDirectories).Select(path => new FileInfo(path).Length - 4096).Order().ToArray();
        Assert.True(sizes is [var packed, var plain] && packed * 4 < plain, string.Join(", ", sizes));

        await using (var server = await ServerProcess.StartAsync(_data, new Dictionary<string, string> { ["Iggy__Storage__Compression"] = "None" }))
        {
            using var client = await LogInAsync(server.Tcp);
            await CheckAsync(client, "packed", count: 100);
            await SendAsync(client, "packed", batches: 1);
            await CheckAsync(client, "packed", count: 110);
        }
    }

    private static async Task SendAsync(RawClient client, string topic, int batches)
    {
        for (var i = 0; i < batches; i++)
            await client.DoAsync(101, Messages(Id("s"), Id(topic), ToPartition(0), [.. Enumerable.Range(1, 10).Select(number => ((ulong)((i * 10) + number), s_payload, s_headers))]));
    }

    private static async Task CheckAsync(RawClient client, string topic, int count)
    {
        var (_, current, messages) = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id(topic), 0, 1, 0, 1000)));
        Assert.Equal((count, (ulong)count - 1), (messages.Count, current));
        Assert.All(messages, message => Assert.True(message.Payload.AsSpan().SequenceEqual(s_payload) && message.Headers.AsSpan().SequenceEqual(s_headers)));
    }

    private string[] FilesWithTheMarker() =>
        [.. Directory.GetFiles(_data, "*", SearchOption.AllDirectories).Where(path => File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Marker)) >= 0)];

    private static ulong TopicBytes(byte[] topic) => BitConverter.ToUInt64(topic, 34);

    private static byte[] Topic(string name, byte compression) => Join(Id("s"), U32(1), U8(compression), U64(0), U64(0), U8(0), Name(name));

    // One header: a string key and a string value.
    private static byte[] UserHeader(string value) => Join(U8(2), U32(3), Encoding.UTF8.GetBytes("key"), U8(2), U32((uint)value.Length), Encoding.UTF8.GetBytes(value));
}
