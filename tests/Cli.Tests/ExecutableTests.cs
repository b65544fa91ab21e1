using System.Diagnostics;
using Iggy.Protocol.Classic;
using Iggy.Testing;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Cli.Tests;

/// <summary>The real process, for what only a process shows: pipes, exit codes, signals.</summary>
public sealed class ExecutableTests
{
    // The tool of this build, or another that is named: one compiled ahead of time has to do the same.
    private static readonly string Program = Environment.GetEnvironmentVariable("TEST_TOOL") ?? Path.Combine(AppContext.BaseDirectory, "iggy");

    private static Process Start(string address, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("IGGY_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["IGGY_TCP_SERVER_ADDRESS"] = address;
        start.Environment["IGGY_USERNAME"] = "iggy";
        start.Environment["IGGY_DIALECT"] = "classic"; // what the scripts are written in
        start.Environment["IGGY_PASSWORD"] = "iggy";
        return Process.Start(start)!;
    }

    private static async Task<int> ExitAsync(Process process)
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    [Fact]
    public async Task Ping_ServerAnswers_LeavesWithZero()
    {
        using var server = new ScriptedServer();
        var serving = server.ServeAsync((_, _) => Empty());
        using var process = Start(server.Address, "ping", "--count", "2");
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await ExitAsync(process));
        Assert.Contains("2 pings", output, StringComparison.Ordinal);
        server.Dispose();
        await serving;
    }

    [Fact]
    public async Task Me_NobodyListens_LeavesWithThree()
    {
        string address;
        using (var server = new ScriptedServer())
            address = server.Address;
        using var process = Start(address, "me");
        Assert.Equal(3, await ExitAsync(process));
        Assert.Contains(address, await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    // Goal: a pipe that stays open flows. Method: the second line is written only after the first arrived at the server.
    [Fact]
    public async Task Send_OpenPipe_SendsWhatIsThere()
    {
        using var server = new ScriptedServer();
        using var process = Start(server.Address, "message", "send", "s", "t");
        await process.StandardInput.WriteAsync("first\n");
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        using var peer = await server.AcceptAsync();
        await peer.AcceptLoginAsync();
        foreach (var line in (string[])["first", "second"])
        {
            var (code, payload) = await peer.ReadAsync();
            Assert.Equal(101u, code);
            Assert.EndsWith(line, System.Text.Encoding.UTF8.GetString(payload), StringComparison.Ordinal);
            await peer.WriteAsync(Empty());
            if (line == "first")
                await process.StandardInput.WriteAsync("second\n");
            process.StandardInput.Close();
        }
        Assert.Equal(0, await ExitAsync(process));
    }

    [Fact]
    public async Task Follow_CtrlC_EndsCleanly()
    {
        using var server = new ScriptedServer();
        using var process = Start(server.Address, "message", "poll", "s", "t", "0", "--follow");
        using var peer = await server.AcceptAsync();
        await peer.AcceptLoginAsync();
        await peer.ReadAsync();
        var reply = new byte[16 + 64 + 5];
        PollMessagesReply.WriteHead(reply, 0, 0, 1);
        ClassicMessageWriter.Write(reply.AsSpan(16), new() { TimestampMicros = 1 }, "hello"u8, []);
        await peer.WriteAsync(Ok(reply));
        Assert.Equal("0 1970-01-01 00:00:00.000001 hello", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        using (var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await ExitAsync(process));
        Assert.Empty(await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    // Goal: a reader that leaves ends the tool, which has nothing left to do. Method: an endless topic, of which a line is read and no more.
    [Theory]
    [InlineData("--follow")]
    [InlineData("--until-end")]
    public async Task Poll_ReaderOfTheOutputLeaves_EndsQuietly(string how)
    {
        using var server = new ScriptedServer();
        using var process = Start(server.Address, "message", "poll", "s", "t", "0", "--first", how, "--format", "{payload}");
        using var peer = await server.AcceptAsync();
        await peer.AcceptLoginAsync();
        var answering = AnswerAsync(peer, static offset => (offset, long.MaxValue / 2), 1, null);
        Assert.Equal("hello", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        process.StandardOutput.Close();
        Assert.Equal(0, await ExitAsync(process));
        Assert.Empty(await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await answering;
    }

    // Goal: a poll keeps no messages. Method: a million of 100 bytes, printed in each way; the memory is looked at while the last reply is held back.
    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    public async Task Poll_MillionMessages_KeepsMemorySmall(string format)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The most memory that a process had is read from /proc.");
        using var server = new ScriptedServer();
        using var process = Start(server.Address, "message", "poll", "s", "t", "0", "--first", "--until-end", "--output", format);
        using var peer = await server.AcceptAsync();
        await peer.AcceptLoginAsync();
        var most = 0L;
        var printed = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        await AnswerAsync(peer, static offset => (offset, 999_999), 100, () =>
            most = File.ReadLines($"/proc/{process.Id}/status").Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Select(line => long.Parse(line["VmHWM:".Length..^"kB".Length], System.Globalization.CultureInfo.InvariantCulture)).Single());
        await printed;
        Assert.Equal(0, await ExitAsync(process));
        Assert.InRange(most, 1, 150_000);
        TestContext.Current.SendDiagnosticMessage($"{format}: {most / 1000} MB at most");
    }

    // Answers polls of "hello…" until the client leaves.
    private static async Task AnswerAsync(ScriptedPeer peer, Func<long, (long Offset, long End)> rule, int payloadBytes, Action? beforeLast)
    {
        var payload = new byte[Math.Max(5, payloadBytes)];
        "hello"u8.CopyTo(payload);
        payload.AsSpan(5).Fill((byte)'x');
        var next = 0L;
        try
        {
            while (await peer.TryReadAsync() is var (code, request))
            {
                if (code != 100)
                {
                    await peer.WriteAsync(Empty()); // a heartbeat, on a machine that is busy
                    continue;
                }
                var poll = Tool.Read<PollMessagesRequest>(request);
                var (offset, end) = rule(poll.Strategy.Kind is Protocol.PollingKind.First ? 0 : next);
                var count = (int)Math.Min(poll.Count, end - offset + 1);
                var reply = new byte[16 + (count * (64 + payload.Length))];
                PollMessagesReply.WriteHead(reply, 0, (ulong)end, (uint)count);
                for (var (i, at) = (0, 16); i < count; i++)
                    at += ClassicMessageWriter.Write(reply.AsSpan(at), new() { Offset = (ulong)(offset + i), TimestampMicros = 1 }, payload, []);
                next = offset + count;
                if (next > end)
                    beforeLast?.Invoke();
                await peer.WriteAsync(Ok(reply));
            }
        }
        catch (IOException)
        {
            return; // the client is gone
        }
    }
}
