using System.Diagnostics;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Somebody else has filled the disk: the server starts, reads go on, and what makes room works.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly string _mount = Directory.CreateTempSubdirectory("iggy-full-").FullName;
    private bool _isMounted;

    private string Data => Path.Combine(_mount, "data");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Mounting a small file system needs root.");
        _isMounted = await RunAsync("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", _mount) == 0;
        Assert.SkipUnless(_isMounted, "A small file system could not be mounted.");
        Directory.CreateDirectory(Data);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isMounted)
            await RunAsync("umount", "-l", _mount);
        Directory.Delete(_mount, recursive: true);
    }

    [Fact]
    public async Task Start_OnAFullDisk_ServesReadsAndTakesDeletes()
    {
        var settings = new Dictionary<string, string> { ["IGGY_SYSTEM_SEGMENT_SIZE"] = "1 MB" };
        await using (var server = await ServerProcess.StartAsync(Data, settings))
        {
            using var client = await LogInAsync(server.Tcp);
            await client.DoAsync(202, Name("s"));
            foreach (var name in new[] { "kept", "old", "older" })
            {
                await client.DoAsync(302, NewTopic(Id("s"), name, 1));
                await client.DoAsync(101, Messages(Id("s"), Id(name), ToPartition(0), (1, new byte[900_000], [])));
            }
            await server.WaitForOutputAsync("is ready");
            Fill();
            Assert.Single(await PollAsync(client, "kept"));
            await client.DoAsync(303, Id("s"), Id("older")); // while it runs
            Fill();
            Assert.Equal(0, await server.StopAsync());
            Fill();
        }

        await using var again = await ServerProcess.StartAsync(Data, settings);
        using var after = await LogInAsync(again.Tcp);
        Assert.Single(await PollAsync(after, "kept"));
        await after.DoAsync(303, Id("s"), Id("old"));
        await after.DoAsync(101, Messages(Id("s"), Id("kept"), ToPartition(0), (2, new byte[100], [])));
        Assert.Equal(2, (await PollAsync(after, "kept")).Count);
    }

    private static async Task<IReadOnlyList<ulong>> PollAsync(RawClient client, string topic) =>
        [.. ReadPoll(await client.DoAsync(100, U8(1), Id(1), Id("s"), Id(topic), U8(1), U32(0), U8(3), U64(0), U32(10), U8(0))).Messages.Select(message => message.Offset)];

    private void Fill()
    {
        using var file = new FileStream(Path.Combine(_mount, "other-program"), FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
