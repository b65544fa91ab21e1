using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>The support archive.</summary>
public sealed class SnapshotTests(ServerFixture fixture)
{
    private const byte Stored = 1, Deflated = 2, All = 100;

    [Theory]
    [InlineData(1, "filesystem_overview.txt", "metadata.db")]
    [InlineData(2, "process_list.txt", "iggy-server")]
    [InlineData(3, "resource_usage.txt", "process threads:")]
    [InlineData(4, "test.txt", "test\n")]
    [InlineData(5, "server_logs.txt", "Iggy.NET is ready")]
    [InlineData(6, "server_config.txt", "Iggy:Root:Password = ******")]
    public async Task Snapshot_OneType_HoldsThatText(byte type, string name, string expected)
    {
        using var client = await LogInAsync(fixture.Server.Tcp);
        foreach (var compression in (byte[])[Stored, Deflated])
        {
            var (entry, text) = Assert.Single(Read(await client.DoAsync(11, [compression, 1, type])));
            Assert.Equal(name, entry);
            Assert.Contains(expected, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Snapshot_All_HoldsEverythingButTheTest()
    {
        using var client = await LogInAsync(fixture.Server.Tcp);
        var entries = Read(await client.DoAsync(11, [Deflated, 1, All]));
        Assert.Equal(
            ["filesystem_overview.txt", "process_list.txt", "resource_usage.txt", "server_config.txt", "server_logs.txt"],
            entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Snapshot_NoTypes_IsAnEmptyArchive_AndTwiceTheSameIsOne()
    {
        using var client = await LogInAsync(fixture.Server.Tcp);
        Assert.Empty(Read(await client.DoAsync(11, [Deflated, 0])));
        Assert.Equal(["process_list.txt", "test.txt"], Read(await client.DoAsync(11, [Deflated, 4, 4, 2, 4, 2])).Select(entry => entry.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(new byte[] { 2, 2, 100, 1 })]
    [InlineData(new byte[] { 2, 2, 100, 100 })]
    [InlineData(new byte[] { 2, 1, 0 })]
    [InlineData(new byte[] { 2, 1, 7 })]
    [InlineData(new byte[] { 0, 1, 1 })]
    [InlineData(new byte[] { 7, 1, 1 })]
    [InlineData(new byte[] { 2, 2, 1 })]
    [InlineData(new byte[] { })]
    public async Task Snapshot_WrongRequest_Answers3(byte[] request)
    {
        using var client = await LogInAsync(fixture.Server.Tcp);
        Assert.Equal(3u, (await client.AskAsync(11, request)).Status);
        Assert.Equal(0u, (await client.AskAsync(1)).Status);
    }

    // XZ is answered with deflate.
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 8)]
    [InlineData(3, 12)]
    [InlineData(4, 93)]
    [InlineData(5, 14)]
    [InlineData(6, 8)]
    public async Task Snapshot_EachCompression_UsesItsMethodOfTheZipFormat(byte compression, ushort method)
    {
        using var client = await LogInAsync(fixture.Server.Tcp);
        var archive = await client.DoAsync(11, [compression, 1, 3]);
        Assert.Equal(0x04034b50u, BinaryPrimitives.ReadUInt32LittleEndian(archive)); // signature of the first entry
        Assert.Equal(method, BinaryPrimitives.ReadUInt16LittleEndian(archive.AsSpan(8)));
    }

    // Goal: what is sent to people who help holds nothing that opens anything. Method: a server with every secret it can have.
    [Fact]
    public async Task Snapshot_All_HoldsNoSecret()
    {
        var folder = Directory.CreateTempSubdirectory("iggy-snapshot-").FullName;
        using var authority = new TestCertificates();
        var (certificate, key) = (Path.Combine(folder, "c.pem"), Path.Combine(folder, "k.pem"));
        authority.WriteServer(certificate, key);
        var settings = new Dictionary<string, string>
        {
            ["IGGY_ROOT_PASSWORD"] = "hush-hush-4711", ["IGGY_SYSTEM_LOGGING_LEVEL"] = "debug", ["IGGY_DISPLAY_CONFIG"] = "true",
            ["IGGY_TCP_TLS_ENABLED"] = "true", ["IGGY_TCP_TLS_CERT_FILE"] = certificate, ["IGGY_TCP_TLS_KEY_FILE"] = key,
        };
        await using (var server = await ServerProcess.StartAsync(folder, settings))
        {
            using var client = await ConnectAsync(server.Tcp, Trusting(authority.Root));
            Assert.NotEqual(0u, (await client.AskAsync(38, Login("iggy", "hush-hush-4712"))).Status);
            await client.DoAsync(38, Login("iggy", "hush-hush-4711"));
            var text = string.Concat(Read(await client.DoAsync(11, [Stored, 1, All])).Select(entry => entry.Text));
            Assert.Contains("Iggy:Root:Password = ******", text, StringComparison.Ordinal);
            Assert.Contains("k.pem", text, StringComparison.Ordinal); // where it lies is no secret
            Assert.DoesNotContain("hush-hush", text, StringComparison.Ordinal);
            Assert.DoesNotContain("$2", text, StringComparison.Ordinal); // how every BCrypt hash begins
            Assert.DoesNotContain("PRIVATE KEY", text, StringComparison.Ordinal);
            foreach (var line in (await File.ReadAllLinesAsync(key, TestContext.Current.CancellationToken)).Where(line => !line.StartsWith('-')))
                Assert.DoesNotContain(line, text, StringComparison.Ordinal);
        }
        Directory.Delete(folder, recursive: true);
    }

    private static List<(string Name, string Text)> Read(byte[] archive)
    {
        using var zip = new ZipArchive(new MemoryStream(archive));
        var entries = new List<(string, string)>();
        foreach (var entry in zip.Entries)
        {
            using var text = new StreamReader(entry.Open(), Encoding.UTF8);
            entries.Add((entry.FullName, text.ReadToEnd()));
        }
        return entries;
    }
}
