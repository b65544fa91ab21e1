using System.Diagnostics;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Disks that are full and bytes that are damaged, seen from outside.</summary>
public sealed class FaultTests
{
    private const uint CannotAppendMessage = 4010, InvalidMessageChecksum = 4027;

    [Fact]
    public async Task FullDisk_FailsAppends_KeepsServingReads_AndRecoversWhenThereIsSpace()
    {
        var folder = Directory.CreateTempSubdirectory("iggy-full-").FullName;
        if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=48m", "none", folder) != 0)
            Assert.Skip("Only root can mount the small disk that this test fills.");
        try
        {
            await using (var server = await ServerProcess.StartAsync(folder))
            {
                using var client = await LogInAsync(server.Tcp);
                await client.DoAsync(202, Name("s"));
                await client.DoAsync(302, NewTopic(Id("s"), "t", 2));
                await client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(1), (1, new byte[100], [])));
                var ballast = Path.Combine(folder, "ballast");
                await File.WriteAllBytesAsync(ballast, new byte[16 << 20], TestContext.Current.CancellationToken);

                byte[] Batch(ulong id) => Messages(Id("s"), Id("t"), ToPartition(0), (id, new byte[500_000], []));
                var (sent, status) = (0ul, 0u);
                for (; status == 0 && sent < 1000; sent += status == 0 ? 1u : 0u)
                    (status, _) = await client.AskAsync(101, Batch(sent + 1));
                Assert.Equal(CannotAppendMessage, status);
                Assert.Equal(CannotAppendMessage, (await client.AskAsync(101, Batch(sent + 1))).Status);
                Assert.Equal(sent, await CountAsync(client, partition: 0));
                Assert.Equal(1ul, await CountAsync(client, partition: 1));

                File.Delete(ballast);
                await client.DoAsync(101, Batch(sent + 1));
                Assert.Equal(sent + 1, await CountAsync(client, partition: 0));
                Assert.Equal(0, await server.StopAsync());
                await using var again = await ServerProcess.StartAsync(folder);
                using var reader = await LogInAsync(again.Tcp);
                Assert.Equal(sent + 1, await CountAsync(reader, partition: 0));
            }
        }
        finally
        {
            await RunAsync("umount", "-l", folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DamagedRecord_IsReportedAndNeverServed_AndTheRestStaysReadable(bool isKilled)
    {
        var server = await ServerProcess.StartAsync();
        try
        {
            using (var client = await LogInAsync(server.Tcp))
            {
                await client.DoAsync(202, Name("s"));
                await client.DoAsync(302, NewTopic(Id("s"), "t", 2));
                foreach (var text in new[] { "first record", "second record", "third record" })
                {
                    for (var partition = 0u; partition < 2; partition++)
                    {
                        var payload = System.Text.Encoding.UTF8.GetBytes($"{text} of partition {partition}");
                        await client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(partition), (1, payload, []), (2, payload, [])));
                    }
                }
            }
            if (isKilled)
                await server.KillAsync();
            else
                Assert.Equal(0, await server.StopAsync());
            await server.DisposeAsync();
            FlipAByte(server.DataPath, "second record of partition 0"u8);

            server = await ServerProcess.StartAsync(server.DataPath);
            using var reader = await LogInAsync(server.Tcp);
            Assert.Equal([0, 1], await OffsetsAsync(reader, 0, from: 0));
            Assert.Equal(InvalidMessageChecksum, (await reader.AskAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 2, 10))).Status);
            Assert.Equal([4, 5], await OffsetsAsync(reader, 0, from: 4));
            Assert.Equal([0, 1, 2, 3, 4, 5], await OffsetsAsync(reader, 1, from: 0));
            await reader.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), (9, [9], [])));
            Assert.Equal([4, 5, 6], await OffsetsAsync(reader, 0, from: 4));
            Assert.Contains("damage", server.Output, StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    [Theory]
    [InlineData("interval")]
    [InlineData("always")]
    public async Task Durability_OtherModes_ServeAndKeepEverything(string durability)
    {
        var settings = new Dictionary<string, string> { ["IGGY_STORAGE_DURABILITY"] = durability };
        var server = await ServerProcess.StartAsync(settings: settings);
        try
        {
            using (var client = await LogInAsync(server.Tcp))
            {
                await client.DoAsync(202, Name("s"));
                await client.DoAsync(302, NewTopic(Id("s"), "t", 1));
                var frames = Enumerable.Range(1, 100).Select(i => Frame(101, Messages(Id("s"), Id("t"), ToPartition(0), ((ulong)i, [1], [])))).ToArray();
                await client.SendAsync(Join(frames));
                foreach (var _ in frames)
                    Assert.Equal(0u, (await client.ReceiveAsync()).Status);
                await client.DoAsync(102, Id("s"), Id("t"), U32(0), U8(1));
            }
            await server.KillAsync();
            await server.DisposeAsync();
            server = await ServerProcess.StartAsync(server.DataPath, settings);
            using var reader = await LogInAsync(server.Tcp);
            Assert.Equal(100ul, await CountAsync(reader, partition: 0));
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private static void FlipAByte(string dataPath, ReadOnlySpan<byte> marker)
    {
        foreach (var file in Directory.EnumerateFiles(dataPath, "*.log", SearchOption.AllDirectories))
        {
            // The active segment of a killed server is sparse and long: its beginning is all that was written here.
            using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
            var bytes = new byte[Math.Min(stream.Length, 64 * 1024)];
            stream.ReadExactly(bytes);
            if (bytes.AsSpan().IndexOf(marker) is var at and >= 0)
            {
                stream.Position = at;
                stream.WriteByte((byte)(bytes[at] ^ 1));
                return;
            }
        }
        Assert.Fail("The marker is in no log file.");
    }

    private static async Task<ulong[]> OffsetsAsync(RawClient client, uint partition, ulong from)
    {
        var (_, _, messages) = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), partition, 1, from, 10)));
        return [.. messages.Select(message => message.Offset)];
    }

    private static async Task<ulong> CountAsync(RawClient client, uint partition)
    {
        var count = 0ul;
        while (true)
        {
            var (_, _, messages) = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), partition, 1, count, 1000)));
            if (messages.Count == 0)
                return count;
            Assert.Equal(count, messages[0].Offset);
            count += (ulong)messages.Count;
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
